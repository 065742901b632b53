"""`sam local invoke` runs both functions: AWS's emulator, the built layer and the streaming runtime in a container.

The emulator buffers, so the answer arrives as the runtime sent it: the prelude, eight NULs, the body.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from local.postgres import Postgres
from sluice import bootstrap
from sluice.settings import Settings
from tests.deploy.conftest import Invoke

pytestmark = pytest.mark.sam

NOBODY_LISTENS = "postgresql://sluice@127.0.0.1:9/sluice"
DELIMITER = b"\0" * 8


def parts(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the prelude and the body of a streamed answer."""
    prelude, delimiter, body = answer.partition(DELIMITER)
    assert delimiter == DELIMITER, f"no prelude in {answer[:300]!r}"
    return json.loads(prelude), body


@pytest.fixture(scope="module")
def ready_database(postgres: Postgres) -> str:
    """The URL of an empty database with the schema, for the models that the template names."""
    url = postgres.create_database("sam_local")
    asyncio.run(bootstrap.migrate(Settings(database_url=url, bucket="documents")))
    return url


def test_the_chat_function_says_that_it_is_ready(invoke: Invoke, ready_database: str) -> None:
    """With a database GET /healthz answers 200."""
    prelude, body = parts(invoke("ChatFunction", "healthz.json", {"SLUICE_DATABASE_URL": ready_database}))

    assert (prelude["statusCode"], json.loads(body)) == (200, {"status": "ready", "problems": {}})


def test_the_chat_function_says_that_its_database_is_missing(invoke: Invoke) -> None:
    """Without a database GET /healthz answers 503 and names what is not ready."""
    prelude, body = parts(invoke("ChatFunction", "healthz.json", {"SLUICE_DATABASE_URL": NOBODY_LISTENS}))

    assert prelude["statusCode"] == 503
    assert json.loads(body)["problems"]["database"]["code"] == "database_unavailable"


def test_the_ingest_function_takes_the_test_message_of_a_bucket_as_done(invoke: Invoke) -> None:
    """The message that S3 sends when notifications are set up is no document and no failure."""
    answer = invoke("IngestFunction", "bucket_test.json", {"SLUICE_DATABASE_URL": NOBODY_LISTENS})

    assert json.loads(answer) == {"batchItemFailures": []}

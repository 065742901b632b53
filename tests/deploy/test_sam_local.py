"""`sam local invoke` runs both functions: AWS's emulator, the built layer and the streaming runtime in a container.

The emulator buffers, so the answer arrives as the runtime sent it: the prelude, eight NULs, the body.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from local.postgres import Postgres
from sluice import bootstrap
from sluice.settings import Settings
from tests.deploy.conftest import IMAGE, Invoke
from tests.deploy.reachable import HOST, PORT, reachable

pytestmark = pytest.mark.sam

NOBODY_LISTENS = "postgresql://sluice@127.0.0.1:9/sluice"
DELIMITER = b"\0" * 8


def parts(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the prelude and the body of a streamed answer."""
    prelude, delimiter, body = answer.partition(DELIMITER)
    assert delimiter == DELIMITER, f"no prelude in {answer[:300]!r}"
    return json.loads(prelude), body


@dataclass(frozen=True)
class Reach:
    """A database as a function in a container sees it: its URL, on a Docker network."""

    url: str
    network: str


@pytest.fixture(scope="module")
def database_in_reach(
    postgres: Postgres, lambda_image: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Reach]:
    """An empty database with the schema for the models that the template names."""
    url = postgres.create_database("sam_local")
    asyncio.run(bootstrap.migrate(Settings(database_url=url, bucket="documents")))
    with reachable(postgres.port, image=IMAGE, folder=tmp_path_factory.mktemp("relay")) as network:
        yield Reach(url.replace(f"127.0.0.1:{postgres.port}", f"{HOST}:{PORT}"), network)


def test_the_chat_function_says_that_it_is_ready(invoke: Invoke, database_in_reach: Reach) -> None:
    """With a database GET /healthz answers 200."""
    variables = {"SLUICE_DATABASE_URL": database_in_reach.url}

    prelude, body = parts(invoke("ChatFunction", "healthz.json", variables, database_in_reach.network))

    assert (prelude["statusCode"], json.loads(body)) == (200, {"status": "ready", "problems": {}})


def test_the_chat_function_says_that_its_database_is_missing(invoke: Invoke) -> None:
    """Without a database GET /healthz answers 503 and names it; refused connections count as a database that starts."""
    prelude, body = parts(invoke("ChatFunction", "healthz.json", {"SLUICE_DATABASE_URL": NOBODY_LISTENS}))

    assert prelude["statusCode"] == 503
    assert json.loads(body)["problems"]["database"]["code"] == "database_waking"


def test_the_chat_function_answers_a_question(invoke: Invoke, database_in_reach: Reach) -> None:
    """POST /api/chat answers in events, by the template's own model, with no document to quote."""
    variables = {"SLUICE_DATABASE_URL": database_in_reach.url}

    prelude, body = parts(invoke("ChatFunction", "ask.json", variables, database_in_reach.network))

    assert prelude["statusCode"] == 200, body
    *events, end = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    kind = prelude["headers"]["content-type"].partition(";")[0]
    assert (kind, end) == ("text/event-stream", "[DONE]")
    kinds = [json.loads(event)["type"] for event in events]
    assert [kind for kind in kinds if kind != "text"] == ["start", "sources", "done"]
    assert "text" in kinds


def test_the_ingest_function_takes_the_test_message_of_a_bucket_as_done(invoke: Invoke) -> None:
    """The message that S3 sends when notifications are set up is no document and no failure."""
    answer = invoke("IngestFunction", "bucket_test.json", {"SLUICE_DATABASE_URL": NOBODY_LISTENS})

    assert json.loads(answer) == {"batchItemFailures": []}

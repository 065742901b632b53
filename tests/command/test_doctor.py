"""`sluice doctor`: which part is not well, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from local.diagnosis import Finding
from local.diagnosis.service import clock
from local.postgres import free_port
from tests.command.conftest import Sluice
from tests.command.service import Service
from tests.conftest import EMBEDDING_MODEL

QUOTES = "offline/extractive quotes passages; set SLUICE_CHAT_MODEL to a model that writes, such as anthropic/..."

# Where only the service is of interest: nothing else is looked at.
UNREADABLE = {"SLUICE_AUTH": "nobody"}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """A store with the bucket `documents`."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    endpoint = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    location: Any = {"LocationConstraint": "eu-west-1"}
    boto3.client("s3", endpoint_url=endpoint).create_bucket(Bucket="documents", CreateBucketConfiguration=location)
    yield endpoint
    server.stop()


@pytest.fixture
def variables(database_url: str, s3: str) -> dict[str, str]:
    """The settings of an installation that is well."""
    return {
        "SLUICE_DATABASE_URL": database_url,
        "SLUICE_BUCKET": "documents",
        "SLUICE_EMBEDDING_MODEL": EMBEDDING_MODEL,
        "AWS_ENDPOINT_URL_S3": s3,
    }


def told(output: str) -> dict[str, list[str]]:
    """Return `[ok or problem, words]` by the part."""
    return {part: [state, words] for state, part, words in (line.split("\t") for line in output.splitlines())}


def test_all_is_well(sluice: Sluice, service: Service, variables: dict[str, str]) -> None:
    """A line for each part, and exit code 0."""
    result = sluice("doctor", **variables)

    assert result.output.splitlines() == [
        "ok\tsettings\twho may ask: key",
        "ok\tdatabase\tanswers",
        "ok\tschema\tis this code's",
        f"ok\tembedding model\t{EMBEDDING_MODEL}, as that of the stored vectors",
        f"ok\tchat model\t{QUOTES}",
        "ok\tbucket\tdocuments",
        f"ok\tchat function\t{service.url} can answer",
        "ok\tclock\tagrees with the server's",
        "ok\tsigning in\tthese credentials may ask",
        f"ok\tingest function\t{service.url} lists documents",
    ]
    assert result.exit_code == 0


def test_what_is_wrong_is_named_with_what_to_do(sluice: Sluice, service: Service, variables: dict[str, str]) -> None:
    """Another embedding model, a model without its key, a bucket that is not there."""
    wrong = {"SLUICE_EMBEDDING_MODEL": "other/model", "SLUICE_CHAT_MODEL": "anthropic/claude-sonnet-4-5"}
    result = sluice("doctor", **{**variables, **wrong, "SLUICE_BUCKET": "nowhere"})

    found = told(result.output)
    assert result.exit_code == 1
    assert found["schema"] == ["ok", "is this code's"]
    assert found["embedding model"][0] == "problem"
    assert "Set SLUICE_EMBEDDING_MODEL back" in found["embedding model"][1]
    assert found["chat model"] == ["problem", "anthropic/claude-sonnet-4-5 needs ANTHROPIC_API_KEY; set it."]
    assert found["bucket"] == ["problem", "The bucket refused with NoSuchBucket; check its name and rights."]


def test_settings_that_can_not_be_read(sluice: Sluice) -> None:
    """The variables are named; what they would name is not looked at."""
    result = sluice("doctor", "--json", SLUICE_CHUNK_CHARACTERS="many", SLUICE_AUTH="nobody")
    first, second = json.loads(result.stdout)[:2]

    assert (result.exit_code, first["part"], first["well"]) == (1, "settings", False)
    assert "SLUICE_CHUNK_CHARACTERS" in first["words"]
    assert "SLUICE_AUTH" in first["words"]
    assert second["part"] == "chat function"


def test_a_database_that_is_away(sluice: Sluice) -> None:
    """It is the problem, and nothing is said of the schema in it."""
    away = "postgresql://u:p@127.0.0.1:9/none"
    found = told(sluice("doctor", SLUICE_DATABASE_URL=away, SLUICE_DATABASE_TIMEOUT_SECONDS="0.5").output)

    assert found["database"][0] == "problem"
    assert "schema" not in found


def test_a_service_that_is_not_ready_says_why(sluice: Sluice, service: Service) -> None:
    """In the words of its health; a missing key is told too."""
    service.health = {"status": "not_ready", "problems": {"prices": {"code": "model_unpriced", "message": "No price."}}}
    service.key = "right"
    found = told(sluice("doctor", **UNREADABLE).output)

    assert found["chat function"] == ["problem", "prices: No price."]
    assert found["signing in"] == ["problem", "Who are you? Give --api-key, or set SLUICE_API_KEY."]


def test_where_nobody_answers_there_is_no_more_to_ask(sluice: Sluice) -> None:
    """The last line says what to do."""
    *_, last = sluice("doctor", "--url", f"http://127.0.0.1:{free_port()}", **UNREADABLE).output.splitlines()

    assert last.startswith("problem\tchat function\tNothing answers at http://127.0.0.1")


@pytest.mark.parametrize(("second", "well"), [(59, True), (0, False)])
def test_a_clock_that_is_wrong(second: int, well: bool) -> None:
    """AWS takes no signature that is five minutes off."""
    now = datetime(2026, 11, 24, 10, 4, second, tzinfo=UTC)
    words = (
        "agrees with the server's"
        if well
        else "is 241 s off the server's; set it, else signatures and tokens are refused."
    )

    assert clock("Tue, 24 Nov 2026 10:08:01 GMT", now) == Finding("clock", well, words)

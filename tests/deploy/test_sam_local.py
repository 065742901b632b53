"""`sam local` runs every function: AWS's emulator, the built layer and the streaming runtime in containers.

The functions reach a PostgreSQL and an S3 of this machine. The emulator buffers, so an answer arrives as the runtime
sent it: the prelude, eight NULs, the body.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import boto3
import httpx
import pytest
from botocore.config import Config
from moto.server import ThreadedMotoServer

from local.intrinsics import load
from local.postgres import Postgres, free_port
from local.sam.reachable import Reach, reachable
from local.sam.template import BUFFERED, Laptop, write
from sluice import bootstrap
from sluice.settings import Settings
from tests.deploy.conftest import ROOT, SAM, Sam, sam_environment

pytestmark = pytest.mark.sam

EVENTS = ROOT / "tests" / "events"
BUCKET = "sluice-0123456789ab"
WARRANTY = b"# Warranty\n\nThe warranty of the pump lasts two years.\n"
DELIMITER = b"\0" * 8
# The event with which each function is invoked alone, in a container made for it.
ALONE = {"ChatFunction": "healthz.json", "IngestFunction": "bucket_test.json", "MigrateFunction": "migrate.json"}

Invoke = Callable[[str, str], bytes]


def parts(answer: bytes) -> tuple[dict[str, Any], bytes]:
    """Return the prelude and the body of a streamed answer."""
    prelude, delimiter, body = answer.partition(DELIMITER)
    assert delimiter == DELIMITER, f"no prelude in {answer[:300]!r}"
    return json.loads(prelude), body


@dataclass(frozen=True)
class Here:
    """What containers reach on this machine, and the template that says so to `sam local`."""

    reach: Reach
    template: Path
    s3: str

    @property
    def options(self) -> list[str | Path]:
        return ["--template", self.template, "--skip-pull-image", "--docker-network", self.reach.network]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The URL of an S3 with the bucket that the events are about."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    boto3.client("s3", endpoint_url=url, region_name="us-east-1").create_bucket(Bucket=BUCKET)
    yield url
    server.stop()


@pytest.fixture(scope="module")
def here(
    postgres: Postgres, s3: str, built: Path, lambda_image: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Here]:
    """An empty database with the schema for the models that the template names, and the bucket."""
    url = postgres.create_database("sam_local")
    asyncio.run(bootstrap.migrate(Settings(database_url=url, bucket=BUCKET)))
    port = int(s3.rpartition(":")[2])
    with reachable([postgres.port, port], folder=tmp_path_factory.mktemp("relay")) as reach:
        template = write("tests", Laptop(reach.of(url), reach.of(s3), BUCKET))
        yield Here(reach, template, s3)


@contextmanager
def serving(command: str, here: Here, log: Path, *options: str) -> Iterator[str]:
    """Run a server of `sam local` until it is no longer needed; yield its URL once it answers."""
    port = free_port()
    arguments = [SAM, "local", command, "--port", str(port), *here.options, *options]
    with (
        log.open("wb") as output,
        subprocess.Popen(arguments, cwd=ROOT, env=sam_environment(), stderr=output) as server,
    ):
        try:
            wait_for("Press CTRL+C to quit", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(60)


def wait_for(words: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Read the server's log until it says so; fail with the log when the server ends instead."""
    with log.open() as lines:
        while server.poll() is None:
            if words in follow(lines):
                return
    pytest.fail(f"sam local ended with {server.returncode}: {log.read_text()}")


def follow(lines: IO[str]) -> str:
    """Return the next line, waiting for it as long as the process that writes it lives."""
    return lines.readline()


@pytest.fixture(scope="module")
def invoke(here: Here, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Invoke]:
    """Invokes a function with an event file by boto3, through `sam local start-lambda`, and returns the raw answer."""
    log = tmp_path_factory.mktemp("sam") / "start-lambda.log"
    with serving("start-lambda", here, log, "--warm-containers", "LAZY") as url:
        config = Config(read_timeout=180, retries={"total_max_attempts": 1})
        client = boto3.client("lambda", endpoint_url=url, region_name="us-east-1", config=config)

        def run(function: str, event: str) -> bytes:
            answer = client.invoke(FunctionName=function, Payload=(EVENTS / event).read_bytes())
            raw: bytes = answer["Payload"].read()
            assert "FunctionError" not in answer, raw
            return raw

        yield run


def alone(function: str, sam: Sam, options: list[str | Path]) -> bytes:
    """Invoke a function with its event by `sam local invoke`, and return its raw answer."""
    ran = sam("local", "invoke", function, "--event", EVENTS / ALONE[function], *options)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.encode()


def test_the_chat_function_says_that_it_is_ready(sam: Sam, here: Here) -> None:
    """In a container made for it GET /healthz answers 200."""
    prelude, body = parts(alone("ChatFunction", sam, here.options))

    assert (prelude["statusCode"], json.loads(body)) == (200, {"status": "ready", "problems": {}})


def test_the_ingest_function_takes_the_test_message_of_a_bucket_as_done(sam: Sam, here: Here) -> None:
    """The message that S3 sends when notifications are set up is no document and no failure."""
    assert json.loads(alone("IngestFunction", sam, here.options)) == {"batchItemFailures": []}


def test_the_migrate_function_finds_nothing_left_to_do(sam: Sam, here: Here) -> None:
    """What is applied already is not applied again."""
    assert json.loads(alone("MigrateFunction", sam, here.options)) == {"applied": []}


def test_no_function_is_left_out() -> None:
    """Every function of the stack has its event."""
    functions = {
        name
        for name, it in load(ROOT / "template.yaml")["Resources"].items()
        if it["Type"] == "AWS::Serverless::Function"
    }

    assert functions == ALONE.keys()


def documents(invoke: Invoke) -> dict[str, str]:
    """Return the status of each document by the name of its object."""
    prelude, body = parts(invoke("IngestFunction", "documents.json"))
    assert prelude["statusCode"] == 200, body
    return {it["source"].rpartition("/")[2]: it["status"] for it in json.loads(body)["documents"]}


@pytest.mark.parametrize(
    ("event", "name", "answer"),
    [
        ("created_sqs.json", "by queue.md", {"batchItemFailures": []}),
        ("created_sns_sqs.json", "by topic.md", {"batchItemFailures": []}),
        ("created_s3.json", "by itself.md", None),
        ("created_eventbridge.json", "by bridge.md", None),
    ],
)
def test_an_object_becomes_a_document_by_whichever_way_it_is_told_of(
    event: str, name: str, answer: object, invoke: Invoke, here: Here
) -> None:
    """A notification in the queue, one wrapped by SNS, one from S3 itself, one from EventBridge."""
    client = boto3.client("s3", endpoint_url=here.s3, region_name="us-east-1")
    client.put_object(Bucket=BUCKET, Key=f"handbook/{name}", Body=WARRANTY)

    assert json.loads(invoke("IngestFunction", event)) == answer
    assert documents(invoke)[name] == "ready"


def test_a_removed_object_takes_its_document_along(invoke: Invoke, here: Here) -> None:
    """The notification of a deletion empties the list."""
    client = boto3.client("s3", endpoint_url=here.s3, region_name="us-east-1")
    client.put_object(Bucket=BUCKET, Key="handbook/by queue.md", Body=WARRANTY)
    invoke("IngestFunction", "created_sqs.json")
    client.delete_object(Bucket=BUCKET, Key="handbook/by queue.md")

    assert json.loads(invoke("IngestFunction", "removed_sqs.json")) == {"batchItemFailures": []}
    assert "by queue.md" not in documents(invoke)


def test_an_upload_becomes_a_document_while_it_is_told(invoke: Invoke) -> None:
    """POST /api/documents stores the object and streams its progress to the end."""
    prelude, body = parts(invoke("IngestFunction", "upload.json"))

    events = [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: {")]
    assert prelude["statusCode"] == 200, body
    assert events[-1]["type"] == "ready", events


def test_the_schedule_compares_bucket_and_database(invoke: Invoke) -> None:
    """The event of the schedule returns a report."""
    report = json.loads(invoke("IngestFunction", "reconcile.json"))

    assert isinstance(report, dict), report


def test_the_chat_function_answers_a_question(invoke: Invoke) -> None:
    """POST /api/chat answers in events, by the template's own model."""
    prelude, body = parts(invoke("ChatFunction", "ask.json"))

    assert prelude["statusCode"] == 200, body
    *events, end = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    kind = prelude["headers"]["content-type"].partition(";")[0]
    assert (kind, end) == ("text/event-stream", "[DONE]")
    kinds = [json.loads(event)["type"] for event in events]
    assert [kind for kind in kinds if kind not in {"text", "citation"}] == ["start", "sources", "done"]
    assert "text" in kinds


def test_the_chat_function_finds_what_was_ingested(invoke: Invoke) -> None:
    """What one function wrote the other one finds, by POST /api/search."""
    invoke("IngestFunction", "upload.json")

    prelude, body = parts(invoke("ChatFunction", "search.json"))

    assert prelude["statusCode"] == 200, body
    assert "two years" in json.loads(body)["results"][0]["content"]


def test_the_page_is_served(invoke: Invoke) -> None:
    """GET / answers HTML."""
    prelude, body = parts(invoke("ChatFunction", "page.json"))

    assert prelude["headers"]["content-type"].startswith("text/html")
    assert b"<html" in body


def test_a_buffered_route_is_served_over_http(here: Here, tmp_path: Path) -> None:
    """`sam local start-api` serves the chat function behind an HTTP API, where nothing can stream."""
    with serving("start-api", here, tmp_path / "start-api.log") as url:
        answer = httpx.get(f"{url}/healthz", timeout=120)

    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "problems": {}})
    assert BUFFERED in here.template.read_text()

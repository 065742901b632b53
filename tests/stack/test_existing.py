"""The functions of a stack with `Profile=existing`, in execution environments, with the services of AWS by moto.

All that they may do of AWS is done here at least once; `test_calls.py` holds it to their roles.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from local.postgres import Postgres
from sluice import bootstrap
from sluice.adapters.postgres.migrations import migrations
from sluice.domain import ObjectRef
from sluice.reconciling import announcement
from sluice.settings import Settings
from sluice.testing.pdfs import pdf
from tests import recording
from tests.recording import Call
from tests.stack.conftest import Deploy
from tests.stack.running import BUCKET, DEAD, QUEUE, REGION, Aws, Functions, call, invoke
from tests.streaming.environment import ExecutionEnvironment

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """The bucket and both queues."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    made = Aws("http://{}:{}".format(*server.get_host_and_port()), {})
    made.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in (QUEUE, DEAD):
        made.queues[name] = made.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    yield made
    server.stop()


@pytest.fixture(scope="module")
def migrated(postgres: Postgres) -> str:
    """The address of a database with the schema for the models that the template names."""
    url = postgres.create_database("existing")
    asyncio.run(bootstrap.migrate(Settings(database_url=url, bucket=BUCKET)))
    return url


@pytest.fixture(scope="module")
def functions(deploy: Deploy, aws: Aws) -> Functions:
    return Functions(deploy, aws)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ingest(functions: Functions, migrated: str) -> AsyncIterator[ExecutionEnvironment]:
    async with functions.running("IngestFunction", migrated) as environment:
        yield environment


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chat(functions: Functions, migrated: str) -> AsyncIterator[ExecutionEnvironment]:
    async with functions.running("ChatFunction", migrated) as environment:
        yield environment


async def test_the_migrate_function_finds_the_database_by_the_secret(functions: Functions, postgres: Postgres) -> None:
    """And brings it from nothing to the schema."""
    async with functions.running("MigrateFunction", postgres.create_database("existing_empty")) as migrate:
        first = await invoke(migrate, {"sluice": "migrate"})
        second = await invoke(migrate, {"sluice": "migrate"})

    assert (first, second) == ({"applied": [it.name for it in migrations()]}, {"applied": []})


async def test_the_chat_function_finds_the_database_by_the_secret(chat: ExecutionEnvironment) -> None:
    """It is ready, though no variable names a database."""
    assert await call(chat, "GET", "/healthz") == (200, {"status": "ready", "problems": {}})


async def test_a_document_comes_by_http_is_opened_by_the_other_function_labelled_and_goes(
    ingest: ExecutionEnvironment, chat: ExecutionEnvironment, aws: Aws
) -> None:
    """Into the bucket and out of it; its event is sent to the function as S3 would."""
    status, document = await call(ingest, "POST", "/api/documents", "The pump starts at noon.", "name=pump.txt")
    await invoke(ingest, json.loads(announcement(ObjectRef(BUCKET, "pump.txt"))))
    ready = await call(ingest, "GET", f"/api/documents/{document['id']}")
    opened = await call(chat, "GET", f"/v1/sources/{document['id']}")
    labelled = await call(ingest, "PATCH", f"/api/documents/{document['id']}", '{"metadata": {"year": 2024}}')
    removed = await call(ingest, "DELETE", f"/api/documents/{document['id']}")

    assert (status, ready[1]["status"], opened[0], labelled[0], removed[0]) == (202, "ready", 200, 200, 204), ready
    assert labelled[1]["metadata"] == {"kind": "text", "year": 2024}
    assert f"{BUCKET}/pump.txt?" in opened[1]["url"]
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix="pump.txt")


async def test_a_form_for_a_large_file_is_signed(ingest: ExecutionEnvironment) -> None:
    """In the name of the function's role."""
    status, form = await call(ingest, "POST", "/api/uploads", '{"name": "large.pdf"}')

    assert (status, form["fields"]["key"]) == (200, "large.pdf")


async def test_a_scan_goes_to_textract(ingest: ExecutionEnvironment, aws: Aws) -> None:
    """moto recognizes nothing on any page, and the document says so."""
    aws.put("scan.pdf", pdf(None))

    await invoke(ingest, json.loads(announcement(ObjectRef(BUCKET, "scan.pdf"))))

    _, listed = await call(ingest, "GET", "/api/documents")
    assert [it["reason"] for it in listed["documents"] if it["title"] == "scan.pdf"] == [
        "The PDF's pages are images, and no text was recognized on them."
    ]


async def test_a_scanned_page_among_others_goes_to_textract_alone(ingest: ExecutionEnvironment, aws: Aws) -> None:
    """In a copy that is gone afterwards; moto recognizes nothing on it, and the rest of the document is ready."""
    aws.put("mixed.pdf", pdf("The pump starts at noon.", None))

    await invoke(ingest, json.loads(announcement(ObjectRef(BUCKET, "mixed.pdf"))))

    _, listed = await call(ingest, "GET", "/api/documents")
    [told] = [(it["status"], it["pages_without_text"]) for it in listed["documents"] if it["title"] == "mixed.pdf"]
    assert told == ("ready", 1)
    assert "Contents" not in aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=".sluice/")


async def test_reconciling_queues_what_no_event_told_of(ingest: ExecutionEnvironment, aws: Aws) -> None:
    """The bucket is listed."""
    aws.put("forgotten.txt", b"Nobody was told of this.")

    await invoke(ingest, {"sluice": "reconcile"})

    [message] = aws.client("sqs").receive_message(QueueUrl=aws.queues[QUEUE], MaxNumberOfMessages=10)["Messages"]
    assert "forgotten.txt" in message["Body"]


async def test_dead_letters_go_back_into_the_queue(ingest: ExecutionEnvironment, aws: Aws) -> None:
    """For a caller whom IAM signs and the secret makes an operator."""
    aws.client("sqs").send_message(QueueUrl=aws.queues[DEAD], MessageBody="{}")

    assert await call(ingest, "POST", "/api/redrive") == (200, {"messages": 1})


async def test_a_message_that_fails_comes_back_by_and_by(ingest: ExecutionEnvironment, aws: Aws) -> None:
    """Not after the half hour for which the queue hides it."""
    sqs, queue = aws.client("sqs"), aws.queues[QUEUE]
    sqs.purge_queue(QueueUrl=queue)
    sqs.send_message(QueueUrl=queue, MessageBody=announcement(ObjectRef("nobodys-bucket", "a.txt")))
    [message] = sqs.receive_message(QueueUrl=queue, VisibilityTimeout=1800)["Messages"]
    record = {
        "messageId": "1",
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:ingest",
    }

    assert await invoke(ingest, {"Records": [record]}) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    delayed = Call("functions.ingest.app.handler", "sqs", "ChangeMessageVisibility", "SLUICE_QUEUE_URL")
    assert delayed in recording.calls()


@pytest.mark.parametrize("function", ["ChatFunction", "IngestFunction", "MigrateFunction"])
async def test_a_database_without_a_password_is_shown_a_token(
    functions: Functions, migrated: str, postgres: Postgres, function: str
) -> None:
    """This machine's knows passwords only, and refuses; but who is signed for, and by whom, is recorded."""
    network = {"SubnetIds": "subnet-1", "SecurityGroupIds": "sg-1", "DatabaseUserArns": "arn:aws:rds-db:::dbuser:x/me"}
    address = migrated.replace(f":{postgres.password()}@", "@")

    async with functions.running(function, address, **network) as environment:
        if function == "MigrateFunction":
            invocation = (await environment.invoke({"sluice": "migrate"})).invocation
            await invocation.head()
            assert "password authentication failed" in str(invocation.error)
        else:
            status, _ = await call(environment, "GET", "/healthz" if function == "ChatFunction" else "/api/documents")
            assert status == 503

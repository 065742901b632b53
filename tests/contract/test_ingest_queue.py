"""What every ingest queue does, asserted on the fake and on an SQS server."""

from __future__ import annotations

from uuid import uuid4

import boto3
import pytest

from functions.ingest.events import queue_messages
from sluice.adapters.sqs import SqsIngestQueue
from sluice.domain import ObjectRef
from sluice.errors import QueueUnavailable
from sluice.reconciling import announcement
from sluice.redriving import AGAIN, redrive


@pytest.fixture
def urls(s3_endpoint: str) -> tuple[str, str]:
    """The URLs of a queue and of its dead letters; moto serves both services at one address."""
    client = boto3.client("sqs", endpoint_url=s3_endpoint)
    names = [f"{kind}-{uuid4()}" for kind in ("ingest", "dead")]
    main, dead = [client.create_queue(QueueName=name)["QueueUrl"] for name in names]
    client.close()
    return main, dead


async def test_a_dead_letter_comes_back_marked(urls: tuple[str, str], s3_endpoint: str) -> None:
    """From one queue into the other, with the attribute that asks for another try."""
    main, dead = urls
    client = boto3.client("sqs", endpoint_url=s3_endpoint)
    client.send_message(QueueUrl=dead, MessageBody="{}")
    queue = SqsIngestQueue(main, dead_letter_url=dead, endpoint_url=s3_endpoint)

    assert await redrive(queue) == 1

    (message,) = client.receive_message(QueueUrl=main, MessageAttributeNames=["All"])["Messages"]
    assert (message["Body"], list(message["MessageAttributes"])) == ("{}", [AGAIN])
    assert "Messages" not in client.receive_message(QueueUrl=dead)
    client.close()


async def test_a_message_comes_back_when_it_is_told_to(urls: tuple[str, str], s3_endpoint: str) -> None:
    """Without that it would stay hidden for the queue's time-out of half a minute."""
    main, _ = urls
    client = boto3.client("sqs", endpoint_url=s3_endpoint)
    queue = SqsIngestQueue(main, endpoint_url=s3_endpoint)
    await queue.send("body")
    (message,) = client.receive_message(QueueUrl=main)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=main)

    await queue.show_again(message["ReceiptHandle"], after_seconds=0)

    assert client.receive_message(QueueUrl=main)["Messages"][0]["Body"] == "body"
    client.close()


async def test_a_queue_that_is_not_there_says_so(s3_endpoint: str) -> None:
    """SQS's error stops at the adapter."""
    queue = SqsIngestQueue("http://127.0.0.1/123456789012/none", endpoint_url=s3_endpoint)

    with pytest.raises(QueueUnavailable, match="check its address and rights"):
        await queue.send("body")
    with pytest.raises(QueueUnavailable, match="SLUICE_DEAD_LETTER_QUEUE_URL"):
        await queue.dead_letters()


def test_the_mark_is_read_from_the_functions_event() -> None:
    """Lambda spells a message's attributes in its own way."""
    body = announcement(ObjectRef("documents", "a.txt"))
    record = {
        "eventSource": "aws:sqs",
        "messageId": "1",
        "body": body,
        "messageAttributes": {AGAIN: {"stringValue": "1"}},
    }

    (message,) = queue_messages({"Records": [record]}) or []

    assert [getattr(event, "again", None) for event in message.events] == [True]

"""What a batch of messages becomes, and which of them come again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from local.event_source import event, failed, retry_seconds
from local.template import EventSource

ARN = "arn:aws:sqs:eu-west-1:123456789012:q"
BATCH = [{"MessageId": "one"}, {"MessageId": "two"}]


@pytest.mark.parametrize(
    ("answer", "left"),
    [
        (b"", []),
        (b"null", []),
        (b"{}", []),
        (b'{"batchItemFailures": []}', []),
        (b'{"batchItemFailures": null}', []),
        (b'{"batchItemFailures": [{"itemIdentifier": "two"}]}', ["two"]),
        (b'{"batchItemFailures": [{"itemIdentifier": "two"}, {"itemIdentifier": "one"}]}', ["one", "two"]),
        (b'{"batchItemFailures": [{"itemIdentifier": "three"}]}', ["one", "two"]),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', ["one", "two"]),
        (b'{"batchItemFailures": [{"itemIdentifier": null}]}', ["one", "two"]),
        (b'{"batchItemFailures": [{"id": "two"}]}', ["one", "two"]),
        (b'{"batchItemFailures": "two"}', ["one", "two"]),
        (b'{"failures": []}', ["one", "two"]),
        (b"done", ["one", "two"]),
        (b"[1]", ["one", "two"]),
    ],
)
def test_what_stays_in_the_queue(answer: bytes, left: list[str]) -> None:
    """An answer that names nothing is success; one that can't be right is failure of all."""
    assert [message["MessageId"] for message in failed(answer, BATCH, report_failures=True)] == left


def test_without_reporting_the_answer_is_not_read() -> None:
    """A function that returns is done with its batch."""
    assert failed(b"nonsense", BATCH, report_failures=False) == []


def test_a_message_rests_longer_each_time() -> None:
    """Together longer than a document may be worked on, and none of them as long as on AWS."""
    received = [{"Attributes": {"ApproximateReceiveCount": str(count)}} for count in range(1, 5)]

    assert [retry_seconds(message) for message in received] == [5, 20, 80, 320]


def test_the_event_of_a_batch() -> None:
    """Every field of a message, in the spelling of the event."""
    message: dict[str, Any] = {
        "MessageId": "one",
        "ReceiptHandle": "handle",
        "Body": "text",
        "MD5OfBody": "md5",
        "Attributes": {"ApproximateReceiveCount": "1"},
        "MessageAttributes": {"kind": {"StringValue": "x", "DataType": "String"}},
    }

    assert json.loads(event([message], EventSource(ARN))) == {
        "Records": [
            {
                "messageId": "one",
                "receiptHandle": "handle",
                "body": "text",
                "attributes": {"ApproximateReceiveCount": "1"},
                "messageAttributes": {
                    "kind": {"stringValue": "x", "dataType": "String", "stringListValues": [], "binaryListValues": []}
                },
                "md5OfBody": "md5",
                "eventSource": "aws:sqs",
                "eventSourceARN": ARN,
                "awsRegion": "eu-west-1",
            }
        ]
    }

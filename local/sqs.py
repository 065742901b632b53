"""A client of SQS that can be cancelled at any moment, as boto3 in a thread can't.

Protocol: AWS JSON 1.0, https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

POLL_SECONDS = 20
_READ_SECONDS = POLL_SECONDS + 10
_COUNTS = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


class SqsError(Exception):
    """The queue could not be reached, or refused a request."""


def authorization(service: str, region: str) -> str:
    """Return a header as a signed request has it; moto takes service and region from it, and verifies nothing."""
    return (
        f"AWS4-HMAC-SHA256 Credential=laptop/20260101/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )


class Sqs:
    """Talks to the server at `endpoint`."""

    def __init__(self, endpoint: str, region: str) -> None:
        headers = {"authorization": authorization("sqs", region), "content-type": "application/x-amz-json-1.0"}
        self._client = httpx.AsyncClient(base_url=endpoint, headers=headers, timeout=_READ_SECONDS, trust_env=False)

    async def close(self) -> None:
        await self._client.aclose()

    async def receive(self, queue_url: str, *, count: int, wait_seconds: int = POLL_SECONDS) -> list[dict[str, Any]]:
        """Return up to ten messages, waiting for the first."""
        answer = await self._call(
            "ReceiveMessage",
            QueueUrl=queue_url,
            MaxNumberOfMessages=min(count, 10),
            WaitTimeSeconds=wait_seconds,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return list(answer.get("Messages", []))

    async def delete(self, queue_url: str, receipt_handle: str) -> None:
        await self._call("DeleteMessage", QueueUrl=queue_url, ReceiptHandle=receipt_handle)

    async def show_again(self, queue_url: str, receipt_handle: str, *, after_seconds: int) -> None:
        """Let a received message be received again after so many seconds."""
        await self._call(
            "ChangeMessageVisibility",
            QueueUrl=queue_url,
            ReceiptHandle=receipt_handle,
            VisibilityTimeout=after_seconds,
        )

    async def send(self, queue_url: str, body: str) -> None:
        await self._call("SendMessage", QueueUrl=queue_url, MessageBody=body)

    async def is_empty(self, queue_url: str) -> bool:
        """Whether no message waits, is being worked on or comes later."""
        answer = await self._call("GetQueueAttributes", QueueUrl=queue_url, AttributeNames=["All"])
        counts = {name: int(text) for name, text in answer["Attributes"].items() if name in _COUNTS}
        return not any(counts.values())

    async def _call(self, action: str, **arguments: object) -> Mapping[str, Any]:
        try:
            answer = await self._client.post("/", json=arguments, headers={"x-amz-target": f"AmazonSQS.{action}"})
        except httpx.HTTPError as error:
            raise SqsError(f"{action}: {error!r}") from error
        if answer.is_error:
            raise SqsError(f"{action}: {answer.status_code} {answer.text}")
        content: Mapping[str, Any] = answer.json() if answer.content else {}
        return content

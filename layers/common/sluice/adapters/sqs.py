"""The ingest queue and its dead letters on Amazon SQS."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from sluice.errors import QueueUnavailable
from sluice.ports import DeadLetter
from sluice.redriving import AGAIN

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

R = TypeVar("R")

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard", "max_attempts": 4})
# How long a dead letter stays with whoever redrives it.
_HIDDEN_SECONDS = 60


class SqsIngestQueue:
    """The `IngestQueue` on two SQS queues."""

    def __init__(self, url: str, *, dead_letter_url: str = "", endpoint_url: str | None = None) -> None:
        self._url = url
        self._dead_letter_url = dead_letter_url
        self._client: SQSClient = boto3.client("sqs", endpoint_url=endpoint_url, config=_CONFIG)

    async def send(self, body: str, *, delay_seconds: int = 0, again: bool = False) -> None:
        """Queue a message."""
        attribute: dict[str, MessageAttributeValueTypeDef] = {}
        if again:
            attribute[AGAIN] = {"DataType": "String", "StringValue": "1"}
        await _in_thread(
            partial(
                self._client.send_message,
                QueueUrl=self._url,
                MessageBody=body,
                DelaySeconds=delay_seconds,
                MessageAttributes=attribute,
            )
        )

    async def show_again(self, receipt: str, *, after_seconds: int) -> None:
        """Change when a received message comes back."""
        await _in_thread(
            partial(
                self._client.change_message_visibility,
                QueueUrl=self._url,
                ReceiptHandle=receipt,
                VisibilityTimeout=after_seconds,
            )
        )

    async def dead_letters(self) -> list[DeadLetter]:
        """Return up to ten dead letters."""
        if not self._dead_letter_url:
            raise QueueUnavailable("Name the queue of dead letters in SLUICE_DEAD_LETTER_QUEUE_URL.")
        answer = await _in_thread(
            partial(
                self._client.receive_message,
                QueueUrl=self._dead_letter_url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,
            )
        )
        return [DeadLetter(message["Body"], message["ReceiptHandle"]) for message in answer.get("Messages", [])]

    async def drop(self, letter: DeadLetter) -> None:
        """Delete a dead letter."""
        await _in_thread(
            partial(self._client.delete_message, QueueUrl=self._dead_letter_url, ReceiptHandle=letter.receipt)
        )


async def _in_thread(call: Callable[[], R]) -> R:
    try:
        return await asyncio.to_thread(call)
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise QueueUnavailable(f"The queue refused with {code or 'an error'}; check its address and rights.") from error
    except BotoCoreError as error:
        raise QueueUnavailable from error

"""The event source mapping of a queue: polls it, invokes a function with batches, deletes what was done.

Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html and services-sqs-errorhandling.html
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections.abc import Mapping, Sequence
from typing import Any

from local.concurrency import Lambda, Throttled, describe
from local.runtime_api import EnvironmentLost
from local.sqs import POLL_SECONDS, Sqs, SqsError
from local.template import EventSource

# The template's visibility timeout lets a failed message rest for half an hour. Nobody at a laptop waits that long: it
# comes again after 5, 20, 80 and 320 seconds, until the queue's maxReceiveCount sends it away. Together that is longer
# than the ingest function may work on a document, so that one which is only busy is not given up.
FIRST_RETRY_SECONDS = 5
RETRY_FACTOR = 4

Message = Mapping[str, Any]


def failed(answer: bytes, batch: Sequence[Message], *, report_failures: bool) -> list[Message]:
    """Return the messages of the batch that a function's answer leaves in the queue.

    Without reporting, none: the answer is not read. With it, an answer that is not valid, or names a message that was
    not in the batch, means that all have failed; an empty one, that none has.
    """
    if not report_failures:
        return []
    try:
        named = _named_failures(answer)
    except (ValueError, TypeError, KeyError, AttributeError):
        return list(batch)
    known = {message["MessageId"] for message in batch}
    if not named <= known:
        return list(batch)
    return [message for message in batch if message["MessageId"] in named]


def _named_failures(answer: bytes) -> set[str]:
    """Return the ids in a function's answer; raise one of Python's own errors when it has another form."""
    content = json.loads(answer) if answer.strip() else None
    if not content:
        return set()
    failures = content["batchItemFailures"]
    return {failure["itemIdentifier"] for failure in failures or []}


def retry_seconds(message: Message, first: int = FIRST_RETRY_SECONDS) -> int:
    """Return how long a message that has failed rests: `first` after the first time, and longer after each other."""
    received = int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1))
    return first * int(RETRY_FACTOR ** (received - 1))


def event(batch: Sequence[Message], source: EventSource) -> bytes:
    """Return the event that a function gets for a batch of messages, as JSON."""
    region = source.queue_arn.split(":")[3]
    records = [
        {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": source.queue_arn,
            "awsRegion": region,
        }
        for message in batch
    ]
    return json.dumps({"Records": records}).encode()


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a message attribute in the event's spelling, which differs from the queue's in its first letters."""
    given = {name[0].lower() + name[1:]: part for name, part in value.items()}
    return {"stringListValues": [], "binaryListValues": [], **given}


class EventSourceMapping:
    """Feeds a function from a queue, by as many pollers as the template allows and the machine has processors."""

    def __init__(
        self,
        source: EventSource,
        function: Lambda,
        sqs: Sqs,
        queue_url: str,
        *,
        first_retry_seconds: int = FIRST_RETRY_SECONDS,
    ) -> None:
        self._source = source
        self._function = function
        self._sqs = sqs
        self._queue_url = queue_url
        self._first_retry_seconds = first_retry_seconds
        self._log = logging.getLogger(f"local.{function.function.logical_id}")

    async def run(self) -> None:
        """Poll for ever."""
        async with asyncio.TaskGroup() as pollers:
            for _ in range(min(self._source.max_concurrency, os.cpu_count() or 1)):
                pollers.create_task(self._poll())

    async def _poll(self) -> None:
        while True:
            try:
                batch = await self._batch()
                await self._process(batch)
            except SqsError as error:
                self._log.warning("The queue does not answer (%s); trying again.", error)
                await asyncio.sleep(1)

    async def _batch(self) -> list[Message]:
        """Wait for messages, then for more until the batch is full or the window has passed."""
        size = self._source.batch_size
        batch: list[Message] = list(await self._sqs.receive(self._queue_url, count=size))
        end = time.monotonic() + self._source.window_seconds
        while batch and len(batch) < size and (left := end - time.monotonic()) > 0:
            wait = min(int(left) + 1, POLL_SECONDS)
            batch += await self._sqs.receive(self._queue_url, count=size - len(batch), wait_seconds=wait)
        return batch

    async def _process(self, batch: list[Message]) -> None:
        if not batch:
            return
        started = time.monotonic()
        left = await self._invoke(batch)
        for message in batch:
            if message in left:
                rest = retry_seconds(message, self._first_retry_seconds)
                await self._sqs.show_again(self._queue_url, message["ReceiptHandle"], after_seconds=rest)
            else:
                await self._sqs.delete(self._queue_url, message["ReceiptHandle"])
        done, seconds = len(batch) - len(left), time.monotonic() - started
        self._log.info("%d of %d messages done in %.2f s", done, len(batch), seconds)

    async def _invoke(self, batch: list[Message]) -> list[Message]:
        """Return the messages that have failed."""
        try:
            invocation = await self._function.invoke(event(batch, self._source))
            answer = await invocation.read()
        except Throttled as error:
            self._log.warning("%s", error)
            return batch
        except EnvironmentLost as lost:
            self._log.error("The function does not start. %s", describe(lost.error))
            return batch
        if invocation.error:
            self._log.error("%s %s", invocation.request_id, describe(invocation.error))
            return batch
        return failed(answer, batch, report_failures=self._source.report_failures)

"""Handles the bucket's events, from its queue or from S3, SNS or EventBridge itself, and the schedule's."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Protocol

from functions.ingest.events import Created, ObjectEvent, QueueMessage, Removed, object_events, queue_messages
from sluice.domain import Caller, DocumentStatus
from sluice.errors import DocumentBusy, DocumentUnfinished, SluiceError
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting
from sluice.ports import IngestQueue
from sluice.reconciling import Reconciling

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

_logger = logging.getLogger(__name__)

# Of an invocation, left for answering after the work has stopped.
_MARGIN_SECONDS = 3.0
# A document that somebody works on is asked for again after this time.
_BUSY_SECONDS = 30
_FIRST_RETRY_SECONDS, _LAST_RETRY_SECONDS = 15, 900


class ComesAgain(Exception):
    """The message has failed, which was logged, and stays in the queue."""


class Context(Protocol):
    """What Lambda tells about the invocation."""

    def get_remaining_time_in_millis(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Doors:
    """What stands behind the events; `queue` is None where there is none to send to."""

    ingesting: Callable[[], Ingesting]
    reconciling: Callable[[], Reconciling]
    queue: Callable[[], IngestQueue | None]
    attempts: Callable[[], int]


class Records:
    """The door for events: `await records(event, context)`.

    A queue's batch returns which of its messages failed, so that only those come again; an event from S3 itself raises.
    """

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    async def __call__(self, event: Any, context: Context) -> object:
        until = time.monotonic() + context.get_remaining_time_in_millis() / 1000 - _MARGIN_SECONDS
        messages = queue_messages(event)
        if messages is not None:
            return await self._batch(event["Records"], messages, until)
        if isinstance(event, Mapping) and event.get("sluice") == "reconcile":
            return (await self._doors.reconciling().run(repair=bool(event.get("repair", True)))).as_dict()
        events = object_events(event)
        if not events:
            _logger.info("nothing to do for this event")
        for each in events:
            await self._apply(each, until)
        return None

    async def _batch(self, records: list[dict[str, Any]], messages: list[QueueMessage], until: float) -> object:
        # Takes a tenth of a second to import, which nobody who uploads over HTTP should wait for.
        from functions.ingest.batches import Batch, Turns

        by_id = {message.id: message for message in messages}
        turns = Turns()

        async def handle(record: SQSRecord) -> None:
            message = by_id[record.message_id]
            async with turns.turn(message):
                if not await self._succeeds(message, until):
                    raise ComesAgain

        return await Batch().report(records, handle)

    async def _succeeds(self, message: QueueMessage, until: float) -> bool:
        try:
            for event in message.events:
                await self._apply(event, until, last_try=message.tries >= self._doors.attempts())
        except (DocumentUnfinished, DocumentBusy) as error:
            return await self._hand_on(message, error)
        except SluiceError as error:
            _logger.warning("message %s comes again: %s: %s", message.id, error.code, error.message)
            await self._delay(message)
            return False
        except Exception:
            # One message's bug may not take the others of its batch along.
            _logger.exception("message %s comes again", message.id)
            await self._delay(message)
            return False
        return True

    async def _apply(self, event: ObjectEvent, until: float, *, last_try: bool = False) -> None:
        ingesting, caller = self._doors.ingesting(), Caller(event.ref.tenant)
        if isinstance(event, Removed):
            now = await ingesting.current(event.ref) if event.only_a_version else None
            if now is None:
                await ingesting.forget(caller, event.ref)
                return
            event = Created(now)
        ref = event.ref if event.ref.sequencer else await ingesting.resolve(caller, event.ref)
        if ref is None:
            return
        seconds = until - time.monotonic()
        steps = ingesting.ingest(caller, ref, seconds=seconds, again=event.again, last_try=last_try)
        async with aclosing(steps):
            async for step in steps:
                if isinstance(step, IngestEnded):
                    _log(step)

    async def _hand_on(self, message: QueueMessage, error: SluiceError) -> bool:
        """Queue the message anew, since neither a long document nor one that is in work has used up a try."""
        queue = self._doors.queue()
        _logger.info("message %s goes on later: %s", message.id, error.message)
        if queue is None:
            return False
        try:
            delay = _until_free(error) if isinstance(error, DocumentBusy) else 0
            again = any(isinstance(event, Created) and event.again for event in message.events)
            await queue.send(message.body, delay_seconds=delay, again=again)
        except SluiceError:
            return False
        return True

    async def _delay(self, message: QueueMessage) -> None:
        """Let the message come back after a while that grows with its tries, not after the queue's long time-out."""
        if queue := self._doors.queue():
            longest = min(_LAST_RETRY_SECONDS, _FIRST_RETRY_SECONDS * 2 ** (message.tries - 1))
            with suppress(SluiceError):
                await queue.show_again(message.receipt, after_seconds=random.randint(longest // 2, longest))  # noqa: S311 - spreads load


def _until_free(error: DocumentBusy) -> int:
    """Return when to ask again: soon, and no later than when an environment that has died loses the document."""
    return _BUSY_SECONDS if error.retry_after is None else min(_BUSY_SECONDS, max(1, ceil(error.retry_after)))


def _log(ended: IngestEnded) -> None:
    document = ended.document
    if document.status is DocumentStatus.FAILED:
        _logger.warning("%s failed: %s: %s", document.source, document.code, document.reason)
    else:
        _logger.info("%s is %s, %d chunks", document.source, document.status, document.chunks)

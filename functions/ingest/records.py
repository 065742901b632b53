"""Handles the bucket's events, from its queue or from S3 itself.

Powertools' batch processor starts an event loop of its own and so can't run inside the environment's, on which the pool
and the clients live; its contract is these few lines (AWS Lambda Developer Guide, "Handling errors for an SQS event
source": partial batch responses).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

from functions.ingest.events import Created, ObjectEvent, QueueMessage, object_events, queue_messages
from sluice.domain import Caller, DocumentStatus
from sluice.errors import SluiceError
from sluice.events import IngestEnded
from sluice.ingesting import Ingesting

_logger = logging.getLogger(__name__)


class Records:
    """The door for events: `await records(event, context)`.

    A queue's batch returns which of its messages failed, so that only those come again; an event from S3 itself raises.
    """

    def __init__(self, ingesting: Callable[[], Ingesting]) -> None:
        self._ingesting = ingesting

    async def __call__(self, event: Any, _: object) -> object:
        messages = queue_messages(event)
        if messages is not None:
            failed = [message.id for message in messages if not await self._succeeds(message)]
            return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
        events = object_events(event)
        if not events:
            _logger.info("nothing to do for this event")
        for each in events:
            await self._apply(each)
        return None

    async def _succeeds(self, message: QueueMessage) -> bool:
        try:
            for event in message.events:
                await self._apply(event)
        except SluiceError as error:
            _logger.warning("message %s comes again: %s: %s", message.id, error.code, error.message)
            return False
        except Exception:
            # One message's bug may not take the others of its batch along.
            _logger.exception("message %s comes again", message.id)
            return False
        return True

    async def _apply(self, event: ObjectEvent) -> None:
        if not isinstance(event, Created):
            await self._ingesting().forget(Caller(), event.ref)
            return
        async with aclosing(self._ingesting().ingest(Caller(), event.ref)) as steps:
            async for step in steps:
                if isinstance(step, IngestEnded):
                    _log(step)


def _log(ended: IngestEnded) -> None:
    document = ended.document
    if document.status is DocumentStatus.FAILED:
        _logger.warning("%s failed: %s: %s", document.source, document.code, document.reason)
    else:
        _logger.info("%s is %s, %d chunks", document.source, document.status, document.chunks)

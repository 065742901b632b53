"""A queue's batch: its messages are handled side by side, and those that failed are reported, so that only they return.

Powertools keeps the contract of partial batch responses. Its own `async_process` starts an event loop, on which the
environment's pool and clients don't live; what it runs there runs here on theirs.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aws_lambda_powertools.utilities.batch import AsyncBatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from functions.ingest.events import QueueMessage

# Of a larger object there is one at a time in memory, with its text.
_LARGE_BYTES = 4 * 1024 * 1024


class Batch(AsyncBatchProcessor):
    """One batch of a queue."""

    def __init__(self) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)

    async def report(
        self, records: list[dict[str, Any]], handler: Callable[[SQSRecord], Awaitable[None]]
    ) -> PartialItemFailureResponse:
        """Hand each record to `handler` and return those for which it has raised."""
        with self(records, handler):
            await asyncio.gather(*(self._async_process_record(record) for record in self.records))
        return self.response()


class Turns:
    """Messages about one object take turns as they came; so do those about large objects."""

    def __init__(self) -> None:
        self._objects: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._large = asyncio.Lock()

    @asynccontextmanager
    async def turn(self, message: QueueMessage) -> AsyncGenerator[None, None]:
        """Wait for the message's turn, and hold it."""
        refs = [event.ref for event in message.events]
        async with AsyncExitStack() as held:
            # In one order for all, so that no two messages wait for each other.
            for source in sorted({ref.source for ref in refs}):
                await held.enter_async_context(self._objects[source])
            if any(ref.size > _LARGE_BYTES for ref in refs):
                await held.enter_async_context(self._large)
            yield

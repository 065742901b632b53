"""An answer is kept while it streams: behind its back, in batches, each of which also tells whether to go on.

The stream never waits for the database between its first event and its last: events pass through a queue, and what
passed is written every `beat` seconds; a beat in which nothing passed asks only whether to go on. A lost connection,
another environment's stop and a death of this one all meet in the database: readers elsewhere find the events there,
and the time of the last sign of life says whether anybody still works.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from sluice.domain import FAILED, INTERRUPTED, STOPPED, Caller
from sluice.draft import Draft
from sluice.errors import SluiceError
from sluice.events import AnswerDone, AnswerEvent, AnswerFailed
from sluice.ports import AnswerKeeper

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.5

Generation = AsyncGenerator[AnswerEvent, None]


class Recording:
    """Streams the events of one answer and keeps them. `beginning` ends when the answer's row is there."""

    def __init__(
        self,
        conversations: AnswerKeeper,
        caller: Caller,
        draft: Draft,
        beginning: asyncio.Task[object],
        *,
        beat: float = BEAT_SECONDS,
    ) -> None:
        self._conversations = conversations
        self._caller = caller
        self._draft = draft
        self._beginning = beginning
        self._beat = beat
        self._outbox: asyncio.Queue[AnswerEvent | None] = asyncio.Queue()
        self._unsaved: list[AnswerEvent] = []
        self._saved = 0
        self._is_over = asyncio.Event()
        self._is_left = asyncio.Event()

    async def stream(self, generation: Generation) -> Generation:
        """Yield what `generation` yields, then how it ended, which is kept by then.

        Closing it closes `generation` and keeps what was said as `interrupted`; a stop asked for anywhere closes it as
        `stopped`.
        """
        running = asyncio.create_task(self._run(generation))
        try:
            while (event := await self._outbox.get()) is not None:
                yield event
        finally:
            self._is_left.set()  # and not cancelled: it may be about to keep how the answer ended
            await asyncio.wait([running])

    async def _run(self, generation: Generation) -> None:
        speaking = asyncio.create_task(self._speak(generation))
        watching = asyncio.create_task(self._watch())
        leaving = asyncio.create_task(self._is_left.wait())
        await asyncio.wait([speaking, watching, leaving], return_when=asyncio.FIRST_COMPLETED)
        is_stopped = watching.done() and not speaking.done()
        for task in (speaking, leaving):
            task.cancel()
        self._is_over.set()
        await asyncio.wait([speaking, watching, leaving])
        await self._end(STOPPED if is_stopped else INTERRUPTED, speaking)

    async def _speak(self, generation: Generation) -> None:
        async with aclosing(generation):
            async for event in generation:
                self._unsaved.append(event)
                self._outbox.put_nowait(event)
                await asyncio.sleep(0)  # else what a model sends in one piece is all taken in before any of it goes out

    async def _watch(self) -> None:
        """Save what is new at each beat; return when the answer is over or nobody wants it any more."""
        await asyncio.wait([self._beginning])
        while self._has_begun() and not await self._over_within(self._beat):
            try:
                if not await (self._save() if self._unsaved else self._keep_alive()):
                    return
            except Exception as error:  # noqa: BLE001 - whatever it is, the last save meets it too and tells
                logger.warning("The answer could not be saved, which is tried again: %s", _name(error))
        await self._is_over.wait()

    async def _end(self, reason: str, speaking: asyncio.Task[None]) -> None:
        failure = None if speaking.cancelled() else _failure(speaking.exception())
        self._draft.finish_reason = FAILED if failure else self._draft.finish_reason or reason
        self._draft.reached("total")
        last = failure or self._done()
        self._unsaved.append(last)
        lost = await self._save_last()
        self._outbox.put_nowait(failure or lost or last)
        self._outbox.put_nowait(None)

    async def _save_last(self) -> AnswerFailed | None:
        if not self._has_begun():
            return None
        try:
            await self._save()
        except Exception as error:  # noqa: BLE001 - whoever reads waits for an end
            logger.error("The answer could not be kept.")
            return _failure(error)
        return None

    async def _save(self) -> bool:
        events = list(self._unsaved)
        is_wanted = await self._conversations.save(
            self._caller, self._draft.message(), first=self._saved + 1, events=events
        )
        del self._unsaved[: len(events)]
        self._saved += len(events)
        return is_wanted

    async def _keep_alive(self) -> bool:
        return await self._conversations.keep_alive(self._caller, self._draft.id)

    def _done(self) -> AnswerDone:
        draft = self._draft
        return AnswerDone(draft.finish_reason or INTERRUPTED, draft.model, draft.usage, draft.timing)

    def _has_begun(self) -> bool:
        beginning = self._beginning
        return beginning.done() and not beginning.cancelled() and beginning.exception() is None

    async def _over_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_over.wait(), seconds)
        return self._is_over.is_set()


def _failure(error: BaseException | None) -> AnswerFailed | None:
    if error is None:
        return None
    if isinstance(error, SluiceError):
        ours = error
        logger.error("%s: %s%s", ours.code, ours.message, _origin(ours))
    else:
        ours = SluiceError()
        logger.error("unexpected error", exc_info=error)
    return AnswerFailed(ours.code, ours.message, ours.retryable, ours.retry_after)


def _origin(error: BaseException) -> str:
    """Name what led to the error, without its words: a provider's may hold keys and questions."""
    cause = error.__cause__
    return f" [{_name(cause)}]" if cause else ""


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"

"""Runs an app for one request and sees to it that the answer ends, whatever the app does."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from sluice.streaming.asgi import App, Scope
from sluice.streaming.errors import AnswerIncomplete, ClientGone, DeadlineExceeded, StreamingError, Terminated
from sluice.streaming.exchange import Exchange
from sluice.streaming.failures import DEADLINE, INTERNAL_ERROR

logger = logging.getLogger(__name__)

# Lambda gives an environment two seconds to end, and the app's lifespan needs some of them.
TERMINATION_SECONDS = 0.5

Running = asyncio.Future[None]


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Seconds that the app may run, and seconds that it then gets to clean up."""

    run: float
    clean_up: float

    @classmethod
    def before(cls, remaining: float, margin: float) -> TimeLimit:
        """Keep a margin before the end, half of it for the app; if little time remains, half of that is the margin."""
        margin = min(margin, remaining / 2)
        return cls(run=remaining - margin, clean_up=margin / 2)


async def serve(app: App, scope: Scope, exchange: Exchange, limit: TimeLimit) -> None:
    """Run the app to its end, work after the answer included.

    It is cancelled when time runs out or nobody is there to read; an answer that it leaves unfinished is ended for it.
    """
    running = asyncio.ensure_future(app(scope, exchange.receive, exchange.send))
    try:
        error = await _interruption(running, exchange, limit) or _error(running, exchange)
    except asyncio.CancelledError:
        await _stop(running, TERMINATION_SECONDS)
        await _end(exchange, Terminated("The execution environment ends."))
        raise
    if error:
        await _end(exchange, error)


async def _end(exchange: Exchange, error: BaseException) -> None:
    _report(error)
    if not exchange.complete and not exchange.gone.is_set():
        await exchange.fail(DEADLINE if isinstance(error, DeadlineExceeded) else INTERNAL_ERROR, error)


async def _interruption(running: Running, exchange: Exchange, limit: TimeLimit) -> StreamingError | None:
    """Wait for the app, stop it if need be, and return why it had to be stopped."""
    gone = asyncio.ensure_future(exchange.gone.wait())
    first: set[asyncio.Future[Any]] = {running, gone}
    await asyncio.wait(first, timeout=limit.run, return_when=asyncio.FIRST_COMPLETED)
    gone.cancel()
    if running.done() and not exchange.gone.is_set():
        return None
    failure = await _stop(running, limit.clean_up)
    if exchange.gone.is_set():
        return ClientGone("Nobody is there to read the answer any more.")
    if failure:
        logger.error("The app failed while it was being stopped.", exc_info=failure)
    return DeadlineExceeded(f"The app was still at work {limit.run:.1f} s after the request came.")


async def _stop(running: Running, seconds: float) -> BaseException | None:
    """Cancel the app and give it time to clean up; return what it raised meanwhile."""
    running.cancel()
    await asyncio.wait({running}, timeout=seconds)
    if not running.done():
        logger.error("The app does not end although it was cancelled %.1f s ago.", seconds)
        return None
    return None if running.cancelled() else running.exception()


def _error(running: Running, exchange: Exchange) -> BaseException | None:
    if running.cancelled():
        return AnswerIncomplete("The app cancelled itself.")
    if error := running.exception():
        return error
    return None if exchange.complete else AnswerIncomplete("The app returned before its answer was complete.")


def _report(error: BaseException) -> None:
    match error:
        case ClientGone():
            logger.warning("%s The app was stopped.", error)
        case DeadlineExceeded() | Terminated():
            logger.error("%s The app was stopped.", error)
        case _:
            logger.error("The app failed.", exc_info=error)

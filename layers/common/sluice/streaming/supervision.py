"""Runs an app for one request and sees to it that the answer ends, whatever the app does."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from sluice.streaming.asgi import App, Scope
from sluice.streaming.errors import (
    AnswerIncomplete,
    AppExited,
    ClientGone,
    DeadlineExceeded,
    StreamingError,
    Terminated,
)
from sluice.streaming.exchange import Exchange
from sluice.streaming.failures import DEADLINE, INTERNAL_ERROR

logger = logging.getLogger(__name__)

# Lambda gives an environment two seconds to end, and the app's lifespan needs some of them.
TERMINATION_SECONDS = 0.5
FAREWELL_SECONDS = 0.25
# What an event gets that comes when its time is over, as after a pause of the whole machine: it can't be told in less.
LEAST_SECONDS = 0.5

Running = asyncio.Future[None]

_NOBODY = "Nobody is there to read the answer any more."


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Seconds that the app may run, that it then gets to clean up, and in which the client must take the end."""

    run: float
    clean_up: float
    farewell: float

    @classmethod
    def before(cls, remaining: float, margin: float) -> TimeLimit:
        """Keep a margin before the end: half of it for the app, a quarter for its client.

        If little time remains, half of that is the margin.
        """
        remaining = max(remaining, LEAST_SECONDS)
        margin = min(margin, remaining / 2)
        return cls(run=remaining - margin, clean_up=margin / 2, farewell=margin / 4)


async def serve(app: App, scope: Scope, exchange: Exchange, limit: TimeLimit) -> None:
    """Run the app to its end, work after the answer included.

    It is cancelled when time runs out or nobody is there to read; an answer that it leaves unfinished is ended for it.
    """
    running = asyncio.ensure_future(_run(app, scope, exchange))
    ends = asyncio.get_running_loop().time() + limit.run
    try:
        error = await _interruption(running, exchange, limit) or _error(running, exchange)
    except asyncio.CancelledError:
        await _stop(running, TERMINATION_SECONDS)
        await _end(exchange, Terminated("The execution environment ends."), FAREWELL_SECONDS)
        raise
    if error:
        await _end(exchange, error, max(ends - asyncio.get_running_loop().time(), 0) + limit.farewell)


async def _run(app: App, scope: Scope, exchange: Exchange) -> None:
    try:
        await app(scope, exchange.receive, exchange.send)
    except (SystemExit, KeyboardInterrupt) as error:  # a loop hands these on to whoever runs it
        raise AppExited(f"The app raised {type(error).__name__} in a request.") from error


async def _end(exchange: Exchange, error: BaseException, seconds: float) -> None:
    _report(error)
    if exchange.complete or exchange.gone.done():
        return
    try:
        async with asyncio.timeout(seconds):
            await exchange.fail(DEADLINE if isinstance(error, DeadlineExceeded) else INTERNAL_ERROR, error)
    except TimeoutError:
        logger.error("The client did not take the end of its answer within %.1f s.", seconds)
        exchange.disconnect()


async def _interruption(running: Running, exchange: Exchange, limit: TimeLimit) -> StreamingError | None:
    """Wait for the app, stop it if need be, and return why it had to be stopped."""
    await asyncio.wait({running, exchange.gone}, timeout=limit.run, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        return ClientGone(_NOBODY) if exchange.gone.done() else None
    if failure := await _stop(running, limit.clean_up):
        logger.error("The app failed while it was being stopped.", exc_info=failure)
    if exchange.gone.done():
        return ClientGone(_NOBODY)
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

"""Routes of the plain app that fail, hang, or do what no app should."""

from __future__ import annotations

import asyncio

from sluice.streaming import current_invocation
from tests.streaming.apps.routing import CHUNK, EVENT, Receive, Scope, Send, answer, begin, body, route
from tests.streaming.signals import tell


async def half(send: Send) -> None:
    """Send the beginning of an answer."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"half", more=True)


@route("/fail-before")
async def fail_before(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("no answer from me")


@route("/fail-before-first-byte")
async def fail_before_first_byte(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    raise ValueError("the head is not out yet")


@route("/fail-after")
async def fail_after(scope: Scope, receive: Receive, send: Send) -> None:
    await half(send)
    raise ValueError("broke in the middle")


@route("/fail-events")
async def fail_events(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/event-stream; charset=utf-8"))
    await body(send, EVENT, more=True)
    raise ValueError("broke between events")


@route("/fail-within-event")
async def fail_within_event(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    await body(send, b"data: {", more=True)
    raise ValueError("broke within an event")


@route("/silent")
async def silent(scope: Scope, receive: Receive, send: Send) -> None:
    """Return without an answer."""


@route("/unfinished")
async def unfinished(scope: Scope, receive: Receive, send: Send) -> None:
    await half(send)


@route("/twice")
async def twice(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, "once")
    await answer(send, "twice")


@route("/start-twice")
async def start_twice(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send)
    await begin(send)


@route("/exits")
async def exits(scope: Scope, receive: Receive, send: Send) -> None:
    raise SystemExit(3)


class NoException(BaseException):
    """Not to be caught by whoever catches exceptions."""


@route("/fails-by-no-exception")
async def fails_by_no_exception(scope: Scope, receive: Receive, send: Send) -> None:
    raise NoException


@route("/cancels-itself")
async def cancels_itself(scope: Scope, receive: Receive, send: Send) -> None:
    raise asyncio.CancelledError


@route("/fails-deep")
async def fails_deep(scope: Scope, receive: Receive, send: Send) -> None:
    """Fail below many frames, with a message of any length and language."""

    def dig(depth: int) -> None:
        if depth:
            dig(depth - 1)
        raise ValueError("ü" * 10_000)

    await half(send)
    dig(60)


@route("/fails-to-clean-up")
async def fails_to_clean_up(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        raise ValueError("cleaning up broke")


@route("/recovers-from-a-bad-head")
async def recovers(scope: Scope, receive: Receive, send: Send) -> None:
    """Send headers of a wrong type first, as a bug in a middleware does."""
    try:
        await send({"type": "http.response.start", "status": 200, "headers": [("text", "is wrong")]})
    except TypeError:
        await begin(send, 500, (b"content-type", b"text/plain"))
        await body(send, b"recovered")


@route("/never-waits")
async def never_waits(scope: Scope, receive: Receive, send: Send) -> None:
    """Send nothing, for ever, without a moment for any other task."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    while True:
        await body(send, more=True)


@route("/never")
async def never(scope: Scope, receive: Receive, send: Send) -> None:
    await asyncio.Event().wait()


@route("/endless-events")
async def endless_events(scope: Scope, receive: Receive, send: Send) -> None:
    """Never end, but clean up when cancelled."""
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    try:
        await body(send, EVENT, more=True)
        await asyncio.Event().wait()
    finally:
        await tell("cleaned up")


@route("/ends-itself-when-cancelled")
async def ends_itself(scope: Scope, receive: Receive, send: Send) -> None:
    await half(send)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await body(send, b" and a good end")


@route("/tells-what-time-is-left")
async def tells_what_is_left(scope: Scope, receive: Receive, send: Send) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        await tell("in time" if current_invocation().remaining_seconds > 1 else "too late")


@route("/stubborn")
async def stubborn(scope: Scope, receive: Receive, send: Send) -> None:
    """Ignore being cancelled."""
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await tell("not me")


@route("/endless-bytes")
async def endless_bytes(scope: Scope, receive: Receive, send: Send) -> None:
    """Send until nobody is there any more."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    try:
        while True:
            await body(send, CHUNK, more=True)
    except OSError as error:
        raised.append(type(error).__name__)
        raise


raised: list[str] = []


@route("/what-stopped-it")
async def what_stopped_it(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, raised)


@route("/waits-for-nobody")
async def waits_for_nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Send a little, then wait for something that does not come."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"hello", more=True)
    try:
        await asyncio.Event().wait()
    finally:
        await tell("cancelled while it waited")

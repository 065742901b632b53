"""An app in plain ASGI: each path shows the runtime one behaviour."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import Any

from sluice.streaming import Streaming, current_invocation
from tests.streaming.signals import tell, wait

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Route = Callable[[Scope, Receive, Send], Awaitable[None]]

CHUNK = bytes(range(256)) * 1024
EVENT = b'data: {"text": "half"}\n\n'
routes: dict[str, Route] = {}


def route(path: str) -> Callable[[Route], Route]:
    def add(function: Route) -> Route:
        routes[path] = function
        return function

    return add


async def begin(send: Send, status: int = 200, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def body(send: Send, data: bytes = b"", *, more: bool = False) -> None:
    await send({"type": "http.response.body", "body": data, "more_body": more})


async def answer(send: Send, content: object) -> None:
    await begin(send, 200, (b"content-type", b"application/json"))
    await body(send, json.dumps(content).encode())


@route("/chunks")
async def chunks(scope: Scope, receive: Receive, send: Send) -> None:
    """Send each chunk only when the test says so."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    for number in range(3):
        await wait(f"chunk {number}")
        await body(send, b"chunk %d" % number, more=True)
    await wait("end")
    await body(send)


@route("/request")
async def request(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with what arrived."""
    message = await receive()
    shown = ("method", "scheme", "path", "root_path", "client", "server", "http_version", "type")
    await answer(
        send,
        {name: scope[name] for name in shown}
        | {
            "raw_path": scope["raw_path"].decode(),
            "query_string": scope["query_string"].decode(),
            "headers": [[name.decode(), value.decode()] for name, value in scope["headers"]],
            "body": base64.b64encode(message["body"]).decode(),
        },
    )


@route("/status")
async def status(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the status in the query and an empty body."""
    await begin(send, int(scope["query_string"]), (b"x-kind", b"empty"))
    await body(send)


@route("/body-despite-status")
async def body_despite_status(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, int(scope["query_string"]), (b"content-type", b"text/plain"))
    await body(send, b"should not be here")


@route("/headers")
async def headers(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with every kind of header that needs care."""
    await begin(
        send,
        200,
        (b"Content-Type", b"text/plain"),
        (b"Content-Length", b"2"),
        (b"Connection", b"keep-alive, X-Hop"),
        (b"Keep-Alive", b"timeout=5"),
        (b"X-Hop", b"1"),
        (b"Transfer-Encoding", b"chunked"),
        (b"X-Amzn-RequestId", b"upstream"),
        (b"x-amzn-remapped-date", b"yesterday"),
        (b"Vary", b"accept"),
        (b"Vary", b"origin"),
        (b"Set-Cookie", b"a=1; Path=/"),
        (b"Set-Cookie", b"b=2, with a comma"),
        (b"X-Latin", "é".encode("latin-1")),
    )
    await body(send, b"ok")


@route("/head-first")
async def head_first(scope: Scope, receive: Receive, send: Send) -> None:
    """Send the head by an empty chunk long before the first byte, and end without any."""
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    await body(send, more=True)
    await wait("after head")
    await body(send)


@route("/binary")
async def binary(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"image/png"))
    await body(send, CHUNK[:700], more=True)
    await body(send, bytes(16) + CHUNK[:700])


@route("/untyped")
async def untyped(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send)
    await body(send, b"?")


@route("/large")
async def large(scope: Scope, receive: Receive, send: Send) -> None:
    """Send 20 MiB, telling how far it came."""
    await begin(send, 200, (b"content-type", b"application/octet-stream"))
    for number in range(80):
        await body(send, CHUNK, more=True)
        await tell(f"large {number}")
    await body(send)


@route("/one-large-piece")
async def one_large_piece(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"application/octet-stream"))
    await body(send, CHUNK * 80)


@route("/blocked-sender")
async def blocked_sender(scope: Scope, receive: Receive, send: Send) -> None:
    """While one task is blocked by a slow client, another one still runs, far longer than sending would take."""
    sent = 0

    async def other() -> None:
        await wait("client is slow")
        for _ in range(10_000):
            await asyncio.sleep(0)
        await tell("all was sent" if sent == 80 else "the sender waits")

    running = asyncio.create_task(other())
    await begin(send, 200, (b"content-type", b"application/octet-stream"))
    for _ in range(80):
        await body(send, CHUNK, more=True)
        sent += 1
    await running
    await body(send)


@route("/background")
async def background(scope: Scope, receive: Receive, send: Send) -> None:
    """Go on working when the client has everything."""
    await answer(send, "answered")
    await wait("background")
    await tell("background done")


@route("/background-after-slow-client")
async def background_after_slow_client(scope: Scope, receive: Receive, send: Send) -> None:
    """Send what fits into the buffers on the way, whether or not anybody reads it."""

    async def other() -> None:
        await wait("nobody has read")
        await tell("the app is alive")

    running = asyncio.create_task(other())
    await begin(send, 200, (b"content-type", b"text/plain"))
    for _ in range(3):
        await body(send, b"a little", more=True)
        await asyncio.sleep(0)
    await body(send)
    await tell("work after the answer")
    await running


@route("/background-fails")
async def background_fails(scope: Scope, receive: Receive, send: Send) -> None:
    await answer(send, "answered")
    raise ValueError("background broke")


@route("/disconnect-message")
async def disconnect_message(scope: Scope, receive: Receive, send: Send) -> None:
    """What an app receives after the request, once the answer is complete."""
    first = await receive()
    await answer(send, first["type"])
    await tell(f"received {(await receive())['type']}")


@route("/fail-before")
async def fail_before(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError("no answer from me")


@route("/fail-before-first-byte")
async def fail_before_first_byte(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    raise ValueError("the head is not out yet")


@route("/fail-after")
async def fail_after(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"half", more=True)
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
    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"half", more=True)


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

    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"half", more=True)
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


@route("/empty-pieces")
async def empty_pieces(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/plain"))
    for piece in (b"a", b"", b"b", b""):
        await body(send, piece, more=True)
    await body(send)


@route("/bytes-one-by-one")
async def bytes_one_by_one(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(send, 200, (b"content-type", b"text/plain"))
    for number in range(100_000):
        await body(send, CHUNK[number % 256 : number % 256 + 1], more=True)
    await body(send)


@route("/never-waits")
async def never_waits(scope: Scope, receive: Receive, send: Send) -> None:
    """Send nothing, for ever, without a moment for any other task."""
    await begin(send, 200, (b"content-type", b"text/plain"))
    while True:
        await body(send, more=True)


@route("/breaks-in-headers")
async def breaks_in_headers(scope: Scope, receive: Receive, send: Send) -> None:
    await begin(
        send,
        200,
        (b"content-type", b"text/plain"),
        (b"x-split", b"a\r\nset-cookie: stolen=1\0"),
        (b"bad name\r\n", b"1"),
        (b"set-cookie", b"a=1\r\nx-more: 1"),
    )
    await body(send, b"ok")


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
    await begin(send, 200, (b"content-type", b"text/plain"))
    await body(send, b"half", more=True)
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


@route("/invocation")
async def invocation(scope: Scope, receive: Receive, send: Send) -> None:
    current = current_invocation()
    await answer(
        send,
        {
            "current": current.as_dict(),
            "extension": scope["extensions"]["aws.lambda"],
            "has_time": 0 < current.remaining_seconds < 61,
            "event": scope["aws.event"]["rawPath"],
            "context": scope["aws.context"].aws_request_id,
        },
    )


@route("/life")
async def life(scope: Scope, receive: Receive, send: Send) -> None:
    """Show what lives longer than a request."""
    shown = {
        "starts": starts,
        "same loop": scope["state"]["loop"] is asyncio.get_running_loop(),
        "state": sorted(scope["state"]),
        "tasks": len(asyncio.all_tasks()),
    }
    scope["state"]["mine"] = "must not be seen by the next request"
    await answer(send, shown)


starts = 0


async def lifespan(scope: Scope, receive: Receive, send: Send) -> None:
    global starts  # noqa: PLW0603 - counts for the whole process, as the test wants to know
    await receive()
    starts += 1
    scope["state"]["loop"] = asyncio.get_running_loop()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await tell("shut down")
    await send({"type": "lifespan.shutdown.complete"})


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await lifespan(scope, receive, send)
    else:
        await routes.get(scope["path"], request)(scope, receive, send)


handler = Streaming(app)

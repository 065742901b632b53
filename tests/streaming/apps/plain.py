"""An app in plain ASGI: each path shows the runtime one behaviour."""

from __future__ import annotations

import asyncio
import base64

from sluice.streaming import Streaming, current_invocation
from tests.streaming.apps import failing  # noqa: F401 - it adds its routes
from tests.streaming.apps.routing import CHUNK, Receive, Scope, Send, answer, begin, body, route, routes
from tests.streaming.signals import tell, wait


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


@route("/views")
async def views(scope: Scope, receive: Receive, send: Send) -> None:
    """Send what holds bytes and is none, as Starlette's streams may: in a piece, and in one too large for one."""
    await begin(send, 200, (b"content-type", b"text/event-stream"))
    await body(send, memoryview(b"a little"), more=True)
    await body(send, memoryview(CHUNK * 2), more=True)
    await body(send, bytearray(b"the end"))


@route("/huge-head")
async def huge_head(scope: Scope, receive: Receive, send: Send) -> None:
    cookies = [(b"set-cookie", b"c%d=%b" % (number, b"x" * 4_000)) for number in range(40)]
    await begin(send, 200, (b"content-type", b"text/plain"), (b"x-large", b"y" * 100_000), *cookies)
    await body(send, b"ok")


@route("/size")
async def size(scope: Scope, receive: Receive, send: Send) -> None:
    message = await receive()
    await answer(send, [len(message["body"]), sum(len(name) + len(value) for name, value in scope["headers"])])


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

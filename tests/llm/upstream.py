"""A model provider with an OpenAI-compatible API over real HTTP, which answers what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import struct
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Step = bytes | asyncio.Event
"""Bytes to send, or an event to wait for before going on."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Without a `content-length` the body is chunked; `cut` drops the connection before its end.

    `reset` drops it before anything is said.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    steps: Sequence[Step] = ()
    cut: bool = False
    reset: bool = False


class Upstream:
    """Answers requests in the order of `enqueue`, or all of them by `answer` where there is one.

    `requests` holds them, `most` says how many were open at once, `hung_up` is set when a client left early.
    """

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.replies: deque[Reply] = deque()
        self.answer: Callable[[dict[str, Any]], Reply] | None = None
        self.hung_up = asyncio.Event()
        self.most = 0
        self._open = 0
        self.base = ""

    def enqueue(self, *replies: Reply) -> None:
        self.replies.extend(replies)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Handle one connection: one request, one reply, closed."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError), contextlib.closing(writer):
            self.requests.append(await _read_request(reader))
            with self._counted():
                answering = asyncio.create_task(_send(writer, self._reply(self.requests[-1])))
                leaving = asyncio.create_task(reader.read())
                await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
                if not answering.done():
                    self.hung_up.set()
                for task in (answering, leaving):
                    task.cancel()
                await asyncio.gather(answering, leaving, return_exceptions=True)

    def _reply(self, request: dict[str, Any]) -> Reply:
        if self.answer:
            return self.answer(request)
        return self.replies.popleft() if self.replies else failure(500, "the test has no reply for this request")

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        self._open += 1
        self.most = max(self.most, self._open)
        try:
            yield
        finally:
            self._open -= 1


@contextlib.asynccontextmanager
async def running() -> AsyncIterator[Upstream]:
    """Serve on a free loopback port until the block ends."""
    upstream = Upstream()
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    upstream.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield upstream
    finally:
        server.close()


def chat(
    *steps: str | asyncio.Event, finish: str | None = "stop", usage: tuple[int, int] = (7, 3), done: bool = True
) -> Reply:
    """A streamed chat answer; `finish=None` and `done=False` make one that just ends."""
    frames: list[Step] = [_delta({"role": "assistant", "content": ""})]
    frames += [step if isinstance(step, asyncio.Event) else _delta({"content": step}) for step in steps]
    if finish:
        frames += [_delta({}, finish), _frame({"choices": [], "usage": _usage(*usage)})]
    if done:
        frames.append(b"data: [DONE]\n\n")
    return Reply(headers={"content-type": "text/event-stream"}, steps=frames)


def refusal(*pieces: str) -> Reply:
    """An answer that declines, as OpenAI words it: a field of its own, and an ordinary end."""
    frames: list[Step] = [_delta({"role": "assistant", "content": ""})]
    frames += [_delta({"refusal": piece}) for piece in pieces]
    frames += [_delta({}, "stop"), b"data: [DONE]\n\n"]
    return Reply(headers={"content-type": "text/event-stream"}, steps=frames)


def failure(status: int, message: str = "no", code: str = "failed", headers: Mapping[str, str] | None = None) -> Reply:
    """An error as OpenAI words it."""
    body = json.dumps(
        {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    ).encode()
    return Reply(status, {"content-type": "application/json", **(headers or {})}, [body])


def embeddings(*vectors: Sequence[float] | str, tokens: int = 1) -> Reply:
    """Vectors for as many texts, as numbers or in base 64, last one first: the index says which is which."""
    embedded = [vector if isinstance(vector, str) else list(vector) for vector in vectors]
    data = [{"object": "embedding", "index": index, "embedding": it} for index, it in enumerate(embedded)]
    return embedding_list(data[::-1], tokens=tokens)


def embedding_list(data: Sequence[Mapping[str, Any]] | None, *, tokens: int = 1) -> Reply:
    """What a provider answers, whatever it has made of the vectors."""
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "model": "embed", "data": data, "usage": usage}
    return Reply(headers={"content-type": "application/json"}, steps=[json.dumps(body).encode()])


def moderation(**categories: bool) -> Reply:
    """The verdict on a text: flagged when any of the categories is found."""
    found = {"harassment": False, "violence": False, **categories}
    result = {
        "flagged": any(categories.values()),
        "categories": found,
        "category_scores": {name: float(value) for name, value in found.items()},
        "category_applied_input_types": {},
    }
    body = {"id": "modr-1", "model": "omni-moderation-latest", "results": [result]}
    return Reply(headers={"content-type": "application/json"}, steps=[json.dumps(body).encode()])


def _delta(delta: Mapping[str, str], finish: str | None = None) -> bytes:
    return _frame({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _frame(fields: Mapping[str, Any]) -> bytes:
    chunk = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", **fields}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


async def _read_request(reader: asyncio.StreamReader) -> dict[str, Any]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    headers = dict(line.lower().split(": ", 1) for line in head.splitlines()[1:] if ": " in line)
    body = await reader.readexactly(int(headers["content-length"]))
    return {"path": head.split()[1], "headers": headers, **json.loads(body)}


async def _send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    if reply.reset:
        # Nothing may linger: the client is told at once that nobody is there.
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return
    head = {"transfer-encoding": "chunked", "connection": "close", **reply.headers}
    lines = [f"HTTP/1.1 {reply.status} scripted", *(f"{name}: {value}" for name, value in head.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    for step in reply.steps:
        if isinstance(step, asyncio.Event):
            await step.wait()
        else:
            writer.write(b"%x\r\n%s\r\n" % (len(step), step))
        await writer.drain()
    if not reply.cut:
        writer.write(b"0\r\n\r\n")
        await writer.drain()

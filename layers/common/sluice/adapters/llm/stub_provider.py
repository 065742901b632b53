"""A provider that is not there: answers a rehearsed call on the loopback interface, in the words of the real ones.

A first call to a provider builds much that stays built, its readers of answers above all; this lets it happen before
anybody waits, without a network, a key or a cost.
"""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from typing import Any
from zlib import crc32

_JSON, _EVENTS, _FRAMES = "application/json", "text/event-stream", "application/vnd.amazon.eventstream"
_HEAD = "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {size}\r\nconnection: close\r\n\r\n"


@asynccontextmanager
async def running() -> AsyncIterator[str]:
    """Serve on a free port of the loopback interface until the block ends; yields the address."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Take one request and answer it."""
    with suppress(ConnectionError, asyncio.IncompleteReadError), closing(writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path, headers = head.split()[1], head.lower()
        await reader.readexactly(int(headers.partition("content-length: ")[2].split("\r\n")[0] or 0))
        status, kind, body = answer(path)
        writer.write(_HEAD.format(status=status, kind=kind, size=len(body)).encode() + body)
        await writer.drain()


def answer(path: str) -> tuple[str, str, bytes]:
    """Return status, content type and body of the answer to a request for `path`: one word, or one vector."""
    match path.partition("?")[0].rsplit("/", 1)[-1]:
        case "completions":
            return "200 OK", _EVENTS, _openai()
        case "messages":
            return "200 OK", _EVENTS, _anthropic()
        case "converse-stream":
            return "200 OK", _FRAMES, _bedrock()
        case "embeddings":
            return "200 OK", _JSON, json.dumps(_EMBEDDING).encode()
        case _:
            return "404 Not Found", _JSON, b'{"error": {"message": "unknown", "code": "not_found"}}'


_EMBEDDING = {
    "object": "list",
    "model": "stub",
    "data": [{"object": "embedding", "index": 0, "embedding": [1.0, 0.0]}],
    "usage": {"prompt_tokens": 1, "total_tokens": 1},
}


def _openai() -> bytes:
    """Source: https://platform.openai.com/docs/api-reference/chat-streaming"""
    same = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "stub"}
    deltas: list[tuple[Mapping[str, str], str | None]] = [({"role": "assistant", "content": "!"}, None), ({}, "stop")]
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    chunks = [{**same, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in deltas]
    frames = [*map(json.dumps, [*chunks, {**same, "choices": [], "usage": usage}]), "[DONE]"]
    return "".join(f"data: {frame}\n\n" for frame in frames).encode()


def _anthropic() -> bytes:
    """Source: https://docs.anthropic.com/en/docs/build-with-claude/streaming"""
    message: dict[str, Any] = {
        "id": "1",
        "type": "message",
        "role": "assistant",
        "model": "stub",
        "content": [],
        "stop_reason": None,
    }
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {**message, "usage": {"input_tokens": 1, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "!"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 1}},
        {"type": "message_stop"},
    ]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _bedrock() -> bytes:
    """Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html"""
    usage = {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}
    events: list[tuple[str, dict[str, Any]]] = [
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "!"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {"usage": usage, "metrics": {"latencyMs": 1}}),
    ]
    return b"".join(_frame(kind, json.dumps(payload).encode()) for kind, payload in events)


def _frame(kind: str, payload: bytes) -> bytes:
    """Source: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html, the event stream encoding"""
    headers = {":message-type": "event", ":event-type": kind, ":content-type": _JSON}
    encoded = b"".join(_header(name, value) for name, value in headers.items())
    lengths = struct.pack(">II", 16 + len(encoded) + len(payload), len(encoded))
    message = lengths + struct.pack(">I", crc32(lengths)) + encoded + payload
    return message + struct.pack(">I", crc32(message))


def _header(name: str, value: str) -> bytes:
    text = 7  # the type of a string
    return struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", text, len(value)) + value.encode()

"""A model provider over real HTTP that writes what a test tells it, as slowly as the test wants."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Step = str | threading.Event | HTTPStatus | ConnectionError
"""A piece of text; an event to wait for; an error to answer with instead; a connection that breaks.

`[?some words]` in a text cites the passage that holds these words.
"""

PATIENCE_SECONDS = 30
_CITATION = re.compile(r"\[\?([^\]]+)\]")
_PASSAGE = re.compile(r'<passage id="(\d+)"[^>]*>(.*?)</passage>', re.DOTALL)


class Model:
    """Answers questions in the order of `enqueue`, each piece as a chunk; an event holds the answer up until it is set.

    What is no question about passages asks for a title, and gets one.
    """

    def __init__(self) -> None:
        self.replies: deque[list[Step]] = deque()
        self.title = "A title"
        self.base = ""

    def enqueue(self, *steps: Step) -> None:
        self.replies.append(list(steps))

    def reply(self, request: dict[str, Any]) -> list[Step]:
        prompt = request["messages"][-1]["content"]
        if "<passages>" not in prompt:
            return [self.title]
        steps = self.replies.popleft() if self.replies else ["The test has no reply for this question."]
        return [_cited(step, prompt) if isinstance(step, str) else step for step in steps]


@contextmanager
def running() -> Iterator[Model]:
    """Serve on a free loopback port until the block ends."""
    model = Model()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(model))
    model.base = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            steps = model.reply(request)
            status = next((step for step in steps if isinstance(step, HTTPStatus)), HTTPStatus.OK)
            self.send_response(status)
            self.send_header("content-type", "text/event-stream")
            self.end_headers()
            try:
                for piece in _pieces(steps) if status is HTTPStatus.OK else [b'{"error": {"message": "No."}}']:
                    self.wfile.write(piece)
                    self.wfile.flush()
            except ConnectionError:
                pass  # the function has stopped listening, or the test wants it so

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    return Handler


def _cited(text: str, prompt: str) -> str:
    passages = _PASSAGE.findall(prompt)

    def number(match: re.Match[str]) -> str:
        return f"[{next(place for place, passage in passages if match[1] in passage)}]"

    return _CITATION.sub(number, text)


def _pieces(steps: list[Step]) -> Iterator[bytes]:
    for step in steps:
        if isinstance(step, threading.Event):
            step.wait(PATIENCE_SECONDS)
        elif isinstance(step, ConnectionError):
            raise step
        else:
            yield _chunk({"content": str(step)}, None)
    yield _chunk({}, "stop")
    yield b"data: [DONE]\n\n"


def _chunk(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"

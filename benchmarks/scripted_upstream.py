"""A model provider with OpenAI's API and fixed timing, in a process of its own.

    python -m benchmarks.scripted_upstream --port 9100

A question that holds the word `endless` gets an answer without an end, a word every `--pause` seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import zlib
from collections.abc import AsyncIterator
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from benchmarks.synthetic import Corpus

WORDS = 20
ENDLESS = "endless"


class Upstream:
    """Answers after `embedding` and `first_token` seconds; `pause` lies between the words of an endless answer."""

    def __init__(self, corpus: Corpus, *, embedding: float, first_token: float, pause: float) -> None:
        vectors, _ = corpus.queries(200)
        self._vectors = vectors.tolist()
        self._encoded = [base64.b64encode(vector.astype("<f4").tobytes()).decode() for vector in vectors]
        self._embedding = embedding
        self._first_token = first_token
        self._pause = pause

    async def embed(self, request: Request) -> JSONResponse:
        """Return the vector of a query of the corpus for each text, as numbers or as their bytes, as it is asked to."""
        body = await request.json()
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        await asyncio.sleep(self._embedding)
        vectors = self._encoded if body.get("encoding_format") == "base64" else self._vectors
        chosen = [vectors[zlib.crc32(text.encode()) % len(vectors)] for text in texts]
        data = [{"object": "embedding", "index": at, "embedding": vector} for at, vector in enumerate(chosen)]
        usage = {"prompt_tokens": 8, "total_tokens": 8}
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})

    async def chat(self, request: Request) -> StreamingResponse:
        """Stream an answer."""
        question = (await request.json())["messages"][-1]["content"]
        is_title = question.startswith("user:")  # it quotes the question
        return StreamingResponse(self._frames(ENDLESS in question and not is_title), media_type="text/event-stream")

    async def _frames(self, is_endless: bool) -> AsyncIterator[bytes]:
        await asyncio.sleep(self._first_token)
        said = 0
        while is_endless or said < WORDS:
            yield _frame({"content": "word [1] "})
            said += 1
            await asyncio.sleep(self._pause if is_endless else 0)
        yield _frame({}, "stop")
        yield b"data: [DONE]\n\n"


def _frame(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=1536)
    parser.add_argument("--embedding", type=float, default=0.03, help="seconds")
    parser.add_argument("--first-token", type=float, default=0.1, help="seconds")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds")
    chosen = parser.parse_args()
    upstream = Upstream(
        Corpus(chosen.chunks, chosen.dimension),
        embedding=chosen.embedding,
        first_token=chosen.first_token,
        pause=chosen.pause,
    )
    app = Starlette(
        routes=[
            Route("/v1/embeddings", upstream.embed, methods=["POST"]),
            Route("/v1/chat/completions", upstream.chat, methods=["POST"]),
        ]
    )
    uvicorn.run(app, host="127.0.0.1", port=chosen.port, log_level="error", backlog=2048)


if __name__ == "__main__":
    main()

"""What a function does at its start and for its first question, run in a built tree: `workload.py TREE`.

The build takes from it which modules are loaded, the tests that pruning took nothing away that is missed. Prints JSON.
The upstream model is a stub on the loopback interface that speaks OpenAI's protocol.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import json
import os
import pkgutil
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "openai/stub"
DIRECT = ("awslambdaric.bootstrap", "aws_lambda_powertools", "boto3", "fastapi", "mangum", "orjson", "psycopg_pool")


class Upstream(BaseHTTPRequestHandler):
    """Answers a streamed completion with two words, and an embedding with a vector."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        streams = self.path.endswith("/chat/completions")
        self.send_response(200)
        self.send_header("content-type", "text/event-stream" if streams else "application/json")
        self.end_headers()
        self.wfile.write(b"".join(completion()) if streams else embedding())

    def log_message(self, *_: object) -> None:
        """Say nothing: standard output carries the result."""


def completion() -> Iterator[bytes]:
    deltas: list[tuple[dict[str, str], str | None]] = [
        ({"content": "Two "}, None),
        ({"content": "words"}, None),
        ({}, "stop"),
    ]
    for delta, finish in deltas:
        choice = {"index": 0, "delta": {"role": "assistant", **delta}, "finish_reason": finish}
        chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "stub", "choices": [choice]}
        yield f"data: {json.dumps(chunk)}\n\n".encode()
    yield b"data: [DONE]\n\n"


def embedding() -> bytes:
    data = [{"object": "embedding", "index": 0, "embedding": [1.0, 0.0]}]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    return json.dumps({"object": "list", "model": "stub", "data": data, "usage": usage}).encode()


@contextlib.contextmanager
def upstream() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def import_everything_of_ours() -> list[str]:
    """Import each module of Sluice and each library that the functions use; return the names of ours."""
    import sluice

    for name in DIRECT:
        importlib.import_module(name)
    names = [
        module.name for module in pkgutil.walk_packages(sluice.__path__, "sluice.") if "__main__" not in module.name
    ]
    for name in names:
        importlib.import_module(name)
    return names


async def ask(address: str) -> dict[str, Any]:
    """Return what one streamed completion and one embedding gave, and how many tokens LiteLLM counts in a sentence."""
    import litellm

    answer = await litellm.acompletion(
        MODEL, [{"role": "user", "content": "Say two words."}], stream=True, api_base=address, api_key="none"
    )
    text = "".join([chunk.choices[0].delta.content or "" async for chunk in answer])
    vectors = await litellm.aembedding(MODEL, input=["Two words"], api_base=address, api_key="none")
    return {
        "text": text,
        "vector": vectors.data[0]["embedding"],
        "tokens": litellm.token_counter(model="gpt-4o", text="Two words"),
    }


def construct_clients() -> list[str]:
    """Construct the clients of Amazon's services that the functions or LiteLLM call; return their names."""
    from botocore.session import get_session

    names = ["bedrock-runtime", "rds", "s3", "secretsmanager", "sqs", "sts", "textract"]
    session = get_session()
    session.set_credentials("none", "none")
    clients = [session.create_client(name, region_name="us-east-1") for name in names]
    return [client.meta.service_model.service_name for client in clients]


def main() -> None:
    tree = sys.argv[1]
    sys.path.insert(0, tree)
    os.environ |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True"}
    result: dict[str, Any] = {"ours": import_everything_of_ours(), "clients": construct_clients()}
    with upstream() as address:
        result |= asyncio.run(ask(address))
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    result["modules"] = sorted({name for name in files if name.startswith(tree) and name.endswith(".py")})
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()

"""What LiteLLM imports and no answer uses, in an interpreter of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

ANSWERS = """
import asyncio, json, sys
from sluice.adapters.llm import LiteLLMChat, LiteLLMEmbedder, deferring, library, stub_provider
from sluice.ports import PromptMessage, TextDelta

async def say(model, options):
    deltas = LiteLLMChat(model, options=options).stream([PromptMessage("user", "?")])
    return "".join([delta.text async for delta in deltas if isinstance(delta, TextDelta)])

async def main():
    async with stub_provider.running() as address:
        options = {"api_base": address, "api_key": "none"}
        answers = {model: await say(model, options) for model in sys.argv[1:]}
        embedder = LiteLLMEmbedder("openai/text-embedding-3-small", options=options)
        vector = await embedder.embed(["?"], purpose="query")
        await library.close()
    return answers | {"embedding": vector}

answers = asyncio.run(main())
run = sorted(name for name in deferring.NAMES if type(sys.modules.get(name)) not in (deferring._Deferred, type(None)))
table = "litellm.litellm_core_utils.default_encoding" in sys.modules
apis = [name for name in ("openai.resources.evals", "openai.types.eval_create_params") if name in sys.modules]
print(json.dumps({"answers": answers, "run": run + apis, "table": table}))
"""

NAMES_OF = """
import importlib, json, sys
from sluice.adapters.llm import deferring
if sys.argv[1] == "deferred":
    deferring.install()
getattr(importlib.import_module(sys.argv[2]), sys.argv[3])
print(json.dumps([name for name in dir(sys.modules[sys.argv[2]]) if not name.startswith("__")]))
"""

TOKENS = """
import sys
from sluice.adapters.llm import library
main = library.load() and sys.modules["litellm.main"]
print(main.encoding.decode(main.encoding.encode("Two words")), type(main.encoding).__name__)
"""

MODELS = [
    "openai/gpt-4o",
    "azure/gpt-4o",
    "anthropic/claude-sonnet-4-5",
    "bedrock/us.amazon.nova-lite-v1:0",
    "hosted_vllm/x",
    "mistral/mistral-small-latest",
]


def run(code: str, *arguments: str) -> str:
    keys = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none", "AWS_REGION_NAME": "us-east-1"}
    keys["AZURE_API_VERSION"] = "2024-10-21"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, **keys},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_answers_come_and_what_is_deferred_stays_so() -> None:
    """From a provider of each kind; were one to use such a module, deferring it would save nothing."""
    result: dict[str, Any] = json.loads(run(ANSWERS, *MODELS))

    assert result == {"answers": {**dict.fromkeys(MODELS, "!"), "embedding": [[1.0, 0.0]]}, "run": [], "table": False}


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("cryptography.hazmat.primitives.asymmetric.padding", "PKCS1v15"),
        ("cryptography.hazmat.primitives.asymmetric.rsa", "RSAPrivateKey"),
        ("cryptography.hazmat.primitives.hashes", "SHA256"),
        ("cryptography.hazmat.primitives.serialization", "load_pem_private_key"),
        ("yaml", "safe_load"),
    ],
)
def test_a_deferred_module_has_all_names_once_it_is_asked_for_one(module: str, name: str) -> None:
    """The same as when it is imported at once."""
    assert run(NAMES_OF, "deferred", module, name) == run(NAMES_OF, "at once", module, name)


def test_tokens_can_still_be_counted() -> None:
    """The table is read when somebody asks, and stands in the place of what waited for that."""
    assert run(TOKENS) == "Two words Encoding\n"

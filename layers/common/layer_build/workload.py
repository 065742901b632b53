"""What a function does at its start and for its first question, run in a built tree: `workload.py TREE`.

The build takes from it which modules are loaded, the tests that pruning took nothing away that is missed. Prints JSON.
The models' providers are a stub on the loopback interface.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import pkgutil
import sys
from typing import Any

# One of each protocol that functions are likely to speak, and one that LiteLLM asks by OpenAI's client.
CHAT_MODELS = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "bedrock/us.amazon.nova-lite-v1:0", "azure/gpt-4o")
EMBEDDING_MODEL = "openai/text-embedding-3-small"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_REGION_NAME": "us-east-1",
    "AZURE_API_VERSION": "2024-10-21",
}
DIRECT = (
    "aws_lambda_powertools",
    "awslambdaric.bootstrap",
    "boto3",
    "fastapi",
    "mangum",
    "orjson",
    "psycopg_pool",
    "snapshot_restore_py",
)


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


async def ask() -> dict[str, Any]:
    """Return what each model says, the vector of a text, and how many tokens LiteLLM counts in a sentence."""
    from sluice.adapters.llm import library, stub_provider

    litellm = library.load()
    async with stub_provider.running() as address:
        options = {"api_base": address, "api_key": "none"}
        texts = {model: await say(litellm, model, options) for model in CHAT_MODELS}
        vectors = await litellm.aembedding(EMBEDDING_MODEL, input=["Two words"], **options)
    await library.close()
    litellm.disable_token_counter = False  # as Sluice leaves it, it counts none
    return {
        "texts": texts,
        "vector": vectors.data[0]["embedding"],
        "tokens": [litellm.token_counter(model=model, text="Two words") for model in CHAT_MODELS],
    }


async def say(litellm: Any, model: str, options: dict[str, str]) -> str:
    question = [{"role": "user", "content": "Say a word."}]
    answer = await litellm.acompletion(model, question, stream=True, **options)
    return "".join([chunk.choices[0].delta.content or "" async for chunk in answer])


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
    from sluice.adapters.llm.library import ENVIRONMENT

    os.environ |= {**ENVIRONMENT, **CREDENTIALS}
    result: dict[str, Any] = {"ours": import_everything_of_ours(), "clients": construct_clients()}
    result |= asyncio.run(ask())
    files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
    result["modules"] = sorted({name for name in files if name.startswith(tree) and name.endswith(".py")})
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main()

"""Takes out of an installed tree what no function of ours can reach, so that a cold start unpacks half as much.

Every entry says why nothing misses it; tests/deploy runs the pruned tree to hold it to that. What is not listed stays.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from layer_build.unimportable import unimportable

UNREACHABLE = (
    "bin",  # console scripts
    "*/tests",  # of the packages themselves
    "**/*.c",  # sources of compiled modules
    "**/*.h",
    "**/*.pxd",
    "**/*.pyx",
    "**/*.pyi",  # types, for type checkers
    "*.dist-info/RECORD",  # for uninstalling
    "*.dist-info/INSTALLER",
    "*.dist-info/REQUESTED",
    "*.dist-info/sboms",  # inventories of what was compiled in
    "litellm/rust_bridge/*.so",  # OCR and Bedrock transcription only; LiteLLM goes on in Python without it
    # LiteLLM's proxy server: its extra dependencies are not installed, so none of this can be imported anyway.
    "litellm/proxy/_experimental/out",
    "litellm/proxy/_lazy_openapi_snapshot.json",
    "litellm/proxy/anthropic_endpoints",
    "litellm/proxy/batches_endpoints",
    "litellm/proxy/client",
    "litellm/proxy/container_endpoints",
    "litellm/proxy/example_config_yaml",
    "litellm/proxy/guardrails/guardrail_hooks/[!u_]*",  # all but unified_guardrail, which the rest of LiteLLM names
    "litellm/proxy/health_endpoints",
    "litellm/proxy/lens",
    "litellm/proxy/management_endpoints",
    "litellm/proxy/proxy_server.py",
    "litellm/proxy/public_endpoints",
    "litellm/proxy/response_api_endpoints",
    "litellm/proxy/search_endpoints",
    "litellm/proxy/swagger",
    "litellm/proxy/ui_crud_endpoints",
    "litellm/proxy/vector_store_endpoints",
    # Hugging Face's tokenizers and hub. Without them LiteLLM estimates tokens with tiktoken, which is in the tree;
    # with them it would download a tokenizer in the middle of a request, half a minute of retries where it can't.
    "tokenizers",
    "huggingface_hub",
    "hf_xet",
    "fsspec",
    "filelock",
    "litellm/llms/huggingface/huggingface_llms_metadata",
    "aws_lambda_powertools/event_handler/openapi/swagger_ui",  # documentation page of a router that is not used
    "aiohttp/_websocket/*.so",  # no model is spoken to over a WebSocket; aiohttp goes on in Python without it
    "yaml/*.so",  # the faster loader is only used by who asks for it, and nobody here does
    "pypdfium2_cli",
    "pydantic/v1",  # the old API; FastAPI asks whether a model is one of it, and takes its absence for no
)

# Read at every import of LiteLLM, and kept, but of use only to the tokenizers that are left out above: as an empty one
# it takes no memory. LiteLLM counts the tokens of these models with tiktoken then.
EMPTIED = ("litellm/litellm_core_utils/tokenizers/anthropic_tokenizer.json",)

# Amazon's services that LiteLLM, the adapters or their credentials can call; botocore describes some 400 more.
SERVICES = frozenset(
    {
        "bedrock-agent-runtime",
        "bedrock-runtime",
        "rds",
        "s3",
        "sagemaker-runtime",
        "secretsmanager",
        "sqs",
        "sso",
        "sso-oidc",
        "sts",
        "textract",
    }
)


def prune(tree: Path) -> int:
    """Delete what is unreachable from the tree of installed packages; return the number of bytes that went."""
    before = size(tree)
    for pattern in UNREACHABLE:
        for path in list(tree.glob(pattern)):
            remove(path)
    for name in EMPTIED:
        empty(tree / name)
    for service in [*tree.glob("botocore/data/*"), *tree.glob("boto3/data/*")]:
        if service.is_dir() and service.name not in SERVICES:
            remove(service)
    for module in unimportable(tree, "litellm/proxy"):
        remove(module)
    return before - size(tree)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def empty(path: Path) -> None:
    """Leave a JSON object without anything in it."""
    if path.exists():
        path.write_text("{}")


def size(tree: Path) -> int:
    """Return the bytes of all files, as AWS counts them against its limit."""
    return sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())

"""`python -m local.diagnosis.installation`: looks at the settings of the environment and at what they name.

Prints its findings as JSON. A process of its own, because it loads the models' library, and because the settings are
those of the environment that it is given.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import asdict

from local.diagnosis.finding import Finding
from sluice import bootstrap
from sluice.errors import DatabaseUnavailable, EmbeddingModelMismatch, SluiceError
from sluice.settings import Settings

_QUOTES = "offline/extractive quotes passages; set SLUICE_CHAT_MODEL to a model that writes, such as anthropic/..."


async def findings() -> AsyncIterator[Finding]:
    """Yield what is found, part by part; without valid settings there is nothing else to look at."""
    try:
        settings = bootstrap.settings()
    except SluiceError as error:
        yield Finding("settings", False, error.message)
        return
    yield Finding("settings", True, f"who may ask: {', '.join(sorted(settings.auth))}")
    for finding in await _database(settings):
        yield finding
    yield await _chat_model(settings)
    yield await _tried("bucket", _list_bucket, settings.bucket)
    await bootstrap.close()


async def _database(settings: Settings) -> list[Finding]:
    """One question to the database tells of three parts: an error names the first that is not well."""
    model = settings.embedding_model
    here, schema = Finding("database", True, "answers"), Finding("schema", True, "is this code's")
    try:
        await bootstrap.passages().check_model()
    except DatabaseUnavailable as error:
        return [Finding("database", False, error.message)]
    except EmbeddingModelMismatch as error:
        return [here, schema, Finding("embedding model", False, error.message)]
    except SluiceError as error:
        return [here, Finding("schema", False, error.message)]
    return [here, schema, Finding("embedding model", True, f"{model}, as that of the stored vectors")]


async def _chat_model(settings: Settings) -> Finding:
    if bootstrap.chat_model().is_offline:
        return Finding("chat model", True, _QUOTES)
    from sluice.adapters.llm.credentials import missing_variables

    if missing := await missing_variables(settings.chat_model):
        return Finding("chat model", False, f"{settings.chat_model} needs {', '.join(missing)}; set it.")
    return await _tried("chat model", bootstrap.check_prices, f"{settings.chat_model}; its key and its price are known")


async def _list_bucket() -> None:
    async with aclosing(bootstrap.objects().list()) as objects:
        await anext(objects, None)


async def _tried(part: str, check: Callable[[], Awaitable[None]], words: str) -> Finding:
    try:
        await check()
    except SluiceError as error:
        return Finding(part, False, error.message)
    return Finding(part, True, words)


async def _all() -> list[Finding]:
    return [finding async for finding in findings()]


if __name__ == "__main__":
    sys.stdout.write(json.dumps([asdict(finding) for finding in asyncio.run(_all())]))

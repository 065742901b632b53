"""What is done once in the life of an environment: before a snapshot, at its start and at its end."""

from __future__ import annotations

import asyncio
import importlib
from contextlib import suppress

from sluice import background, sql
from sluice.bootstrap.questions import chat_model
from sluice.bootstrap.shared import database, embedder, passages, reranker
from sluice.errors import SluiceError
from sluice.settings import named_services, starts_ahead, without_secret

_NEEDED_BY_QUESTIONS = (
    "answering",
    "authenticating",
    "fallback",
    "following",
    "limiting",
    "retrieving",
    "searching",
    "titling",
    "adapters.llm.prices",
    "adapters.postgres.conversations",
    "adapters.postgres.credentials",
    "adapters.postgres.keys",
    "adapters.postgres.ledger",
    "adapters.postgres.passages",
    "adapters.postgres.schema",
)


# A database that takes longer is waking, and a question's client is told so while it waits.
_CONNECT_SECONDS = 2.0


async def start() -> None:
    """Make ready for the first question; wait until all is ready only where nobody waits for this environment yet."""
    connecting = background.begin(_connect())
    if starts_ahead():
        await asyncio.gather(connecting, asyncio.to_thread(_prime_models))
    else:
        asyncio.get_running_loop().run_in_executor(None, _load_models)


def prime_snapshot() -> None:
    """Do ahead, before a snapshot is taken, all that a question does once; connect to nothing, and read no secret."""
    from sluice.adapters.models import ChatByName
    from sluice.adapters.models import embedder as embedder_of

    for name in _NEEDED_BY_QUESTIONS:
        importlib.import_module(f"sluice.{name}")
    sql.load()
    ChatByName(without_secret("chat_model")).prime()
    embedder_of(without_secret("embedding_model")).prime()
    for service in named_services():
        importlib.import_module("sluice.adapters.aws").prime(service)


async def _connect() -> None:
    with suppress(SluiceError, TimeoutError):  # the first question meets it too, and can tell its client
        async with asyncio.timeout(_CONNECT_SECONDS):
            await database().connect(2)  # a question is kept on one while the other searches
            await passages().check_model()


def _load_models() -> None:
    """Import without rehearsing: someone waits already, and a rehearsal would only take turns with the real call."""
    chat_model().load()
    embedder().load()
    if ranking := reranker():
        ranking.load()


def _prime_models() -> None:
    chat_model().prime()
    embedder().prime()
    if ranking := reranker():
        ranking.load()


async def close() -> None:
    """Close what holds connections; an environment does this once, at its end."""
    from sluice.adapters.llm.library import close

    await close()
    await database().close()

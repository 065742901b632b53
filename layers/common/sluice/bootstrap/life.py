"""What is done once in the life of an environment: before a snapshot, at its start and at its end."""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING

from sluice.bootstrap.questions import chat_model
from sluice.bootstrap.shared import database
from sluice.settings import without_secret

if TYPE_CHECKING:
    pass


_NEEDED_BY_QUESTIONS = (
    "answering",
    "authenticating",
    "fallback",
    "following",
    "limiting",
    "searching",
    "titling",
    "adapters.llm.prices",
    "adapters.postgres.conversations",
    "adapters.postgres.credentials",
    "adapters.postgres.keys",
    "adapters.postgres.ledger",
    "adapters.postgres.passages",
)


def prime() -> None:
    """Load the models' library in a thread, while the function waits for its first request or for the network."""
    asyncio.get_running_loop().run_in_executor(None, chat_model().prime)


def prime_snapshot() -> None:
    """Load all that questions need before a snapshot is taken; connect to nothing, and read no secret."""
    from sluice.adapters.models import ChatByName

    for name in _NEEDED_BY_QUESTIONS:
        importlib.import_module(f"sluice.{name}")
    ChatByName(without_secret("chat_model")).prime()


async def close() -> None:
    """Close what holds connections; an environment does this once, at its end."""
    from sluice.adapters.llm.library import close

    await close()
    await database().close()

"""The chat function's app with fakes behind its ports."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import httpx
import pytest

from functions.chat import dependencies
from functions.chat.app import app
from local.postgres import Postgres
from sluice.adapters.offline.embedding import DIMENSION
from sluice.adapters.offline.embedding import NAME as OFFLINE
from sluice.adapters.postgres.migrations import migrate
from sluice.answering import Answering
from sluice.authenticating import Authenticating
from sluice.domain import Allowance, uuid7
from sluice.errors import SluiceError
from sluice.following import Following
from sluice.limiting import Limiting
from sluice.moderating import Moderation
from sluice.question import Limits
from sluice.readiness import Readiness
from sluice.retrieving import Retrieving
from sluice.rewriting import Rewriter
from sluice.searching import Searching
from sluice.signing import Signer
from sluice.testing.conversations import InMemoryConversations
from sluice.testing.documents import InMemoryDocuments
from sluice.testing.feedback import InMemoryFeedback
from sluice.testing.ledger import FixedPrices, InMemoryLedger
from sluice.testing.models import HashEmbedder, ScriptedModel
from sluice.testing.objects import InMemoryObjects
from sluice.testing.passages import ScriptedPassages
from sluice.titling import Titling
from tests.common.world import KRILL


@dataclass
class Parts:
    """What stands behind the routes in these tests."""

    model: ScriptedModel = field(default_factory=ScriptedModel)
    passages: ScriptedPassages = field(default_factory=lambda: ScriptedPassages([KRILL]))
    conversations: InMemoryConversations = field(default_factory=InMemoryConversations)
    titles: ScriptedModel | None = None
    documents: InMemoryDocuments = field(default_factory=InMemoryDocuments)
    objects: InMemoryObjects = field(default_factory=InMemoryObjects)
    ledger: InMemoryLedger = field(default_factory=InMemoryLedger)
    prices: FixedPrices = field(default_factory=FixedPrices)
    allowance: Allowance = field(default_factory=Allowance)
    moderation: Moderation | None = None
    not_ready: SluiceError | None = None

    @cached_property
    def feedback(self) -> InMemoryFeedback:
        return InMemoryFeedback(self.conversations)

    @property
    def limiting(self) -> Limiting:
        return Limiting(ledger=self.ledger, prices=self.prices, model=self.model.name, of_users=self.allowance)

    async def check(self) -> None:
        if self.not_ready:
            raise self.not_ready


@pytest.fixture
def parts() -> Iterator[Parts]:
    parts = Parts()
    searching = Searching(embedder=HashEmbedder(), passages=parts.passages)
    answering = Answering(
        retrieving=Retrieving(searching, Rewriter()),
        chat_model=parts.model,
        conversations=parts.conversations,
        limits=Limits(offered_models=frozenset({"openai/gpt-5"})),
        beat=0.01,
    )
    app.dependency_overrides = {
        dependencies.authenticating: lambda: Authenticating([]),
        dependencies.answering: lambda: answering,
        dependencies.limiting: lambda: parts.limiting,
        dependencies.documents: lambda: parts.documents,
        dependencies.feedback: lambda: parts.feedback,
        dependencies.source_links: lambda: parts.objects,
        dependencies.signer: lambda: Signer("secret", seconds=60),
        dependencies.metrics: lambda: None,
        dependencies.moderation: lambda: parts.moderation,
        dependencies.searching: lambda: searching,
        dependencies.question_characters: lambda: 1_000,
        dependencies.conversations: lambda: parts.conversations,
        dependencies.following: lambda: Following(conversations=parts.conversations, poll=0.01),
        dependencies.titling: lambda: Titling(
            chat_model=parts.titles, conversations=parts.conversations, seconds=5, book=parts.limiting.book
        ),
        dependencies.readiness: lambda: Readiness({"database": parts.check}),
    }
    yield parts
    app.dependency_overrides = {}


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the app itself, without a server between."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://chat") as client:
        yield client


@pytest.fixture
def offline_database(postgres: Postgres) -> Iterator[str]:
    """The URL of an empty database for the offline embedder."""
    name = f"test_{uuid7().hex}"
    url = postgres.create_database(name)
    migrate(url, model=OFFLINE, dimension=DIMENSION)
    yield url
    postgres.drop_database(name)

"""A conversation store: the fake, and PostgreSQL."""

from __future__ import annotations

import pytest

from sluice.adapters.postgres.conversations import PostgresConversations
from sluice.adapters.postgres.database import Database
from sluice.ports import ConversationStore
from sluice.testing.conversations import InMemoryConversations


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> ConversationStore:
    if request.param == "fake":
        return InMemoryConversations()
    database: Database = request.getfixturevalue("database")
    return PostgresConversations(database)

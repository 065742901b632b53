"""A document store: the fake, and PostgreSQL."""

from __future__ import annotations

import pytest

from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.ports import DocumentStore
from sluice.testing.documents import InMemoryDocuments
from tests.contract.document_store.documents import MODEL


@pytest.fixture(params=["fake", "postgres"])
def store(request: pytest.FixtureRequest) -> DocumentStore:
    if request.param == "fake":
        return InMemoryDocuments(model=MODEL)
    database: Database = request.getfixturevalue("database")
    return PostgresDocuments(database)

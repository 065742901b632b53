"""Feedback on PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from uuid import UUID

from psycopg.rows import DictRow

from sluice import sql
from sluice.adapters.postgres.database import Database
from sluice.domain import Caller
from sluice.errors import MessageNotFound
from sluice.feedback import Feedback, RatedPassage, Rating

_PAGE = 200
_BEGINNING = datetime(1, 1, 1, tzinfo=UTC)


class PostgresFeedback:
    """The `FeedbackStore` on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rate(self, caller: Caller, message_id: UUID, rating: Rating, comment: str | None) -> None:
        """Keep the rating in one statement; raise `MessageNotFound`."""
        rated = await self._database.fetch(
            sql.query("feedback", "rate"),
            {
                "message_id": message_id,
                "tenant": caller.tenant,
                "owner": caller.user,
                "rating": rating,
                "comment": comment,
            },
        )
        if not rated:
            raise MessageNotFound("There is no finished answer with this id.")

    async def all(self, tenant: str) -> AsyncGenerator[Feedback, None]:
        """Yield the tenant's feedback, oldest first, a page at a time."""
        after, after_id, after_owner = _BEGINNING, UUID(int=0), ""
        while True:
            place = {"after": after, "after_id": after_id, "after_owner": after_owner}
            rows = await self._database.fetch(
                sql.query("feedback", "page_of_feedback"), {"tenant": tenant, "limit": _PAGE, **place}
            )
            for row in rows:
                yield _feedback(row)
            if len(rows) < _PAGE:
                return
            after, after_id, after_owner = rows[-1]["created_at"], rows[-1]["message_id"], rows[-1]["owner"]


def _feedback(row: DictRow) -> Feedback:
    kept = {name: value for name, value in row.items() if name not in ("owner", "passages")}
    passages = [RatedPassage(**passage | {"document_id": UUID(passage["document_id"])}) for passage in row["passages"]]
    return Feedback(**kept, user=row["owner"], passages=tuple(passages))

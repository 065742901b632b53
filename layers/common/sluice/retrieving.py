"""Finding the passages for a question in its place in a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from sluice.completing import Book
from sluice.domain import Caller, Filter, Message
from sluice.overlapping import meanwhile
from sluice.rewriting import Rewriter, stands_alone
from sluice.searching import Found, QueryVector, Searching
from sluice.waking import Waking

Placed = Callable[[], Awaitable[tuple[str, Sequence[Message]]]]
"""Brings a question and the messages before it, once they are known."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for. `text` is the question as far as it is known at once; it `follows` others, or may."""

    text: str
    follows: bool
    where: Filter = field(default_factory=Filter)
    limit: int = 8


class Retrieving:
    """Searches for a question at once where it stands alone, and else for what the conversation makes of it."""

    def __init__(self, searching: Searching, rewriter: Rewriter) -> None:
        self._searching = searching
        self._rewriter = rewriter

    async def find(
        self,
        caller: Caller,
        wanted: Wanted,
        placed: Placed,
        *,
        waking: Waking,
        book: Book,
    ) -> Found:
        """Return the best passages; raise `ModelError`, `DatabaseUnavailable`, or what `placed` raises.

        While `placed` is waited for, the vector of the question as it is is made: it may turn out to be the query.
        """

        async def search(query: str, vector: Awaitable[QueryVector] | None = None) -> Found:
            return await self._searching.search(
                caller, query, limit=wanted.limit, where=wanted.where, waking=waking, vector=vector, book=book
            )

        if wanted.text and (not wanted.follows or stands_alone(wanted.text)):
            return await search(wanted.text)
        async with meanwhile(self._embed_ahead(wanted.text, book)) as vector:
            question, path = await placed()
            began = perf_counter()
            query = await self._rewriter.rewrite(question, path, book=book)
            rewritten = perf_counter()
            found = await search(query, vector if query == wanted.text else None)
        return replace(found, timing={"rewrite": 1000 * (rewritten - began), **found.timing})

    async def _embed_ahead(self, text: str, book: Book) -> QueryVector:
        """Which question is answered again is not known ahead."""
        return await self._searching.embed(text, book=book) if text else QueryVector("", [])

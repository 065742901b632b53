"""Finding the passages for a question in its place in a conversation."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from time import perf_counter

from sluice.completing import Book
from sluice.domain import Message, Search
from sluice.overlapping import meanwhile
from sluice.rewriting import Rewriter, stands_alone
from sluice.searching import Found, QueryVector, Searching
from sluice.waking import Waking

Placed = Callable[[], Awaitable[tuple[str, Sequence[Message]]]]
"""Brings a question and the messages before it, once they are known."""


class Retrieving:
    """Searches for a question at once where it stands alone, and else for what the conversation makes of it."""

    def __init__(self, searching: Searching, rewriter: Rewriter) -> None:
        self._searching = searching
        self._rewriter = rewriter

    async def find(self, search: Search, placed: Placed, *, follows: bool, waking: Waking, book: Book) -> Found:
        """Return the best passages; raise `ModelError`, `DatabaseUnavailable`, or what `placed` raises.

        The search is for the question as far as it is known at once; it `follows` others, or may. While `placed` is
        waited for, the vector of the question as it is is made: it may turn out to be the query.
        """
        asked = search.query
        if asked and (not follows or stands_alone(asked)):
            return await self._searching.search(search, waking=waking, book=book)
        async with meanwhile(self._embed_ahead(asked, book)) as vector:
            question, path = await placed()
            began = perf_counter()
            query = await self._rewriter.rewrite(question, path, book=book)
            rewritten = perf_counter()
            found = await self._searching.search(
                replace(search, query=query), waking=waking, vector=vector if query == asked else None, book=book
            )
        return replace(found, timing={"rewrite": 1000 * (rewritten - began), **found.timing})

    async def _embed_ahead(self, text: str, book: Book) -> QueryVector:
        """Which question is answered again is not known ahead."""
        return await self._searching.embed(text, book=book) if text else QueryVector("", [])

"""The use case of another embedding model: fill its vectors in beside the old ones, switch, go back, or finish.

Readers and writers go on all the while. Every step can break off anywhere and be run again.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from sluice.domain import EmbeddingSpace, EmbeddingUsage
from sluice.errors import EmbeddingChangeRefused
from sluice.holding import WHOLE, at_most
from sluice.ports import DocumentEmbedder
from sluice.ports.embeddings import ChunkPage, EmbeddingChange


class SizedEmbedder(DocumentEmbedder, Protocol):
    """An embedder that can tell the length of its vectors."""

    async def dimension(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Filled:
    """How far a step is: chunks looked at, of about so many, and what embedding has taken."""

    done: int
    total: int
    usage: EmbeddingUsage = field(default_factory=EmbeddingUsage)


@dataclass(frozen=True, slots=True)
class Standing:
    """Which vectors are stored, and how many chunks lack the other one; `indexed` whether those can be searched.

    `held` is what the index holds of the searched vectors.
    """

    space: EmbeddingSpace
    chunks: int
    missing: int
    indexed: bool
    held: str


class Reembedding:
    """Changes the embedding model of a database; `page` chunks are read at a time, `batch` embedded at once.

    `held_of` says what an index holds of a model's vectors, by its name and their length.
    """

    def __init__(
        self,
        change: EmbeddingChange,
        embedder_of: Callable[[str], SizedEmbedder],
        *,
        held_of: Callable[[str, int], str] = lambda _, __: WHOLE,
        page: int = 2_000,
        batch: int = 256,
    ) -> None:
        self._change = change
        self._embedder_of = embedder_of
        self._held_of = held_of
        self._page = page
        self._batch = batch

    async def standing(self) -> Standing:
        """Return where a change stands; looks at every chunk."""
        space, seen, missing = await self._change.space(), 0, 0
        after: UUID | None = None
        while page := await self._change.page(after, limit=self._page):
            seen, missing, after = seen + page.seen, missing + len(page.missing), page.last
        indexed, held = await self._change.is_indexed(), await self._change.held()
        return Standing(space, seen, missing if space.other else 0, indexed, held)

    async def migrate(self, model: str) -> AsyncGenerator[Filled, None]:
        """Begin, or go on: yield the progress until every chunk has a vector of `model` and an index holds them.

        Raises `EmbeddingChangeRefused`, `ModelError` and `DatabaseUnavailable`; run again, it goes on from there.
        """
        outcome = await self._change.begin(model, await self._embedder_of(model).dimension())
        if outcome == "current":
            raise EmbeddingChangeRefused(f"Searches go by the vectors of {model} already.")
        if outcome == "busy":
            other = (await self._change.space()).other
            raise EmbeddingChangeRefused(
                f"The vectors of {other} are kept beside the searched ones; end that change first with "
                "`sluice embeddings drop`."
            )
        async for progress in self._fill(model):
            yield progress
        await self._build_index()

    def switch(self) -> AsyncGenerator[Filled, None]:
        """Let searches go by the new model, at once and everywhere, unless they do; raise `EmbeddingChangeRefused`.

        What was added meanwhile without its vector gets it first.
        """
        return self._exchange(back=False)

    def roll_back(self) -> AsyncGenerator[Filled, None]:
        """Let searches go by the old model again, likewise."""
        return self._exchange(back=True)

    async def _exchange(self, *, back: bool) -> AsyncGenerator[Filled, None]:
        space = await self._change.space()
        if space.other is None:
            raise EmbeddingChangeRefused("There is nothing to switch to; begin with `sluice embeddings migrate --to`.")
        if space.switched is not back:
            return
        async for progress in self._fill(space.other):
            yield progress
        if not await self._change.is_indexed():
            await self._build_index()
        await self._change.require()
        while not await self._change.validate():
            async for progress in self._fill(space.other):
                yield progress
        outcome = await self._change.switch(space.other)
        if outcome not in ("switched", "current"):
            raise EmbeddingChangeRefused(f"Somebody else has changed what is stored meanwhile ({outcome}); look again.")

    async def index(self, held: str) -> str:
        """Index so much of the searched vectors, as finely as they need, and return how much that is.

        Raises `EmbeddingChangeRefused` where the searched vectors are other ones meanwhile.
        """
        space = await self._change.space()
        wanted = at_most(held, space.dimension)
        is_there = wanted == await self._change.held() and not await self._change.is_coarse()
        if not is_there and not await self._change.index_anew(wanted, space.dimension):
            raise EmbeddingChangeRefused("The searched vectors were exchanged meanwhile; look again.")
        return wanted

    async def drop(self) -> EmbeddingSpace:
        """Forget the other vectors, those to come or those that were; return what there was."""
        space = await self._change.space()
        if space.other is None:
            raise EmbeddingChangeRefused("Only one model's vectors are stored; there is nothing to drop.")
        await self._change.drop()
        return space

    async def _build_index(self) -> None:
        """Index the other vectors as suits their model."""
        space = await self._change.space()
        if space.other is None or space.other_dimension is None:
            raise EmbeddingChangeRefused("Somebody else has ended this change meanwhile.")
        held = self._held_of(space.other, space.other_dimension)
        await self._change.build_index(at_most(held, space.other_dimension), space.other_dimension)

    async def _fill(self, model: str) -> AsyncGenerator[Filled, None]:
        total, done, usage = await self._change.chunks(), 0, EmbeddingUsage()
        after: UUID | None = None
        while page := await self._change.page(after, limit=self._page):
            async for more in self._fill_page(model, page):
                usage = EmbeddingUsage(usage.tokens + more.tokens, usage.cost + more.cost)
                yield Filled(done, max(total, done), usage)
            done, after = done + page.seen, page.last
            yield Filled(done, max(total, done), usage)

    async def _fill_page(self, model: str, page: ChunkPage) -> AsyncGenerator[EmbeddingUsage, None]:
        """Embed what is missing; chunks of one content are embedded once."""
        missing = list(page.missing.items())
        for start in range(0, len(missing), self._batch):
            batch = missing[start : start + self._batch]
            texts = list(dict.fromkeys(chunk.embedded_text for _, chunk in batch))
            embedded = await self._embedder_of(model).embed_documents(texts)
            vectors = dict(zip(texts, embedded.vectors, strict=True))
            await self._change.fill(model, {key: vectors[chunk.embedded_text] for key, chunk in batch})
            yield embedded.usage

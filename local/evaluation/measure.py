"""Stores a set as the product would and asks every query, once per way of ranking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from local.evaluation import metrics
from local.evaluation.dataset import Dataset
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.chunking import split
from sluice.domain import Block, Caller, Chunk, Filter, ObjectRef, ParsedDocument, Passage, Weights
from sluice.ports import Embedder

WAYS: Mapping[str, Weights] = {
    "dense": Weights(1.0, 0.0),
    "lexical": Weights(0.0, 1.0),
    "hybrid": Weights(1.0, 1.0),
}
DEPTH = 10
# So many passages are asked for that ten documents come of them, also when a document gives several.
_PASSAGES = 40
_BATCH = 256
_CALLER = Caller("evaluation")
_EVERYWHERE = Filter()

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Measured:
    """One way of ranking on one set; times are milliseconds of the search statement."""

    dataset: str
    way: str
    queries: int
    ndcg_at_10: float
    recall_at_10: float
    mrr_at_10: float
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class _Piece:
    document: str
    text: str


class Evaluation:
    """Measures one set on an empty, migrated database."""

    def __init__(
        self, *, database: Database, embedder: Embedder, dataset: Dataset, chunk_characters: int, progress: Progress
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._dataset = dataset
        self._pieces = list(_cut(dataset, chunk_characters))
        self._progress = progress

    async def store(self) -> None:
        """Embed and store the set; a chunk's page is its number in the set."""
        documents = PostgresDocuments(self._database)
        for start in range(0, len(self._pieces), _BATCH):
            texts = [piece.text for piece in self._pieces[start : start + _BATCH]]
            document = await documents.claim(_CALLER, ObjectRef("evaluation", str(start), "1"), lease_seconds=600)
            assert document is not None, "the database of an evaluation must be empty"  # noqa: S101 - our own doing
            vectors = await self._embedder.embed(texts, purpose="document")
            chunks = [Chunk(at, text, 0, len(text), page=start + at) for at, text in enumerate(texts)]
            parsed = ParsedDocument("text", tuple(Block(text) for text in texts))
            await documents.store(_CALLER, document, parsed, chunks, vectors, model=self._embedder.model)
            self._progress("storing", start + len(texts), len(self._pieces))
        await self._database.fetch("analyze")

    async def measure(self, ways: Mapping[str, Weights] = WAYS) -> list[Measured]:
        """Ask every query in every way."""
        queries = self._dataset.queries
        vectors = await self._embedder.embed(list(queries.values()), purpose="query")
        measured = []
        for way, weights in ways.items():
            passages = PostgresPassages(self._database, model=self._embedder.model, weights=weights)
            rankings, times = {}, []
            for number, ((query, text), vector) in enumerate(zip(queries.items(), vectors, strict=True), start=1):
                began = time.perf_counter()
                found = await passages.search(_CALLER, text, vector, limit=_PASSAGES, where=_EVERYWHERE)
                times.append(1000 * (time.perf_counter() - began))
                rankings[query] = self._documents(found)
                self._progress(f"asking {way}", number, len(queries))
            measured.append(self._judge(way, rankings, times))
        return measured

    def _documents(self, found: Sequence[Passage]) -> list[str]:
        """Return the documents of a ranking of passages, each where its best passage stands."""
        return list(dict.fromkeys(self._pieces[passage.page or 0].document for passage in found))

    def _judge(self, way: str, rankings: Mapping[str, Sequence[str]], times: Sequence[float]) -> Measured:
        def mean(metric: Callable[..., float]) -> float:
            values = [
                metric(ranking, self._dataset.judgements[query], depth=DEPTH) for query, ranking in rankings.items()
            ]
            return round(sum(values) / len(values), 4)

        return Measured(
            dataset=self._dataset.name,
            way=way,
            queries=len(rankings),
            ndcg_at_10=mean(metrics.ndcg),
            recall_at_10=mean(metrics.recall),
            mrr_at_10=mean(metrics.reciprocal_rank),
            p50_ms=round(metrics.percentile(times, 0.5), 2),
            p95_ms=round(metrics.percentile(times, 0.95), 2),
        )


def _cut(dataset: Dataset, chunk_characters: int) -> Iterator[_Piece]:
    for document, text in dataset.documents.items():
        for chunk in split([Block(text)], size=chunk_characters, overlap=0):
            yield _Piece(document, chunk.content)

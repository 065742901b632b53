"""Stores a set as the product would and asks every query, once per way of ranking."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from local.evaluation import metrics
from local.evaluation.dataset import Dataset
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.documents import PostgresDocuments
from sluice.adapters.postgres.passages import PostgresPassages
from sluice.chunking import split
from sluice.domain import Block, Caller, Chunk, EmbeddingUsage, ObjectRef, Passage, Search, Vector, Weights
from sluice.errors import ModelError
from sluice.ports import Embedder, Embeddings, Summary
from sluice.reranking import Reranking

DEPTH = 10
# So many passages are asked for that ten documents come of them, also when a document gives several.
_PASSAGES = 40
_BATCH = 256
_CALLER = Caller("evaluation")

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
    chunk: Chunk


class Evaluation:
    """Measures one set on an empty, migrated database."""

    def __init__(
        self,
        *,
        database: Database,
        embedder: Embedder,
        dataset: Dataset,
        chunk_characters: int | None,
        progress: Progress,
    ) -> None:
        self._database = database
        self._embedder = embedder
        self._dataset = dataset
        self._pieces = _numbered(_cut(dataset, chunk_characters))
        self._progress = progress

    async def store(self) -> None:
        """Embed and store the set; a chunk's page is its number in the set."""
        documents = PostgresDocuments(self._database)
        for start in range(0, len(self._pieces), _BATCH):
            pieces = self._pieces[start : start + _BATCH]
            chunks = [replace(piece.chunk, ordinal=at) for at, piece in enumerate(pieces)]
            claim = await documents.claim(_CALLER, ObjectRef("evaluation", str(start), "1"), lease_seconds=600)
            assert claim is not None, "the database of an evaluation must be empty"  # noqa: S101 - our own doing
            vectors = await self._embedder.embed([chunk.embedded_text for chunk in chunks], purpose="document")
            embeddings = Embeddings(vectors, EmbeddingUsage(), self._embedder.model)
            await documents.stage(claim, chunks, embeddings)
            await documents.publish(claim, Summary("text", len(chunks)))
            self._progress("storing", start + len(chunks), len(self._pieces))
        await self._database.fetch("analyze")

    async def measure(self, hybrid: Weights, reranking: Reranking | None = None) -> list[Measured]:
        """Ask every query of each leg alone, of both, and with what both found ranked anew; raise `ModelError`."""
        ways = {"dense": Weights(1, 0), "lexical": Weights(0, 1), "hybrid": hybrid}
        queries = self._dataset.queries
        vectors = await self._embedder.embed(list(queries.values()), purpose="query")
        measured = [await self._ask(way, weights, vectors) for way, weights in ways.items()]
        if reranking:
            measured.append(await self._ask("reranked", hybrid, vectors, reranking))
        return measured

    async def _ask(
        self, way: str, weights: Weights, vectors: Sequence[Vector], reranking: Reranking | None = None
    ) -> Measured:
        passages = PostgresPassages(self._database, model=self._embedder.model, weights_of=lambda _: weights)
        queries, limit = self._dataset.queries, max(_PASSAGES, reranking.candidates if reranking else 0)
        rankings, times = {}, []
        for number, ((query, text), vector) in enumerate(zip(queries.items(), vectors, strict=True), start=1):
            began = time.perf_counter()
            found = await passages.search(Search(_CALLER, text, limit), vector)
            if reranking:
                found = await _ranked_anew(reranking, text, found)
            times.append(1000 * (time.perf_counter() - began))
            rankings[query] = self._documents(found)
            self._progress(f"asking {way}", number, len(queries))
        return self._judge(way, rankings, times)

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


async def _ranked_anew(reranking: Reranking, query: str, found: Sequence[Passage]) -> list[Passage]:
    reranked = await reranking.rerank(query, found, limit=_PASSAGES)
    if reranked.failure:
        raise ModelError(f"The model {reranking.model} did not rank: {reranked.failure}.")
    return reranked.passages


def _cut(dataset: Dataset, chunk_characters: int | None) -> Iterator[_Piece]:
    """Make each document one chunk, as a set's judgements speak of whole documents; or cut it as ingestion would."""
    for document, text in dataset.documents.items():
        whole = Chunk(0, text.content, 0, len(text.content))
        chunks = split([Block(text.content)], size=chunk_characters, overlap=0) if chunk_characters else [whole]
        for chunk in chunks:
            yield _Piece(document, replace(chunk, heading=text.title))


def _numbered(pieces: Iterator[_Piece]) -> list[_Piece]:
    """Let a chunk's page be its number in the set: a passage tells its page."""
    return [replace(piece, chunk=replace(piece.chunk, page=number)) for number, piece in enumerate(pieces)]

"""Evaluates folders on a PostgreSQL server of its own, and shows what came out."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from local.evaluation.dataset import Dataset, read
from local.evaluation.measure import Evaluation, Measured
from local.postgres import Postgres
from sluice.adapters.models import embedder as make_embedder
from sluice.adapters.postgres.database import Database
from sluice.adapters.postgres.migrations import migrate
from sluice.domain import Weights
from sluice.reranking import Reranking
from sluice.settings import weights_for


def evaluate(
    folders: Sequence[Path],
    *,
    model: str,
    weights: Weights | None = None,
    chunk_characters: int | None = None,
    reranking: Reranking | None = None,
    json_to: Path | None = None,
) -> list[Measured]:
    """Measure every folder and print a table; raise `DatasetError` before anything starts, and `ModelError`.

    Each document of a set is one chunk, unless `chunk_characters` cuts it as ingestion would.
    """
    hybrid = weights or weights_for(model)
    datasets = [read(folder) for folder in folders]
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory() as folder, Postgres(Path(folder), durable=False) as server:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=console, transient=True) as bars:
            measured = asyncio.run(_measure(server, datasets, model, hybrid, chunk_characters, reranking, bars))
    Console().print(_table(measured, model))
    if json_to:
        used = {"embedding_model": model, "weights": asdict(hybrid), "rerank_model": reranking and reranking.model}
        results = [asdict(row) for row in measured]
        json_to.write_text(json.dumps({**used, "results": results}, indent=2) + "\n")
    return measured


async def _measure(
    server: Postgres,
    datasets: Sequence[Dataset],
    model: str,
    hybrid: Weights,
    chunk_characters: int | None,
    reranking: Reranking | None,
    bars: Progress,
) -> list[Measured]:
    embedder = make_embedder(model)
    dimension = await embedder.dimension()
    measured: list[Measured] = []
    for number, dataset in enumerate(datasets):
        url = server.create_database(f"evaluation_{number}")
        await asyncio.to_thread(migrate, url, model=model, dimension=dimension)
        database = Database(url, size=1, timeout=30)
        evaluation = Evaluation(
            database=database,
            embedder=embedder,
            dataset=dataset,
            chunk_characters=chunk_characters,
            progress=_bar(bars, dataset.name),
        )
        await evaluation.store()
        measured += await evaluation.measure(hybrid, reranking)
        await database.close()
    return measured


def _bar(bars: Progress, name: str) -> Callable[[str, int, int], None]:
    """Add a bar; return what moves it."""
    bar = bars.add_task(name)

    def show(step: str, done: int, total: int) -> None:
        bars.update(bar, description=f"{name}: {step}", completed=done, total=total)

    return show


def _table(measured: Sequence[Measured], model: str) -> Table:
    table = Table(title=f"Retrieval with {model}")
    for heading in ("set", "way", "queries", "nDCG@10", "recall@10", "MRR@10", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="left" if heading in ("set", "way") else "right")
    for row in measured:
        numbers = (f"{value:.4f}" for value in (row.ndcg_at_10, row.recall_at_10, row.mrr_at_10))
        table.add_row(row.dataset, row.way, str(row.queries), *numbers, f"{row.p50_ms:.1f}", f"{row.p95_ms:.1f}")
    return table

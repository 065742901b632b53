"""`sluice eval`: measures retrieval on folders of questions with judgements."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sluice.domain import Weights
from sluice.errors import ModelError

if TYPE_CHECKING:
    from sluice.reranking import Reranking


def _within_a_folder(file: Path | None) -> Path | None:
    """Refuse a file that can't be written before minutes are spent on what would stand in it."""
    if file and not (file.parent.is_dir() and os.access(file.parent, os.W_OK)):
        raise typer.BadParameter(f"There is no folder {file.parent} that can be written to.")
    return file


Folders = Annotated[list[Path], typer.Argument(help="Folders with corpus.jsonl, queries.jsonl and qrels.tsv.")]
Model = Annotated[str, typer.Option(help="The embedding model, by its LiteLLM name.")]
Share = Annotated[
    float | None, typer.Option(min=0, max=1, help="The share of meaning in the hybrid score; else the product's.")
]
Characters = Annotated[
    int | None, typer.Option(min=200, help="Cut documents as ingestion would; else each is one chunk.")
]
Reranker = Annotated[
    str | None, typer.Option(help="Also rank anew what was found, by this model; it costs what it costs.")
]
Json = Annotated[
    Path | None,
    typer.Option("--json", dir_okay=False, callback=_within_a_folder, help="Write the figures to this file too."),
]


def evaluate(
    folders: Folders,
    model: Model = "offline/static",
    dense_weight: Share = None,
    chunk_characters: Characters = None,
    rerank_model: Reranker = None,
    json_to: Json = None,
) -> None:
    """Measure how well documents are found: by meaning, by words, by both, and ranked anew.

    Prints nDCG, recall and reciprocal rank at 10, and the search's latency, for each folder in the layout of BEIR.
    Everything happens on a PostgreSQL of its own, which is thrown away.
    """
    from local.evaluation import run
    from local.evaluation.dataset import DatasetError

    weights = None if dense_weight is None else Weights(dense_weight, 1 - dense_weight)
    try:
        run.evaluate(
            folders,
            model=model,
            weights=weights,
            chunk_characters=chunk_characters,
            reranking=_reranking(rerank_model) if rerank_model else None,
            json_to=json_to,
        )
    except (DatasetError, ModelError) as error:
        typer.echo(f"sluice: {error}", err=True)
        raise typer.Exit(1) from error


def _reranking(model: str) -> Reranking:
    """As a search has it, but with time: what is measured here is the ranking."""
    from sluice.adapters.llm.reranking import LiteLLMReranker
    from sluice.reranking import Reranking

    return Reranking(LiteLLMReranker(model), candidates=50, seconds=60)

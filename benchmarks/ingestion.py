"""How fast are documents read and stored, and how much is embedded again, against the plain ways?

    python -m benchmarks.ingestion --pdf FILE...

Reading is compared with pypdf: see `benchmarks.reading`; storing with PGVector: see `benchmarks.storing`. Embedding
calls are counted, not timed.

Without options it stores as a stack does that nobody has configured: vectors as long as the default model's, and an
index that holds of them what suits that model. Other models are told by `--model` and `--dimension`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import tempfile
import time
from pathlib import Path

from benchmarks.reading import reading
from benchmarks.report import write_json
from benchmarks.storing import DOCUMENTS, MODEL, Storing, ingest, server, use_case
from benchmarks.synthetic import Corpus
from sluice.adapters.offline.embedding import DIMENSION
from sluice.adapters.postgres.database import Database
from sluice.holding import WHOLE, held_by_default
from sluice.settings import Settings
from sluice.testing.models import HashEmbedder

_DEFAULT_MODEL: str = Settings.model_fields["embedding_model"].default


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


async def again(url: str, dimension: int) -> dict[str, object]:
    """Ingest a document of 100 pages, then unchanged, then with one page edited; count what is embedded."""
    database, embedder = Database(url, size=2, timeout=60), HashEmbedder(dimension, MODEL)
    ingesting, objects = use_case(database, embedder)
    run = time.time_ns()
    pages = [" ".join(f"Sentence {line} of page {page} is of run {run}." for line in range(90)) for page in range(100)]
    counts = []
    for edited in (None, None, 50):
        if edited is not None:
            pages[edited] = "Somebody has written this page anew. " + pages[edited]
        ref = await objects.write(f"{run}.txt", "\f".join(pages).encode())
        before = len(embedder.texts)
        await ingest(ingesting, ref)
        counts.append(len(embedder.texts) - before)
    await database.close()
    first, unchanged, one_page = counts
    return {
        "chunks": first,
        "embedded_when_unchanged": unchanged,
        "embedded_after_one_page_of_100": one_page,
        "share_after_one_page": round(one_page / first, 4),
    }


def storing(options: argparse.Namespace, folder: Path) -> None:
    """Measure storing and ingesting again, and write what came of it."""
    corpus = Corpus(options.chunks, options.dimension)
    held = options.held or held_by_default(options.model, options.dimension)
    with server(options.data or folder) as postgres:
        loaded = Storing(postgres.url(), corpus, held=held)
        loaded.load()
        result = {
            "storing": asyncio.run(loaded.measure(options.documents, options.rounds)),
            "ingesting_again": asyncio.run(again(postgres.url(), options.dimension)),
        }
    say(str(result))
    holding = "" if held == WHOLE else f"_{held}"
    write_json(f"ingestion_storing_{options.chunks}_{options.dimension}{holding}", result)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument(
        "--chunks", type=int, default=100_000, help="stored before storing is measured; 0 for only reading"
    )
    parser.add_argument("--model", default=_DEFAULT_MODEL, help=f"whose vectors they could be [{_DEFAULT_MODEL}]")
    parser.add_argument("--dimension", type=int, default=DIMENSION, help=f"of that model's vectors [{DIMENSION}]")
    parser.add_argument("--held", help="what our index holds of each: whole, signs, or a number [what suits the model]")
    parser.add_argument(
        "--documents", type=int, nargs="+", default=DOCUMENTS, help="how many chunks each has [8 384 1536]"
    )
    parser.add_argument("--rounds", type=int, default=5, help="turns of each size [5]")
    parser.add_argument("--data", type=Path, help="keep the loaded server in this folder, and use it if it is there")
    parser.add_argument("--pdf", type=Path, nargs="*", help="read these files too; without this, nothing is read")
    options = parser.parse_args()
    logging.disable()  # pypdf has much to say
    if options.pdf is not None:
        read = reading(options.pdf)
        say(str(read))
        write_json("ingestion_reading", read)
    if options.chunks:
        with tempfile.TemporaryDirectory() as folder:
            storing(options, Path(folder))


if __name__ == "__main__":
    main()

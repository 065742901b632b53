"""How fast are PDFs read, against pypdf in the same process? Part of `python -m benchmarks.ingestion`.

Four sets: small files that are made here, of plain words in a standard font; the files that were given; each of their
pages as a file; and all of them as one long document. Ours are read in this process, in the children that Sluice really
reads in one after the other, and there as a queue's batch is.
"""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import pypdfium2 as pdfium

from benchmarks.plain_ingestion import read_pdf
from benchmarks.synthetic import Corpus
from sluice.adapters.parsers.isolation import IsolatedParser
from sluice.adapters.parsers.reading import DocumentParser
from sluice.testing.pdfs import pdf

LONG = 300
SMALL = 60
# The template's BatchSize.
BATCH = 5
ROUNDS = 3

T = TypeVar("T")
Way = Callable[[Sequence[bytes]], object]


def reading(files: Sequence[Path]) -> dict[str, object]:
    """Compare the ways on each set; files that one side can't read are left out."""
    given = [body for file in files if _readable(body := file.read_bytes())]
    sets = {"made": small_pdfs()}
    if given:
        sets |= {"given": given, "single_pages": _split(given), "one_long_document": [_joined(given)]}
    return {name: _compared(bodies) for name, bodies in sets.items()}


def small_pdfs() -> list[bytes]:
    """Return PDFs of one to five pages full of words."""
    [(_, _, texts)] = Corpus(SMALL * 5 * 3, 2).blocks()
    pages = iter(["\n".join(_lines(" ".join(three).split())) for three in _batched(texts, 3)])
    return [pdf(*(next(pages) for _ in range(1 + number % 5))) for number in range(SMALL)]


def _lines(words: Sequence[str]) -> list[str]:
    return [" ".join(line) for line in _batched(words, 12)]


def _compared(bodies: Sequence[bytes]) -> dict[str, object]:
    """Read them in each way; the time of a way is the best of some."""
    pages, size = sum(len(read_pdf(body)) for body in bodies), sum(map(len, bodies))
    ours, isolated = DocumentParser(), IsolatedParser()
    with asyncio.Runner() as runner:
        ways: dict[str, Way] = {
            "sluice_in_process": lambda bodies: [ours.parse("a.pdf", body) for body in bodies],
            "sluice_one_by_one": lambda bodies: runner.run(_one_by_one(isolated, bodies)),
            "sluice_in_batches": lambda bodies: runner.run(_in_batches(isolated, bodies)),
            "pypdf": lambda bodies: [read_pdf(body) for body in bodies],
        }
        ways["sluice_one_by_one"](bodies)  # the first document waits for the readers to be imported
        seconds = {name: min(_timed(way, bodies) for _ in range(ROUNDS)) for name, way in ways.items()}
    result: dict[str, object] = {"files": len(bodies), "pages": pages, "bytes": size}
    for name, each in seconds.items():
        result[name] = {
            "pages_per_second": round(pages / each),
            "megabytes_per_second": round(size / each / 1e6, 2),
            "times_pypdf": round(seconds["pypdf"] / each, 1),
        }
    return result


async def _one_by_one(parser: IsolatedParser, bodies: Iterable[bytes]) -> None:
    for body in bodies:
        async for _ in parser.parse("a.pdf", body):
            pass


async def _in_batches(parser: IsolatedParser, bodies: Sequence[bytes]) -> None:
    for batch in _batched(bodies, BATCH):
        await asyncio.gather(*(_one_by_one(parser, [body]) for body in batch))


def _readable(body: bytes) -> bool:
    try:
        DocumentParser().parse("a.pdf", body)
        return bool(read_pdf(body))
    except Exception:  # noqa: BLE001 - hostile files raise anything
        return False


def _split(bodies: Sequence[bytes]) -> list[bytes]:
    """Return each page as a PDF of its own."""
    pages = [_copied([body], [number]) for body in bodies for number in range(len(read_pdf(body)))]
    return [page for page in pages if _readable(page)]


def _joined(bodies: Sequence[bytes]) -> bytes:
    """Return one PDF of `LONG` pages or more: those of the files, again and again."""
    pages = sum(len(read_pdf(body)) for body in bodies)
    return _copied([*bodies] * -(-LONG // pages))


def _copied(bodies: Sequence[bytes], pages: Sequence[int] | None = None) -> bytes:
    """Return a PDF of these pages of each of the files, or of all."""
    with closing(pdfium.PdfDocument.new()) as copied:
        for body in bodies:
            with closing(pdfium.PdfDocument(body)) as part:
                copied.import_pages(part, pages)
        output = io.BytesIO()
        copied.save(output)
    return output.getvalue()


def _batched(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _timed(way: Way, bodies: Sequence[bytes]) -> float:
    began = time.perf_counter()
    way(bodies)
    return time.perf_counter() - began

"""What the commands `ask`, `ingest` and `docs` do, apart from reading their options."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from glob import glob
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from local.client import Client, ClientError, Event

PARALLEL_UPLOADS = 2
# How far a file is when a step of its ingestion is reached, of 100.
_REACHED = {"received": 10.0, "parsed": 20.0, "chunked": 30.0, "stored": 95.0, "ready": 100.0, "failed": 100.0}
_EMBEDDING_BEGINS, _EMBEDDING_ENDS = 30.0, 90.0


async def ask(client: Client, question: str, *, collection: str | None, as_json: bool) -> bool:
    """Print the answer while it arrives, then its sources; return whether it is whole. With `as_json`, each event."""
    sources: dict[int, Event] = {}
    cited: list[int] = []
    whole = False
    async with aclosing(client.ask(question, collection=collection)) as events:
        async for event in events:
            if as_json:
                typer.echo(json.dumps(event))
            elif event["type"] == "text":
                typer.echo(event["text"], nl=False)
            elif event["type"] == "sources":
                sources = {source["id"]: source for source in event["sources"]}
            elif event["type"] == "citation":
                cited.append(event["id"])
            elif event["type"] == "error":
                typer.echo(f"\n{event['message']}", err=True)
            whole = whole or event["type"] == "done"
    if not as_json:
        typer.echo("\n" + _source_list([sources[number] for number in cited or sources]))
    return whole


def _source_list(sources: Iterable[Event]) -> str:
    lines = [f"[{it['id']}] {it['title']}{_page(it)}  {it['source']}" for it in sources]
    return "\n".join(["", *lines]) if lines else ""


def _page(source: Event) -> str:
    return f", page {source['page']}" if source.get("page") else ""


async def ingest(client: Client, files: Sequence[Path], *, collection: str | None) -> list[Path]:
    """Upload the files, showing the progress of each, and return those that failed."""
    shown = _Shown(Console(stderr=True), [file.name for file in files])
    free = asyncio.Semaphore(PARALLEL_UPLOADS)

    async def one(number: int, file: Path) -> bool:
        async with free:
            return await _upload(client, file, collection, shown, number)

    with shown:
        done = await asyncio.gather(*(one(number, file) for number, file in enumerate(files)))
    return [file for file, ready in zip(files, done, strict=True) if not ready]


async def _upload(client: Client, file: Path, collection: str | None, shown: _Shown, number: int) -> bool:
    """Upload one file and return whether it became ready."""
    last: Event = {"type": "error", "message": "The server said nothing."}
    try:
        async with aclosing(client.upload(file, collection=collection)) as events:
            async for event in events:
                last = event
                shown.step(number, event)
    except ClientError as error:
        last = {"type": "error", "message": str(error)}
    ready = bool(last["type"] == "ready")
    document: Event = last.get("document") or {}
    reason = last.get("message") or document.get("reason") or f"it stopped at {last['type']}"
    shown.end(number, ready, f"{document.get('chunks')} chunks" if ready else str(reason))
    return ready


class _Shown:
    """The progress of each file: a bar on a terminal, one line at its end elsewhere."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._names = names
        self._console = console
        self._bars: list[TaskID] = []
        columns = TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[state]}")
        self._progress = Progress(*columns, console=console) if console.is_terminal else None

    def __enter__(self) -> None:
        if self._progress:
            self._bars = [self._progress.add_task(escape(name), total=100, state="waiting") for name in self._names]
            self._progress.start()

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def step(self, number: int, event: Event) -> None:
        if self._progress:
            counted = f" {event['done']} of {event['total']}" if event.get("total") else ""
            self._progress.update(self._bars[number], completed=_reached(event), state=f"{event['type']}{counted}")

    def end(self, number: int, ready: bool, text: str) -> None:
        if self._progress:
            colour = "green" if ready else "red"
            self._progress.update(self._bars[number], completed=100, state=f"[{colour}]{escape(text)}")
        else:
            typer.echo(f"{'ready' if ready else 'failed'}\t{self._names[number]}\t{text}")


def _reached(event: Event) -> float | None:
    """Return how far a file is, of 100; None when the event does not say."""
    if event["type"] == "embedded" and event.get("total"):
        return _EMBEDDING_BEGINS + (_EMBEDDING_ENDS - _EMBEDDING_BEGINS) * float(event["done"]) / float(event["total"])
    return _REACHED.get(str(event["type"]))


def find_files(paths: Sequence[str]) -> list[Path]:
    """Return the files that the arguments name: files, folders with all that is in them, patterns.

    Hidden files inside folders are left out. Raises `ClientError` for an argument that names nothing.
    """
    files: dict[Path, None] = {}
    for given in paths:
        path = Path(given).expanduser()
        if path.is_dir():
            found = sorted(it for it in path.rglob("*") if it.is_file() and not _is_hidden(it.relative_to(path)))
        elif path.exists():
            found = [path]
        else:
            found = [Path(match) for match in sorted(glob(str(path), recursive=True)) if Path(match).is_file()]  # noqa: PTH207 - of a Path, glob takes no absolute pattern
        if not found:
            raise ClientError(f"There is no file at {given}.")
        files.update(dict.fromkeys(found))
    return list(files)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


async def docs(client: Client, *, collection: str | None, as_json: bool) -> None:
    """List the documents with their status: a table on a terminal, else a line for each with tabs between."""
    documents = await client.documents(collection=collection)
    console = Console()
    if as_json:
        typer.echo(json.dumps(documents))
    elif not console.is_terminal:
        for document in documents:
            typer.echo("\t".join(_row(document)))
    elif documents:
        console.print(_table(documents))
    else:
        typer.echo("There are no documents yet. Add some: sluice ingest PATH...")


def _row(document: Event) -> tuple[str, ...]:
    pages = str(document["pages"] or "")
    where = document["reason"] or document["source"]
    return document["status"], document["title"], document["collection"], pages, str(document["chunks"]), where


def _table(documents: Sequence[Event]) -> Any:
    from rich.table import Table

    table = Table("status", "title", "collection", "pages", "chunks", "source, or reason", box=None)
    for document in documents:
        table.add_row(*(escape(cell) for cell in _row(document)))
    return table

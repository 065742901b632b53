"""`sluice ingest`: uploads files and shows how far each is."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from local.command.connection import Collection, Connection, connected_to_both
from local.command.documents import missing_text
from local.command.finding import Found, find_files
from local.command.outcome import FAILED, run
from local.command.printing import in_one_line

if TYPE_CHECKING:
    from local.client import Event, IngestClient

PARALLEL_UPLOADS = 2
# How far a file is when a step of its ingestion is reached, of 100.
_REACHED = {"received": 10.0, "parsed": 20.0, "chunked": 30.0, "stored": 95.0, "ready": 100.0, "failed": 100.0}
_EMBEDDING_BEGINS, _EMBEDDING_ENDS = 30.0, 90.0


@connected_to_both
def ingest(
    connection: Connection,
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, or patterns in quotes.")],
    collection: Collection = None,
) -> None:
    """Upload documents and wait until they are ready; exit code 1 if any failed."""

    async def upload() -> bool:
        files = find_files(paths)
        async with connection.ingest() as client:
            failed = await upload_all(client, files, collection=collection)
        typer.echo(f"{len(files) - len(failed)} of {len(files)} ready.", err=True)
        return not failed

    if not run(upload()):
        raise typer.Exit(FAILED)


async def upload_all(client: IngestClient, files: Sequence[Found], *, collection: str | None) -> list[Found]:
    """Upload the files, showing the progress of each, and return those that failed."""
    shown = _Shown(Console(stderr=True), [file.shown for file in files])
    free = asyncio.Semaphore(PARALLEL_UPLOADS)

    async def one(number: int, file: Found) -> bool:
        async with free:
            return await _upload(client, file, collection, shown, number)

    with shown:
        done = await asyncio.gather(*(one(number, file) for number, file in enumerate(files)))
    return [file for file, ready in zip(files, done, strict=True) if not ready]


async def _upload(client: IngestClient, file: Found, collection: str | None, shown: _Shown, number: int) -> bool:
    """Upload one file and return whether it became ready."""
    from local.client import ClientError

    last: Event = {"type": "error", "message": "The server said nothing."}
    try:
        async with aclosing(
            client.upload(file.path, name=file.name, folder=file.folder, collection=collection)
        ) as events:
            async for event in events:
                last = event
                shown.step(number, event)
    except ClientError as error:
        last = {"type": "error", "message": str(error)}
    ready = bool(last["type"] == "ready")
    document: Event = last.get("document") or {}
    reason = last.get("message") or document.get("reason") or f"it stopped at {last['type']}"
    shown.end(number, ready, _taken(document) if ready else in_one_line(str(reason)))
    return ready


def _taken(document: Event) -> str:
    return ", ".join(filter(None, [f"{document['chunks']} chunks", missing_text(document)]))


class _Shown:
    """The progress of each file: a bar on a terminal as long as it is worked on, and one line at its end."""

    def __init__(self, console: Console, names: Sequence[str]) -> None:
        self._names = [in_one_line(name) for name in names]
        self._console = console
        self._bars: dict[int, TaskID] = {}
        columns = TextColumn("{task.description}"), BarColumn(bar_width=30), TextColumn("{task.fields[state]}")
        self._progress = Progress(*columns, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> None:
        if self._progress:
            self._progress.start()

    def __exit__(self, *_: object) -> None:
        if self._progress:
            self._progress.stop()

    def step(self, number: int, event: Event) -> None:
        if self._progress:
            if number not in self._bars:
                self._bars[number] = self._progress.add_task(escape(self._names[number]), total=100, state="")
            counted = f" {event['done']} of {event['total']}" if event.get("total") else ""
            self._progress.update(self._bars[number], completed=_reached(event), state=f"{event['type']}{counted}")

    def end(self, number: int, ready: bool, text: str) -> None:
        word = "ready" if ready else "failed"
        if self._progress and number in self._bars:
            self._progress.remove_task(self._bars.pop(number))
        if self._progress and sys.stdout.isatty():
            coloured = (word, "green" if ready else "red")
            self._console.print(Text.assemble(coloured, f"  {self._names[number]}  {text}"), soft_wrap=True)
        else:
            typer.echo(f"{word}\t{self._names[number]}\t{text}")


def _reached(event: Event) -> float | None:
    """Return how far a file is, of 100; None when the event does not say."""
    if event["type"] == "embedded" and event.get("total"):
        return _EMBEDDING_BEGINS + (_EMBEDDING_ENDS - _EMBEDDING_BEGINS) * float(event["done"]) / float(event["total"])
    return _REACHED.get(str(event["type"]))

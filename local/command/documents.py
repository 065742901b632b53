"""`sluice docs`: what became of the documents, another try for them, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from local.command.connection import Collection, Connection, Json, connected_to_both
from local.command.outcome import Mistake, run
from local.command.printing import in_one_line, show_json, show_table

if TYPE_CHECKING:
    from local.client import Event, IngestClient

Status = Annotated[
    Literal["pending", "processing", "ready", "failed"] | None, typer.Option(help="List those of this status only.")
]
Names = Annotated[list[str], typer.Argument(metavar="NAME...", help="Titles, sources (s3://...) or ids.")]
# In the order in which they say what a document is.
_TOLD = ("title", "status", "code", "reason", "source", "collection", "kind", "size", "pages", "pages_without_text")
_TOLD_AFTER = ("chunks", "step", "done", "total", "tokens", "cost", "metadata", "created_at", "updated_at", "id")

app = typer.Typer(help="List the documents with their status, and the reason of each that failed; try them again.")


@app.callback(invoke_without_command=True)
@connected_to_both
def docs(
    context: typer.Context,
    connection: Connection,
    collection: Collection = None,
    status: Status = None,
    json: Json = False,
) -> None:
    """List the documents with their status, and the reason of each that failed."""
    if context.invoked_subcommand:
        return
    documents = run(connection.from_ingest(lambda ingest: ingest.documents(collection=collection, status=status)))
    if json:
        show_json(documents)
    else:
        headings = ("status", "title", "collection", "pages", "chunks", "source, or reason")
        rows = [_row(document) for document in documents]
        show_table(headings, rows, when_empty=_none(collection, status))


@app.command()
@connected_to_both
def show(
    connection: Connection, name: Annotated[str, typer.Argument(help="Title, source or id.")], json: Json = False
) -> None:
    """Show everything that is known of one document."""

    async def load() -> Event:
        async with connection.ingest() as client:
            [document] = _one_each(await client.documents(), [name])
            return document

    document = run(load())
    if json:
        show_json(document)
        return
    for field in (*_TOLD, *_TOLD_AFTER):
        if document.get(field) not in (None, "", {}):
            typer.echo(f"{field}\t{in_one_line(str(document[field]))}")


@app.command()
@connected_to_both
def delete(connection: Connection, names: Names) -> None:
    """Delete documents with their objects in the bucket."""

    async def end() -> None:
        async with connection.ingest() as client:
            for document in _one_each(await client.documents(), names):
                await client.delete(document["id"])
                typer.echo(f"{in_one_line(document['title'])} is deleted")

    run(end())


@app.command()
@connected_to_both
def retry(
    connection: Connection,
    names: Annotated[
        list[str] | None, typer.Argument(help="Titles, sources or ids; all that have failed by default.")
    ] = None,
    collection: Collection = None,
) -> None:
    """Try documents again that have failed."""

    async def try_again() -> list[Event]:
        async with connection.ingest() as client:
            return [await client.retry(each["id"]) for each in await _to_be_tried(client, names, collection)]

    for document in run(try_again()):
        typer.echo(f"{in_one_line(document['title'])} is {document['status']}")


async def _to_be_tried(client: IngestClient, names: list[str] | None, collection: str | None) -> list[Event]:
    if names:
        known = await client.documents(collection=collection)
        return [document for name in names for document in _named(known, name)]
    return await client.documents(collection=collection, status="failed")


def _named(documents: Sequence[Event], name: str) -> list[Event]:
    """Return the documents of this title, source or id; raise `Mistake` where there is none."""
    found = [document for document in documents if name in (document["id"], document["source"], document["title"])]
    if not found:
        raise Mistake(f"There is no document {name}; see sluice docs.")
    return found


def _one_each(documents: Sequence[Event], names: Sequence[str]) -> list[Event]:
    """Return a document for each name; raise `Mistake` for a title that several have, before anything is done."""
    chosen: dict[str, Event] = {}
    for name in names:
        found = _named(documents, name)
        if len(found) > 1:
            sources = ", ".join(document["source"] for document in found[:5])
            raise Mistake(f"{len(found)} documents are called {name}; name one by its source or id: {sources}")
        chosen[found[0]["id"]] = found[0]
    return list(chosen.values())


def missing_text(document: Event) -> str:
    """Return in words how many of a ready document's pages have no text, and nothing where all have some."""
    missing = document.get("pages_without_text") or 0  # a server of an older version does not say it
    if document["status"] != "ready" or not missing:
        return ""
    return f"{missing} of {document['pages']} pages {'has' if missing == 1 else 'have'} no text"


def _none(collection: str | None, status: str | None) -> str:
    if collection or status:
        return "There are no such documents."
    return "There are no documents yet. Add some: sluice ingest PATH..."


def _row(document: Event) -> tuple[str, ...]:
    pages = str(document["pages"] or "")
    missing = missing_text(document)
    where = document["reason"] or (f"{document['source']} ({missing})" if missing else document["source"])
    return document["status"], document["title"], document["collection"], pages, str(document["chunks"]), where

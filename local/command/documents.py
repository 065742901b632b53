"""`sluice docs` and `sluice redrive`: what became of the documents, and another try for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.command.connection import Collection, Connection, Json, connected_to_both
from local.command.outcome import Mistake, run
from local.command.printing import show_json, show_table

if TYPE_CHECKING:
    from local.client import Event


MOST_DOCUMENTS = 500

app = typer.Typer(help="List the documents with their status, and the reason of each that failed; try them again.")


@app.callback(invoke_without_command=True)
@connected_to_both
def docs(context: typer.Context, connection: Connection, collection: Collection = None, json: Json = False) -> None:
    """List the documents with their status, and the reason of each that failed."""
    if context.invoked_subcommand:
        return

    async def load() -> list[Event]:
        async with connection.ingest() as client:
            return await client.documents(collection=collection)

    documents = run(load())
    if json:
        show_json(documents)
    else:
        headings = ("status", "title", "collection", "pages", "chunks", "source, or reason")
        rows = [_row(document) for document in documents]
        show_table(headings, rows, when_empty="There are no documents yet. Add some: sluice ingest PATH...")


@app.command()
@connected_to_both
def retry(
    connection: Connection,
    names: Annotated[list[str] | None, typer.Argument(help="Titles or ids; all that have failed by default.")] = None,
    collection: Collection = None,
) -> None:
    """Try documents again that have failed."""

    async def try_again() -> list[Event]:
        async with connection.ingest() as client:
            known = await client.documents(collection=collection, limit=MOST_DOCUMENTS)
            return [await client.retry(document["id"]) for document in _chosen(known, names)]

    for document in run(try_again()):
        typer.echo(f"{document['title']} is {document['status']}")


def _chosen(documents: list[Event], names: list[str] | None) -> list[Event]:
    """Return the failed documents, or those that are named; raise `Mistake` for a name that none has."""
    if not names:
        return [document for document in documents if document["status"] == "failed"]
    missing = set(names) - {document[key] for document in documents for key in ("title", "id")}
    if missing:
        raise Mistake(f"There is no document {' and no '.join(sorted(missing))}; see sluice docs.")
    return [document for document in documents if {document["title"], document["id"]} & set(names)]


@connected_to_both
def redrive(connection: Connection) -> None:
    """Try the documents again whose events became dead letters."""

    async def send_back() -> int:
        async with connection.ingest() as client:
            return await client.redrive()

    typer.echo(f"{run(send_back())} dead letters are in the queue again.")


def missing_text(document: Event) -> str:
    """Return in words how many of a ready document's pages have no text, and nothing where all have some."""
    missing = document.get("pages_without_text") or 0  # a server of an older version does not say it
    if document["status"] != "ready" or not missing:
        return ""
    return f"{missing} of {document['pages']} pages {'has' if missing == 1 else 'have'} no text"


def _row(document: Event) -> tuple[str, ...]:
    pages = str(document["pages"] or "")
    missing = missing_text(document)
    where = document["reason"] or (f"{document['source']} ({missing})" if missing else document["source"])
    return document["status"], document["title"], document["collection"], pages, str(document["chunks"]), where

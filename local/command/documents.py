"""`sluice docs` and `sluice redrive`: what became of the documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from local.addresses import CHAT_URL
from local.command.connection import Collection, Connection, IngestUrl, Json, Key, Profile, Url
from local.command.outcome import run
from local.command.printing import show_json, show_table

if TYPE_CHECKING:
    from local.client import Event


def docs(
    collection: Collection = None,
    url: Url = CHAT_URL,
    ingest_url: IngestUrl = None,
    api_key: Key = None,
    profile: Profile = None,
    json: Json = False,
) -> None:
    """List the documents with their status, and the reason of each that failed."""

    async def load() -> list[Event]:
        async with Connection(url, api_key, profile, ingest_url).ingest() as client:
            return await client.documents(collection=collection)

    documents = run(load())
    if json:
        show_json(documents)
    else:
        headings = ("status", "title", "collection", "pages", "chunks", "source, or reason")
        rows = [_row(document) for document in documents]
        show_table(headings, rows, when_empty="There are no documents yet. Add some: sluice ingest PATH...")


def redrive(url: Url = CHAT_URL, ingest_url: IngestUrl = None, api_key: Key = None, profile: Profile = None) -> None:
    """Try the documents again whose events became dead letters."""

    async def send_back() -> int:
        async with Connection(url, api_key, profile, ingest_url).ingest() as client:
            return await client.redrive()

    typer.echo(f"{run(send_back())} dead letters are in the queue again.")


def _row(document: Event) -> tuple[str, ...]:
    pages = str(document["pages"] or "")
    where = document["reason"] or document["source"]
    return document["status"], document["title"], document["collection"], pages, str(document["chunks"]), where

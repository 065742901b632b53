"""`sluice search`: the passages that fit a text, without an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.command.connection import Collection, Connection, Json, connected_to_chat
from local.command.narrowing import FilterText, Labels, filter_of
from local.command.outcome import run
from local.command.printing import show_json, show_table

if TYPE_CHECKING:
    from local.client import Event

_SHOWN_CHARACTERS = 160


@connected_to_chat
def search(
    connection: Connection,
    query: Annotated[str, typer.Argument(help="What to look for, in words or as a question.")],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=50, help="How many passages at most.")] = 8,
    collection: Collection = None,
    filter: FilterText = None,  # noqa: A002 - the option's name
    metadata: Labels = None,
    json: Json = False,
) -> None:
    """Find the passages that fit a text, best first; no model answers."""
    found = run(
        connection.from_chat(
            lambda chat: chat.search(query, limit=limit, collection=collection, where=filter_of(filter, metadata))
        )
    )
    if json:
        show_json(found)
    else:
        headings = ("score", "title", "page", "passage")
        show_table(headings, [_row(each) for each in found], when_empty="Nothing fits.")


def _row(passage: Event) -> tuple[str, ...]:
    words = " ".join(passage["content"].split())
    shown = words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 1] + "…"
    return f"{passage['score']:.3f}", passage["title"], str(passage["page"] or ""), shown

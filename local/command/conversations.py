"""`sluice conversations`: what was asked before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.command import remembering
from local.command.connection import Connection, Json, connected_to_chat
from local.command.outcome import run
from local.command.printing import harmless, show_json, show_table

if TYPE_CHECKING:
    from local.client import Event

app = typer.Typer(no_args_is_help=True, help="Conversations: list, show, rename, delete.")

Which = Annotated[str, typer.Argument(metavar="ID", help="The conversation's id, or `last` for the one asked last.")]


@app.command("list")
@connected_to_chat
def list_(
    connection: Connection,
    search: Annotated[str | None, typer.Option(help="Only those whose title holds this.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="How many at most.")] = 20,
    json: Json = False,
) -> None:
    """List conversations, last used first."""
    found = run(connection.from_chat(lambda chat: chat.conversations(search=search, limit=limit)))
    if json:
        show_json(found)
    else:
        rows = [(each["id"], str(each["updated_at"] or "")[:16].replace("T", " "), each["title"]) for each in found]
        show_table(("id", "last used (UTC)", "title"), rows, when_empty="There are no conversations.")


@app.command()
@connected_to_chat
def show(connection: Connection, conversation: Which, json: Json = False) -> None:
    """Print a conversation, in the branch that was read last."""
    found = run(connection.from_chat(lambda chat: chat.conversation(remembering.resolve(connection.url, conversation))))
    if json:
        show_json(found)
    else:
        typer.echo("\n\n".join(_paragraphs(found)))


@app.command()
@connected_to_chat
def rename(
    connection: Connection,
    conversation: Which,
    title: Annotated[str, typer.Argument(help="The new title.")],
) -> None:
    """Change a conversation's title."""
    run(connection.from_chat(lambda chat: chat.rename(remembering.resolve(connection.url, conversation), title)))
    typer.echo("Renamed.")


@app.command()
@connected_to_chat
def delete(connection: Connection, conversation: Which) -> None:
    """Delete a conversation with all its messages."""
    run(connection.from_chat(lambda chat: chat.delete(remembering.resolve(connection.url, conversation))))
    typer.echo("Deleted.")


def _paragraphs(conversation: Event) -> list[str]:
    messages = {message["id"]: message for message in conversation["messages"]}
    return [harmless(conversation["title"]), *(_said(messages[each]) for each in conversation["path"])]


def _said(message: Event) -> str:
    """A question behind `> `, an answer with the sources that it cites."""
    if message["role"] == "user":
        return "\n".join(f"> {line}" for line in harmless(message["content"]).splitlines())
    cited = [
        f"[{it['id']}] {it['title']}" + (f", page {it['page']}" if it["page"] else "") for it in message["citations"]
    ]
    return harmless("\n".join([message["content"], *cited]))

"""`sluice usage`: what was used, and what is left."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from local.command.connection import Connection, Json, connected_to_chat
from local.command.outcome import run
from local.command.printing import show_json, show_table

_HEADINGS = ("span", "answers", "tokens in", "tokens out", "cost")


@connected_to_chat
def usage(
    connection: Connection,
    days: Annotated[int, typer.Option(min=1, max=366, help="Show each of so many days, today the last.")] = 7,
    json: Json = False,
) -> None:
    """Show the tokens and the cost of your questions, and what is left of your limits. Days are those of UTC."""
    used = run(connection.from_chat(lambda chat: chat.usage(days=days)))
    if json:
        show_json(used)
        return
    rows = [_row(each["date"], each) for each in used["days"]]
    show_table(_HEADINGS, [*rows, _row("this month", used["month"])], when_empty="")
    for name, limit in used["limits"].items():
        left = used["left"].get(name)
        typer.echo(f"{name}\t{limit:g}" + (f"\t{left:g} left" if left is not None else ""))


def _row(span: str, used: dict[str, Any]) -> tuple[str, ...]:
    tokens = str(used["prompt_tokens"]), str(used["completion_tokens"])
    return span, str(used["answers"]), *tokens, f"${used['cost']:.4f}"

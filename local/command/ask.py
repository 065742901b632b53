"""`sluice ask`: prints an answer while it arrives, then its sources."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

import typer

from local.command import remembering
from local.command.connection import Collection, Connection, Json, connected_to_chat
from local.command.narrowing import FilterText, Labels, filter_of
from local.command.outcome import FAILED, Mistake, run
from local.command.printing import harmless, show_json, tell

if TYPE_CHECKING:
    from local.client import ChatClient, Event
    from local.client.chat import Ask

STDIN = "-"
_STATES = {
    "database_waking": "The database is waking up; the question waits for it.",
    "retrying": "The model did not answer; trying again.",
    "fallback": "The model did not answer; asking {model}.",
    "budget_reached": "The budget ended the answer here; see sluice usage.",
}
_ENDS = {"length": "Cut off at the model's limit.", "stopped": "Stopped.", "interrupted": "Interrupted."}


@connected_to_chat
def ask(
    connection: Connection,
    question: Annotated[str, typer.Argument(help="The question; `-` or nothing reads it from standard input.")] = STDIN,
    conversation: Annotated[
        str | None,
        typer.Option("--conversation", "-c", help="Go on with this conversation: its id, or `last` for the last one."),
    ] = None,
    collection: Collection = None,
    filter: FilterText = None,  # noqa: A002 - the option's name
    metadata: Labels = None,
    model: Annotated[str | None, typer.Option(help="One of the models that the server offers.")] = None,
    json: Json = False,
) -> None:
    """Ask a question; the answer is printed while it arrives, with its sources."""

    async def answer() -> bool:
        from local.client.chat import Ask

        going_on = remembering.resolve(connection.url, conversation) if conversation else None
        asked = Ask(_text(question), going_on, collection, model, filter_of(filter, metadata))
        async with connection.chat() as client:
            return await follow(client, asked, as_json=json)

    if not run(answer()):
        raise typer.Exit(FAILED)


def _text(question: str) -> str:
    if question != STDIN:
        return question
    if sys.stdin.isatty():
        raise Mistake('Say what you want to know: sluice ask "...", or pipe it in.')
    try:
        text = sys.stdin.buffer.read().decode().strip()
    except UnicodeDecodeError as error:
        raise Mistake("Standard input is no text in UTF-8.") from error
    if text:
        return text
    raise Mistake("Standard input holds no question.")


async def follow(client: ChatClient, question: Ask, *, as_json: bool) -> bool:
    """Print an answer while it arrives, then its sources; return whether it is whole. With `as_json`, each event.

    An answer that is left, as by Ctrl-C, is stopped on the server too.
    """
    printed = _Printed()
    async with aclosing(client.ask(question)) as events:
        try:
            async for event in events:
                if event["type"] == "start":
                    printed.conversation = event["conversation_id"]
                    remembering.remember(client.url, printed.conversation)
                if as_json:
                    show_json(event)
                else:
                    printed.show(event)
                printed.whole = printed.whole or event["type"] == "done"
        except asyncio.CancelledError:
            await _stop(client, printed.conversation)
            raise
    if not as_json:
        printed.end(is_new=question.conversation is None)
    return printed.whole


async def _stop(client: ChatClient, conversation: str) -> None:
    from local.client import ClientError

    with suppress(ClientError):
        await client.stop(conversation)


@dataclass
class _Printed:
    """What of an answer has been printed."""

    conversation: str = ""
    sources: dict[int, Event] = field(default_factory=dict)
    cited: list[int] = field(default_factory=list)
    whole: bool = False

    def show(self, event: Event) -> None:
        match event["type"]:
            case "text":
                typer.echo(harmless(event["text"]), nl=False)
            case "sources":
                self.sources = {source["id"]: source for source in event["sources"]}
            case "citation":
                self.cited.append(event["id"])
            case "status" if event["state"] in _STATES:
                tell(_STATES[event["state"]].format(model=event.get("model") or "another one"))
            case "error":
                typer.echo(f"\n{harmless(event['message'])}", err=True)
            case "done" if event["finish_reason"] in _ENDS:
                typer.echo()
                tell(_ENDS[event["finish_reason"]])

    def end(self, *, is_new: bool) -> None:
        heading = "" if self.cited or not self.sources else "\nLooked at, but not cited:"
        typer.echo("\n" + heading + _source_list([self.sources[number] for number in self.cited or self.sources]))
        if is_new and sys.stderr.isatty():
            tell('Go on with: sluice ask -c last "..."')


def _source_list(sources: Iterable[Event]) -> str:
    lines = [harmless(f"[{it['id']}] {it['title']}{_page(it)}  {it['source']}") for it in sources]
    return "\n".join(["", *lines]) if lines else ""


def _page(source: Event) -> str:
    return f", page {source['page']}" if source.get("page") else ""

"""The commands put together."""

from __future__ import annotations

import tomllib
from typing import Annotated

import typer

from local.addresses import ROOT
from local.command import conversations, documents, embeddings, keys
from local.command.ask import ask
from local.command.doctor import doctor
from local.command.feedback import feedback
from local.command.ingest import ingest
from local.command.operating import reconcile, redrive
from local.command.search import search
from local.command.up import up
from local.command.usage import usage
from local.evaluation.command import evaluate

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)

for command in (up, ask, search, ingest):
    app.command()(command)
app.add_typer(documents.app, name="docs")
app.add_typer(conversations.app, name="conversations")
app.command()(usage)
app.command()(doctor)
app.add_typer(keys.app, name="keys")
app.add_typer(embeddings.app, name="embeddings")
app.command("eval")(evaluate)
app.command()(feedback)
app.command()(redrive)
app.command()(reconcile)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"])
        raise typer.Exit


@app.callback()
def sluice(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Print the version and end.")
    ] = False,
) -> None:
    """Ask questions about your own documents, and get streamed answers that cite their pages."""

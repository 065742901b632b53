"""The `sluice` command."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

Port = Annotated[int, typer.Option(min=0, max=65_535)]


def main() -> None:
    """Run the command that the user typed."""
    app()


@app.callback()
def sluice() -> None:
    """Ask questions about your own documents, and get streamed answers that cite their pages."""


@app.command()
def up(
    data: Annotated[Path | None, typer.Option(help="Folder that keeps the documents.", show_default=".sluice")] = None,
    chat_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the chat function.")] = 8000,
    ingest_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of the ingest function.")] = 8001,
    aws_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of S3 and SQS.")] = 9000,
    database_port: Annotated[int, typer.Option(min=0, max=65_535, help="Port of PostgreSQL.")] = 15432,
    environments: Annotated[int, typer.Option(min=1, help="How many requests a function answers at once.")] = 10,
    docs: Annotated[bool, typer.Option(help="Ingest this project's README and docs on the first start.")] = True,
) -> None:
    """Start Sluice on this machine: PostgreSQL, S3, SQS and both functions. Ctrl-C stops everything."""
    from local import up as laptop_up
    from local.console import instructions, log_to_terminal
    from local.laptop import ROOT, Laptop, Options

    started = time.monotonic()
    options = Options(
        data=(data or ROOT / ".sluice").absolute(),
        chat_port=chat_port,
        ingest_port=ingest_port,
        aws_port=aws_port,
        database_port=database_port,
        environments=environments,
        docs=docs,
    )

    def announce(laptop: Laptop) -> None:
        print(instructions(laptop, seconds=time.monotonic() - started, docs=docs), flush=True)

    log_to_terminal()
    laptop_up.run(options, os.environ, announce)

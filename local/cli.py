"""The `sluice` command: reads options, and tells a user's mistakes in one line."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import typer

from local import keys
from local.addresses import AWS_PORT, CHAT_PORT, CHAT_URL, DATA, DATABASE_PORT, INGEST_PORT, INGEST_URL, TEMPLATE
from local.evaluation.command import evaluate

if TYPE_CHECKING:
    from sluice.adapters.postgres.database import Database
    from sluice.feedback import Feedback

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
T = TypeVar("T")

Collection = Annotated[str | None, typer.Option(help="Look at, or add to, this collection only.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


app.add_typer(keys.app, name="keys")
app.command("eval")(evaluate)


def _port(of: str) -> Any:
    return typer.Option(min=0, max=65_535, help=f"Port of {of}; 0 for any that is free.")


def main() -> None:
    """Run the command that the user typed."""
    app()


@app.callback()
def sluice() -> None:
    """Ask questions about your own documents, and get streamed answers that cite their pages."""


@app.command()
def up(
    data: Annotated[Path, typer.Option(help="Folder that keeps everything.", show_default=".sluice")] = DATA,
    chat_port: Annotated[int, _port("the chat function")] = CHAT_PORT,
    ingest_port: Annotated[int, _port("the ingest function")] = INGEST_PORT,
    aws_port: Annotated[int, _port("S3 and SQS")] = AWS_PORT,
    database_port: Annotated[int, _port("PostgreSQL")] = DATABASE_PORT,
    template: Annotated[Path, typer.Option(help="The stack to run.", show_default="template.yaml")] = TEMPLATE,
    environments: Annotated[int, typer.Option(min=1, help="How many requests a function serves at once.")] = 10,
    docs: Annotated[bool, typer.Option(help="Ingest this project's README and docs on the first start.")] = True,
) -> None:
    """Start Sluice on this machine: PostgreSQL, S3, SQS and both functions. Ctrl-C stops everything."""
    from local import up as laptop
    from local.aws import AwsError
    from local.console import instructions, log_to_terminal
    from local.http_server import PortBusy
    from local.instance import AlreadyRunning
    from local.intrinsics import TemplateError
    from local.laptop import Laptop, Options, SetupError
    from local.postgres import PostgresError
    from local.runtime_api import EnvironmentLost

    started = time.monotonic()
    options = Options(
        data=data.absolute(),
        template=template.absolute(),
        chat_port=chat_port,
        ingest_port=ingest_port,
        aws_port=aws_port,
        database_port=database_port,
        environments=environments,
        docs=docs,
    )

    def announce(running: Laptop) -> None:
        print(instructions(running, seconds=time.monotonic() - started), flush=True)

    log_to_terminal()
    try:
        laptop.run(options, os.environ, announce)
    except PortBusy as busy:
        ports = {chat_port: "chat", ingest_port: "ingest", aws_port: "aws", database_port: "database"}
        _fail(f"Port {busy.port} is in use. Choose another with --{ports[busy.port]}-port.")
    except (AlreadyRunning, AwsError, PostgresError, SetupError, TemplateError) as error:
        _fail(str(error))
    except EnvironmentLost:
        _fail("A function does not start; the lines above say why.")


@app.command()
def ask(
    question: str,
    collection: Collection = None,
    url: Annotated[str, typer.Option(help="Address of the chat function.")] = CHAT_URL,
    json: Json = False,
) -> None:
    """Ask a question; the answer is printed while it arrives, with its sources."""
    from local import commands
    from local.client import Client

    async def answer() -> bool:
        async with Client(url, key=keys.remembered(os.environ)) as client:
            return await commands.ask(client, question, collection=collection, as_json=json)

    if not _run(answer()):
        raise typer.Exit(1)


@app.command()
def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders, or patterns in quotes.")],
    collection: Collection = None,
    url: Annotated[str, typer.Option(help="Address of the ingest function.")] = INGEST_URL,
) -> None:
    """Upload documents and wait until they are ready; exit code 1 if any failed."""
    from local import commands
    from local.client import Client

    async def upload() -> bool:
        files = commands.find_files(paths)
        async with Client(url, key=keys.remembered(os.environ)) as client:
            failed = await commands.ingest(client, files, collection=collection)
        print(f"{len(files) - len(failed)} of {len(files)} ready.", file=sys.stderr)
        return not failed

    if not _run(upload()):
        raise typer.Exit(1)


@app.command()
def docs(
    collection: Collection = None,
    url: Annotated[str, typer.Option(help="Address of the ingest function.")] = INGEST_URL,
    json: Json = False,
) -> None:
    """List the documents with their status, and the reason of each that failed."""
    from local import commands
    from local.client import Client

    async def show() -> None:
        async with Client(url, key=keys.remembered(os.environ)) as client:
            await commands.docs(client, collection=collection, as_json=json)

    _run(show())


@app.command()
def redrive(url: Annotated[str, typer.Option(help="Address of the ingest function.")] = INGEST_URL) -> None:
    """Try the documents again whose events became dead letters."""
    from local.client import Client

    async def send_back() -> int:
        async with Client(url, key=keys.remembered(os.environ)) as client:
            return await client.redrive()

    print(f"{_run(send_back())} dead letters are in the queue again.")


@app.command()
def feedback(
    folder: Annotated[Path, typer.Argument(help="Folder for the set; what it holds is written over.")],
    tenant: Annotated[str, typer.Option(help="Whose feedback.")] = "default",
) -> None:
    """Export the readers' feedback as a set for `sluice eval`; feedback.jsonl beside it holds all of it."""
    from local import stored
    from sluice.exporting import export

    exported = export(stored.run(lambda database, _: feedback_of(database, tenant)), folder)
    print(f"{exported.feedback} ratings: {exported.queries} queries, {exported.passages} passages in {folder}.")


async def feedback_of(database: Database, tenant: str) -> list[Feedback]:
    """Return a tenant's feedback, oldest first."""
    from sluice.adapters.postgres.feedback import PostgresFeedback

    return [each async for each in PostgresFeedback(database).all(tenant)]


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command; what it can't do is told in one line."""
    from local.client import ClientError

    try:
        return asyncio.run(work)
    except ClientError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _fail(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise typer.Exit(1)

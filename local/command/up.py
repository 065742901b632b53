"""`sluice up`: everything that AWS would run, on this machine."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.addresses import AWS_PORT, CHAT_PORT, DATA, DATA_VARIABLE, DATABASE_PORT, INGEST_PORT, TEMPLATE
from local.command.outcome import fail
from local.own_names import ANY, named

if TYPE_CHECKING:
    from local.laptop import Laptop, Options


def _port(of: str) -> Any:
    return typer.Option(min=0, max=65_535, help=f"Port of {of}; 0 for any that is free.")


def _hosts(given: list[str]) -> list[str]:
    """Return the names without their ports; refuse what no `Host` header can hold."""
    names = [ANY if host == ANY else named(host) for host in given]
    if None in names:
        raise typer.BadParameter("A host has a name only, such as box.example.org, or * for any.")
    return [name for name in names if name]


Data = Annotated[Path, typer.Option(envvar=DATA_VARIABLE, help="Folder that keeps everything.", show_default=".sluice")]
Template = Annotated[Path, typer.Option(help="The stack to run.", show_default="template.yaml")]
Environments = Annotated[int, typer.Option(min=1, help="How many requests a function serves at once.")]
Docs = Annotated[bool, typer.Option(help="Ingest this project's README and docs on the first start.")]
Hosts = Annotated[
    list[str],
    typer.Option(
        metavar="NAME",
        callback=_hosts,
        help="Answer under this name as well, such as that of a forwarded port; * for any. Can be repeated.",
    ),
]


def up(
    data: Data = DATA,
    chat_port: Annotated[int, _port("the chat function")] = CHAT_PORT,
    ingest_port: Annotated[int, _port("the ingest function")] = INGEST_PORT,
    aws_port: Annotated[int, _port("S3 and SQS")] = AWS_PORT,
    database_port: Annotated[int, _port("PostgreSQL")] = DATABASE_PORT,
    template: Template = TEMPLATE,
    environments: Environments = 10,
    docs: Docs = True,
    allow_host: Hosts = [],  # noqa: B006 - typer wants a list
) -> None:
    """Start Sluice on this machine: PostgreSQL, S3, SQS and both functions. Ctrl-C stops everything."""
    from local.laptop import Options

    _run(
        Options(
            data=data.absolute(),
            template=template.absolute(),
            chat_port=chat_port,
            ingest_port=ingest_port,
            aws_port=aws_port,
            database_port=database_port,
            environments=environments,
            docs=docs,
            allowed_hosts=tuple(allow_host),
        )
    )


def _run(options: Options) -> None:
    """Run until Ctrl-C; a part that does not start is told in one line."""
    from local import up as running
    from local.aws import AwsError
    from local.console import instructions, log_to_terminal
    from local.http_server import PortBusy
    from local.instance import AlreadyRunning, FolderUnusable
    from local.intrinsics import TemplateError
    from local.laptop import SetupError
    from local.postgres import PostgresError
    from local.running import note
    from local.runtime_api import EnvironmentLost

    started = time.monotonic()

    def announce(laptop: Laptop) -> None:
        note(laptop.ports, options.data)
        typer.echo(instructions(laptop, seconds=time.monotonic() - started))

    log_to_terminal()
    try:
        running.run(options, os.environ, announce)
    except PortBusy as busy:
        fail(f"Port {busy.port} is in use. Choose another with --{_option_of(busy.port, options)}.")
    except (AlreadyRunning, AwsError, FolderUnusable, PostgresError, SetupError, TemplateError) as error:
        fail(str(error))
    except EnvironmentLost:
        fail("A function does not start; the lines above say why.")


def _option_of(port: int, options: Options) -> str:
    names = ("chat_port", "ingest_port", "aws_port", "database_port")
    return next(name for name in names if getattr(options, name) == port).replace("_", "-")

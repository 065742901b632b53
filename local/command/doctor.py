"""`sluice doctor`: looks at every part, and says what to do about those that are not well."""

from __future__ import annotations

import json as jsons
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.text import Text

from local.command.connection import Connection, Json, connected_to_both
from local.command.outcome import FAILED, fail, run
from local.command.printing import harmless, show_json

if TYPE_CHECKING:
    from local.diagnosis import Finding

_DATABASE_SECONDS = "4"


@connected_to_both
def doctor(connection: Connection, json: Json = False) -> None:
    """Check the settings, database, schema, models and bucket of this machine, and the service at --url.

    The settings are those of SLUICE_DATABASE_URL and the others where that is set, else the laptop's. Exit code 1 when
    anything is not well.
    """
    found = [*_installation(connection.url), *run(_service(connection))]
    if json:
        show_json([asdict(finding) for finding in found])
    else:
        _show(found)
    if not all(finding.well for finding in found):
        raise typer.Exit(FAILED)


async def _service(connection: Connection) -> list[Finding]:
    from local.diagnosis import service

    return [finding async for finding in service.findings(connection)]


def _installation(url: str) -> list[Finding]:
    """Look at the settings of the shell where they name a database, at the laptop's where --url is this machine."""
    from local.client.transport import is_here

    if "SLUICE_DATABASE_URL" in os.environ:
        return _look(os.environ)
    return _look(_laptop()) if is_here(url) else []


def _laptop() -> Mapping[str, str]:
    from local.diagnosis.laptop import environment
    from local.intrinsics import TemplateError

    try:
        return environment(os.environ)
    except TemplateError as error:
        fail(str(error))


def _look(environment: Mapping[str, str]) -> list[Finding]:
    from local.diagnosis import Finding

    command = [sys.executable, "-m", "local.diagnosis.installation"]
    hurried = {"SLUICE_DATABASE_TIMEOUT_SECONDS": _DATABASE_SECONDS, **environment}
    done = subprocess.run(command, env=hurried, capture_output=True, text=True, check=False)
    if done.returncode:
        return [Finding("settings", False, f"could not be looked at: {done.stderr.strip()}")]
    return [Finding(**finding) for finding in jsons.loads(done.stdout)]


def _show(found: list[Finding]) -> None:
    """A sign, the part and its words on a terminal; the same with tabs between elsewhere."""
    console = Console()
    for finding in found:
        if console.is_terminal:
            sign = Text("✓ ", "green") if finding.well else Text("✗ ", "red")
            console.print(sign + Text(f"{finding.part:<16} ", "bold") + Text(harmless(finding.words)))
        else:
            typer.echo(f"{'ok' if finding.well else 'problem'}\t{finding.part}\t{harmless(finding.words)}")

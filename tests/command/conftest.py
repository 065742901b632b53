"""The command, as a user types it, against a service that answers as the functions do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from local.command.program import app
from tests.command.service import Service, running

Sluice = Callable[..., Result]


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    with running(service.app()) as service.url:
        yield service


@pytest.fixture
def sluice(service: Service, tmp_path: Path) -> Sluice:
    """Run `sluice ARGUMENT...` in a shell of its own that knows the service, with `stdin` piped in."""
    runner = CliRunner(env={"SLUICE_URL": service.url, "XDG_STATE_HOME": str(tmp_path / "state")})

    def run(*arguments: str, stdin: str | bytes = "", **variables: str) -> Result:
        return runner.invoke(app, list(arguments), input=stdin, env=variables)

    return run

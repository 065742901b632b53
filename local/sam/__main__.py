"""Runs `sam local` against the laptop that `make run` started: `make sam-local ARGS="invoke ChatFunction -e FILE"`."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from local import running
from local.addresses import DATA, ROOT
from local.postgres import Postgres
from local.sam.reachable import DockerError, reachable
from local.sam.template import Laptop, NothingBuilt, write

SAM = ROOT / ".venv-sam" / "bin" / "sam"
_INTERRUPTED = 130  # as a shell says of what Ctrl-C has ended
_OURS = {"SLUICE_DATABASE_URL", "SLUICE_BUCKET", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_SQS"}
USAGE = """usage: make sam-local ARGS="invoke FUNCTION --event tests/events/FILE.json"
       make sam-local ARGS="start-lambda"
       make sam-local ARGS="start-api"
`make run` must be running: its database, bucket and queues are used."""


def main(arguments: Sequence[str]) -> int:
    """Run the command of `sam local` and return its exit code."""
    if not arguments or not (DATA / "postgres.password").exists():
        sys.exit(USAGE)
    ports = running.noted()
    url = Postgres(DATA, port=ports.database).url()
    with tempfile.TemporaryDirectory() as folder, reachable([ports.database, ports.aws], folder=Path(folder)) as reach:
        template = write("laptop", Laptop(reach.of(url), reach.of(running.address(ports.aws))))
        options: list[str | Path] = ["--template", template, "--skip-pull-image", "--docker-network", reach.network]
        command = [SAM, "local", arguments[0], *options, *arguments[1:]]
        return subprocess.run(command, env=_environment(), check=False).returncode


def _environment() -> dict[str, str]:
    """Return the shell's variables, which `sam local` prefers to the template's, without those of the laptop's own."""
    theirs = {name: value for name, value in os.environ.items() if name not in _OURS}
    return {**theirs, "SAM_CLI_TELEMETRY": "0"}


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (DockerError, NothingBuilt) as error:
        sys.exit(f"sam-local: {error}")
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)

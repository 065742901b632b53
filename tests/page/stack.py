"""The whole stack on this machine, as `make run` starts it, for tests that look at it from outside."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [
    sys.executable,
    "-c",
    "from local.cli import main; main()",
    "up",
    "--no-docs",
    "--environments=6",
]
ANY_PORTS = ["--chat-port=0", "--ingest-port=0", "--aws-port=0", "--database-port=0"]
PATIENCE_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Addresses:
    chat: str
    ingest: str
    database: str


@contextmanager
def running(data: Path, variables: Mapping[str, str]) -> Iterator[Addresses]:
    """Start the stack with these variables over ours and yield its addresses; a failure shows its output."""
    process = subprocess.Popen(
        [*COMMAND, *ANY_PORTS, "--data", str(data)],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    log = _Log(process)
    try:
        yield log.addresses()
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)
        log.close()


class _Log:
    """Reads what the process says until it ends."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._text = ""
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def addresses(self) -> Addresses:
        with self._said:
            self._said.wait_for(lambda: "Ctrl-C stops everything" in self._text or self._has_ended, PATIENCE_SECONDS)
        told = r"Ask +(http://\S+)\s+Documents +(http://[^/\s]+).*\s+Database +(\S+)"
        found = re.search(told, self._text, re.DOTALL)
        assert found, self._text
        return Addresses(*found.groups())

    def close(self) -> None:
        self._reader.join()
        assert self._process.stdout
        self._process.stdout.close()

    @property
    def _has_ended(self) -> bool:
        return self._process.poll() is not None

    def _read(self) -> None:
        assert self._process.stdout
        for line in self._process.stdout:
            self._add(line)
        self._add("")

    def _add(self, text: str) -> None:
        with self._said:
            self._text += text
            self._said.notify_all()

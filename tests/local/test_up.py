"""`sluice up` as a user runs it: a process with children, told to stop, killed, or started twice."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from local.running import address, noted
from tests.local.conftest import PATIENCE_SECONDS, ROOT, TEMPLATE

CLI = [sys.executable, "-c", "from local.cli import main; main()"]
COMMAND = [*CLI, "up", "--template", str(TEMPLATE), "--no-docs"]
ANY_PORTS = ["--chat-port=0", "--ingest-port=0", "--aws-port=0", "--database-port=0"]


class Running:
    """A `sluice up` process, its output so far, and the processes that it has ever had."""

    def __init__(self, data: Path, *options: str) -> None:
        environment = {**os.environ, "NOTES": str(data / "notes")}
        command = [*COMMAND, "--data", str(data), *options]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.output = ""
        self._said = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.output += line
                self._said.notify_all()
        with self._said:
            self._said.notify_all()

    def wait_for(self, text: str) -> None:
        """Wait until it has said something; its whole output is the message when it ends or takes too long."""
        with self._said:
            said = self._said.wait_for(lambda: text in self.output or self.process.poll() is not None, 60)
        assert said, self.output
        assert text in self.output, self.output

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: signal.Signals) -> int:
        """Signal it, and return its exit code once its output is closed."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self) -> None:
        """Leave nothing behind, whatever the test found out."""
        with suppress(psutil.Error):
            for member in self.family():
                member.kill()
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def address(self, name: str) -> str:
        found = re.search(rf"{name} +(http://[\d.:]+)", self.output)
        assert found, self.output
        return found[1]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[type[Running]]:
    """Starts `sluice up` and makes sure that it ends."""
    started: list[Running] = []

    class Tracked(Running):
        def __init__(self, data: Path, *options: str) -> None:
            super().__init__(data, *options)
            started.append(self)

    yield Tracked
    for running in started:
        running.kill()


def sluice(*arguments: str, data: Path) -> str:
    """Return what a command prints that looks for the laptop by its folder."""
    shell = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
    done = subprocess.run(
        [*CLI, *arguments],
        cwd=ROOT,
        env={**shell, "SLUICE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def until_done(*arguments: str, data: Path) -> str:
    """Return what a command prints as soon as it succeeds."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return sluice(*arguments, data=data)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def assert_all_end(family: list[psutil.Process]) -> None:
    """Fail when one of the processes is still there after a time in which it should have ended."""
    _, alive = psutil.wait_procs(family, timeout=PATIENCE_SECONDS)

    assert [(process.pid, process.name()) for process in alive] == []


def test_its_life(start: type[Running], tmp_path: Path) -> None:
    """It serves; a second one on its folder is refused; killed it leaves nothing; started again it has what it had."""
    first = start(tmp_path, *ANY_PORTS)
    first.wait_for("Sluice is ready")
    assert f"export SLUICE_DATA={tmp_path}" in first.output
    assert httpx.get(f"{first.address('Ask')}/hello", trust_env=False).json()["path"] == "/hello"
    ports = noted(tmp_path)
    assert (address(ports.chat), address(ports.aws)) == (first.address("Ask"), first.address("S3 and SQS"))
    stored = httpx.put(f"{first.address('S3 and SQS')}/sluice-dev/a.txt", content=b"text", trust_env=False)
    assert stored.status_code == 200
    first.wait_for("messages done")
    assert sluice("keys", "create", "mine", data=tmp_path).startswith("sk_")

    second = start(tmp_path, *ANY_PORTS)
    assert (second.process.wait(PATIENCE_SECONDS), "Sluice already runs on" in second.output) == (1, True), (
        second.output
    )

    family = first.family()
    assert len(family) >= 4, family
    first.end(signal.SIGKILL)
    assert_all_end(family)

    third = start(tmp_path, *ANY_PORTS)
    third.wait_for("Sluice is ready")
    family = third.family()
    assert third.end(signal.SIGTERM) == 0, third.output
    assert_all_end(family)
    assert "Traceback" not in third.output, third.output
    assert [path.suffix for path in (tmp_path / "objects").iterdir()].count(".json") == 1


def test_a_database_that_is_killed_is_started_again(start: type[Running], tmp_path: Path) -> None:
    """With what it held, and the log tells."""
    running = start(tmp_path, *ANY_PORTS)
    running.wait_for("Sluice is ready")
    assert sluice("keys", "create", "mine", data=tmp_path).startswith("sk_")
    [server] = [process for process in running.family() if str(tmp_path / "postgres") in process.cmdline()]

    server.kill()
    running.wait_for("database│ WARNING: PostgreSQL ended and is started again.")

    assert "mine" in until_done("keys", "list", data=tmp_path)
    family = running.family()
    assert running.end(signal.SIGTERM) == 0, running.output
    assert_all_end(family)


def test_it_answers_under_its_own_names(start: type[Running], tmp_path: Path) -> None:
    """And under one that its user adds; S3 and SQS as both functions."""
    running = start(tmp_path, *ANY_PORTS, "--allow-host=Box.example.org:8000")
    running.wait_for("Sluice is ready")
    ports = noted(tmp_path)
    hosts = ("localhost", "box.example.org", "evil.example")

    refused = [
        (
            port,
            host,
            httpx.get(f"{address(port)}/moto-api/", headers={"host": host}, trust_env=False).status_code == 421,
        )
        for port in (ports.chat, ports.ingest, ports.aws)
        for host in hosts
    ]
    running.wait_for("chat   │ WARNING: 421: a request for the unknown host 'evil.example'")
    running.wait_for("aws    │ WARNING: A request was refused that came by 'the unknown host evil.example'.")

    assert [(port, host) for port, host, was in refused if was] == [
        (port, "evil.example") for port in (ports.chat, ports.ingest, ports.aws)
    ]


def test_interrupted_while_it_starts(start: type[Running], tmp_path: Path) -> None:
    """Ctrl-C before it is ready ends it as well, without a stack trace."""
    running = start(tmp_path, *ANY_PORTS)
    while not (family := running.family()):
        assert running.process.poll() is None, running.output

    code = running.end(signal.SIGINT)

    assert (code, "Traceback" in running.output) == (0, False), running.output
    assert_all_end(family)

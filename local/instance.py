"""Who may use a data folder: one running Sluice at a time, and nothing that an earlier one left behind."""

from __future__ import annotations

import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

import psutil

LEFTOVER_SECONDS = 10.0


class AlreadyRunning(Exception):
    """Another process uses the folder."""


class FolderUnusable(Exception):
    """The folder can't be made or written."""


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold the folder, made if it is new. The hold ends with the process, however that ends.

    Raises `AlreadyRunning` or `FolderUnusable`.
    """
    with _lock_file(folder) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            raise AlreadyRunning(f"Sluice already runs on {folder} (process {lock.read().strip()}).") from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _lock_file(folder: Path) -> TextIO:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("a+")
    except OSError as error:
        reason = f"{folder} can't keep the data: {error.strerror}. Choose another folder with --data."
        raise FolderUnusable(reason) from error


def end_leftover_database(folder: Path) -> None:
    """Stop the PostgreSQL server of an earlier process that was killed before it could do so itself."""
    try:
        data = folder / "postgres"
        leftover = psutil.Process(int((data / "postmaster.pid").read_text().splitlines()[0]))
        # Since a restart of the machine the number may be another's, also that of another PostgreSQL.
        if leftover.name() != "postgres" or str(data) not in leftover.cmdline():
            return
    except (OSError, ValueError, IndexError, psutil.Error):
        return
    with suppress(psutil.Error):
        leftover.send_signal(signal.SIGINT)
        leftover.wait(LEFTOVER_SECONDS)

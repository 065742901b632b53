"""The process that stays: it has the readers imported and forks a child for each document.

Starting Python and importing a reader takes a tenth of a second; forking a process that has done so, two milliseconds.
multiprocessing's own fork server needs /dev/shm, which Lambda has not.

A request on the socket at standard input is one byte with two descriptors: the channel on which the child speaks, and
the child's lifeline, the end of a pipe that nobody writes to. A child is killed when its lifeline breaks, and all of
them when the socket does: nothing outlives the process that asked for it, however that one ends.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Iterable
from typing import NoReturn

from sluice.adapters.parsers.child import read_documents

# Imported while nobody asks, the commonest first; until then a child imports what it needs by itself.
_READERS = [
    "pdf",
    "docx",
    "html",
    "decoding",
    "markdown",
    "workbook",
    "pptx",
    "mail",
    "epub",
    "opendocument",
    "rtf",
    "table",
    "text",
]


def main() -> None:
    """Serve the socket at standard input until it closes."""
    ForkServer(socket.socket(fileno=0)).serve()


class ForkServer:
    """One thread and no state but its children, so that a fork is always safe."""

    def __init__(self, requests: socket.socket) -> None:
        self._requests = requests
        self._children: dict[int, int] = {}  # a lifeline and whose it is
        self._unread = list(_READERS)
        self._poll = select.poll()
        self._poll.register(requests, select.POLLIN)

    def serve(self) -> None:
        while True:
            ready = [descriptor for descriptor, _ in self._poll.poll(0 if self._unread else None)]
            # First the deaths: a document whose end was asked for takes no memory from the one after it.
            for lifeline in self._children.keys() & ready:
                self._end(lifeline)
            if self._requests.fileno() in ready and not self._begin():
                break
            if not ready:
                self._warm_up()
        for lifeline in list(self._children):
            self._end(lifeline)

    def _warm_up(self) -> None:
        with contextlib.suppress(ImportError):  # a child will say what is not installed
            importlib.import_module(f"sluice.adapters.parsers.{self._unread.pop(0)}")
        # What is here now lives as long as this process: no child should copy its pages to count references in cycles.
        gc.collect()
        gc.freeze()

    def _begin(self) -> bool:
        """Fork a child for the next request; return False when there will be none any more."""
        _, descriptors, _, _ = socket.recv_fds(self._requests, 1, 2)
        if not descriptors:
            return False
        channel, lifeline = descriptors
        try:
            child = os.fork()
        except OSError:
            # The parent sees the channel close before a first word.
            os.close(lifeline)
        else:
            if child == 0:
                self._become_child(channel, lifeline)
            with contextlib.suppress(OSError):
                os.setpgid(child, child)
            self._children[lifeline] = child
            self._poll.register(lifeline, select.POLLIN)
        os.close(channel)
        return True

    def _end(self, lifeline: int) -> None:
        self._poll.unregister(lifeline)
        os.close(lifeline)
        child = self._children.pop(lifeline)
        # Nobody else collects it, so that the number is still its own, even if it has long ended.
        os.kill(child, signal.SIGKILL)
        with contextlib.suppress(OSError):  # whatever a document made it start
            os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _become_child(self, channel: int, lifeline: int) -> NoReturn:
        try:
            self._let_go([lifeline, *self._children])
            with contextlib.suppress(ConnectionError):  # nobody waits for the answer any more
                read_documents(socket.socket(fileno=channel))
            # A library's clean-up after a hostile document may crash, and nothing here is worth it.
            os._exit(0)
        except BaseException:  # noqa: BLE001 - nothing may get back into the server's loop
            sys.excepthook(*sys.exc_info())
            os._exit(1)

    def _let_go(self, lifelines: Iterable[int]) -> None:
        """Close what is not the child's to hold, and the socket on which other documents come."""
        for lifeline in lifelines:
            os.close(lifeline)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, self._requests.fileno())
        os.close(nothing)

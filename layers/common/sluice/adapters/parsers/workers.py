"""This side of the fork server: starts it when the first document comes, and asks it for children."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import weakref

from sluice.adapters.parsers.child import READY
from sluice.adapters.parsers.worker import Worker
from sluice.errors import NotReady

# `-I` and `-S` skip what a reader does not need; the parent's path finds the modules that the parent found.
_START = "import sys; sys.path[:] = {path!r}; from sluice.adapters.parsers.forkserver import main; main()"
_GRACE_SECONDS = 1.0
# Each holds memory; of how many tenants one is kept.
_MOST_IDLE = 2


class Workers:
    """A fork server and its children, those that are idle among them. A server that has died is replaced.

    They have this process' identity, but neither its environment nor its files, and end with this object or with the
    process.
    """

    def __init__(self, executable: str = sys.executable) -> None:
        self._command = [executable, "-I", "-S", "-c", _START.format(path=sys.path)]
        self._server: _Server | None = None
        self._idle: list[Worker] = []
        weakref.finalize(self, _end_all, self._idle)

    async def take(self, tenant: str = "", *, fresh: bool = False) -> Worker:
        """Return a child that is ready and has read no other tenant's documents, `fresh` one that has read nothing.

        Raises `NotReady` when none can be had.
        """
        known = [worker for worker in self._idle if worker.tenant == tenant]
        if known and not fresh:
            self._idle.remove(known[-1])
            return known[-1]
        while len(self._idle) >= _MOST_IDLE:
            self._idle.pop(0).end()
        worker = self._fork()
        worker.tenant = tenant
        is_ready = False
        try:
            is_ready = await worker.line(most=len(READY)) == READY
        finally:
            if not is_ready:
                worker.end()
        if not is_ready:
            raise NotReady(f"The parser's process did not start (exit code {self.end()}); the log says why.")
        return worker

    def give_back(self, worker: Worker) -> None:
        """Keep a child that has said that it is ready again."""
        self._idle.append(worker)

    def end(self) -> int | None:
        """End everything; return the server's exit code, None where there is no server."""
        _end_all(self._idle)
        server, self._server = self._server, None
        return server.end() if server else None

    def _fork(self) -> Worker:
        try:
            return self._running().fork()
        except OSError:
            self.end()
        try:
            return self._running().fork()
        except OSError as error:
            raise NotReady("The parser's process could not be started; there may be no memory left.") from error

    def _running(self) -> _Server:
        self._server = self._server or _Server(self._command)
        return self._server


class _Server:
    """The fork server's process, and the socket on which it is asked."""

    def __init__(self, command: list[str]) -> None:
        self._requests, theirs = socket.socketpair()
        try:
            # A session of its own, so that a Ctrl-C at the terminal leaves its end to us. What native code prints goes
            # to the log.
            process = subprocess.Popen(
                command, stdin=theirs.fileno(), stdout=2, env=environment(), start_new_session=True
            )
        except OSError:
            self._requests.close()
            raise
        finally:
            theirs.close()
        self.end = weakref.finalize(self, _end, process, self._requests)

    def fork(self) -> Worker:
        ours, theirs = socket.socketpair()
        its_end, lifeline = os.pipe()
        worker = Worker(ours, lifeline)
        try:
            socket.send_fds(self._requests, [b"\n"], [theirs.fileno(), its_end])
        except OSError:
            worker.end()
            raise
        finally:
            theirs.close()
            os.close(its_end)
        return worker


def _end(process: subprocess.Popen[bytes], requests: socket.socket) -> int:
    """Close the socket, which ends the server, and return its exit code."""
    requests.close()
    try:
        return process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _end_all(idle: list[Worker]) -> None:
    while idle:
        idle.pop().end()


def environment() -> dict[str, str]:
    """Return all that a reader is told: where a Python that is built shared, as Lambda's is, finds its library."""
    return {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib", "PYTHONUTF8": "1"}

"""Runs the parser in a process of its own, so that a hostile document costs nothing but itself."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

from sluice import errors
from sluice.adapters.parsers.child import STARTED, Request
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, DocumentTooLarge, NotReady

# `-I` and `-S` skip what a child does not need; the parent's path finds the modules that the parent found.
_START = "import sys; sys.path[:] = {path!r}; from sluice.adapters.parsers.child import main; main()"


class IsolatedParser:
    """Reads each document in a child process with limits on time and memory.

    A child gets the document and nothing else: no environment, hence no credentials.
    """

    def __init__(
        self,
        *,
        max_bytes: int,
        max_pages: int,
        max_characters: int = 20_000_000,
        timeout_seconds: float = 60.0,
        memory_bytes: int = 1024 * 1024 * 1024,
        executable: str = sys.executable,
    ) -> None:
        self._max_bytes = max_bytes
        self._max_pages = max_pages
        self._max_characters = max_characters
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._command = [executable, "-I", "-S", "-c", _START.format(path=sys.path)]

    def parse(self, name: str, body: bytes) -> ParsedDocument:
        """Return the document's text and where it stands; raise `DocumentError`, even for a bomb or a crash.

        Raises `NotReady` when no child can be started, for which no document is to blame.
        """
        request = json.dumps(self._request(name)).encode() + b"\n" + body
        try:
            child = subprocess.run(
                self._command,
                input=request,
                check=False,
                stdout=subprocess.PIPE,
                env=environment(),
                timeout=self._timeout_seconds,
            )
        except subprocess.TimeoutExpired as error:
            raise DocumentTooLarge(f"The file took longer to read than {self._timeout_seconds:g} seconds.") from error
        except OSError as error:
            raise NotReady("The parser's process could not be started; there may be no memory left.") from error
        return _answer(child)

    def _request(self, name: str) -> Request:
        return Request(
            name=name,
            max_bytes=self._max_bytes,
            max_pages=self._max_pages,
            max_characters=self._max_characters,
            memory_bytes=self._memory_bytes,
            cpu_seconds=int(self._timeout_seconds) + 1,
        )


def environment() -> dict[str, str]:
    """Return all that a child is told: where a Python that is built shared, as Lambda's is, finds its library."""
    return {"LD_LIBRARY_PATH": f"{sys.base_prefix}/lib", "PYTHONUTF8": "1"}


def _answer(child: subprocess.CompletedProcess[bytes]) -> ParsedDocument:
    """Return what the child read, or raise what it refused; an answer that breaks off is a damaged document."""
    started, _, text = child.stdout.partition(b"\n")
    if started != STARTED:
        raise NotReady(f"The parser's process did not start (exit code {child.returncode}); the log says why.")
    try:
        answer: dict[str, Any] = json.loads(text)
    except ValueError as error:
        raise DamagedDocument("The file can't be read: its reader ran out of memory or crashed on it.") from error
    if "not_ready" in answer:
        raise NotReady(answer["not_ready"])
    if "parsed" not in answer:
        raise _error(answer["code"], answer["message"])
    parsed = answer["parsed"]
    blocks = tuple(Block(**block) for block in parsed.pop("blocks"))
    return ParsedDocument(blocks=blocks, **parsed)


def _error(code: str, message: str) -> DocumentError:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DocumentError))
    return next((kind for kind in kinds if kind.code == code), DocumentError)(message)

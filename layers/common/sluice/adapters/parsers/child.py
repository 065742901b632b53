"""The process that reads one document: the request on standard input, the answer on standard output.

The request is a line of JSON with the limits and the name, then the document's bytes. The answer is the line `started`,
then lines of JSON: parts of the document, then its end or why it can't be read. Without the first line the process
never came to the document, which is not the document's fault.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any, BinaryIO, TypedDict

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.errors import DocumentError

STARTED = b"started"


class Request(TypedDict):
    """What the parent asks for."""

    name: str
    limits: dict[str, int]
    memory_bytes: int
    cpu_seconds: int


def main() -> None:
    """Read the document on standard input and write what it holds, or why it can't be read."""
    answers = _answers()
    _write(answers, STARTED)
    request: Request = json.loads(sys.stdin.buffer.readline())
    _limit(resource.RLIMIT_AS, request["memory_bytes"])
    _limit(resource.RLIMIT_CPU, request["cpu_seconds"])
    _limit(resource.RLIMIT_CORE, 0)
    for line in _read(request, sys.stdin.buffer.read()):
        _write(answers, json.dumps(line, ensure_ascii=False).encode("utf-8", "replace"))
    # A library's clean-up after a hostile document may crash, and nothing here is worth it.
    os._exit(0)


def _answers() -> BinaryIO:
    """Return the real standard output, and send what native code prints there to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _write(answers: BinaryIO, line: bytes) -> None:
    answers.write(line + b"\n")
    answers.flush()


def _limit(kind: int, value: int) -> None:
    """Set the soft limit, unless a lower one is set already or the system knows none (macOS has no RLIMIT_AS)."""
    soft, hard = resource.getrlimit(kind)
    if resource.RLIM_INFINITY in (soft, hard) or value < soft:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, hard))


def _read(request: Request, body: bytes) -> Iterator[dict[str, Any]]:
    parser = DocumentParser(Limits(**request["limits"]))
    try:
        for part in parser.parts(request["name"], body):
            yield {"part": asdict(part)}
        yield {"end": True}
    except DocumentError as error:
        yield {"code": error.code, "message": error.message}
    except ModuleNotFoundError as error:
        yield {"not_ready": f"A reader is not installed: {error}"}
    except (MemoryError, RecursionError):
        yield {"code": "document_too_large", "message": "The file needs more memory to read than is allowed."}


if __name__ == "__main__":
    main()

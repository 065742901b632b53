"""The process that reads one document: the request on standard input, the answer on standard output.

The request is a line of JSON with the limits and the name, then the document's bytes. The answer is the line `started`,
then JSON; without that line the process never came to the document, which is not the document's fault.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
from dataclasses import asdict
from typing import BinaryIO, TypedDict

from sluice.adapters.parsers.reading import DocumentParser
from sluice.errors import DocumentError

STARTED = b"started"


class Request(TypedDict):
    """What the parent asks for."""

    name: str
    max_bytes: int
    max_pages: int
    max_characters: int
    memory_bytes: int
    cpu_seconds: int


def main() -> None:
    """Read the document on standard input and write what it holds, or why it can't be read."""
    answers = _answers()
    answers.write(STARTED + b"\n")
    answers.flush()
    request: Request = json.loads(sys.stdin.buffer.readline())
    _limit(resource.RLIMIT_AS, request["memory_bytes"])
    _limit(resource.RLIMIT_CPU, request["cpu_seconds"])
    _limit(resource.RLIMIT_CORE, 0)
    answer = json.dumps(_read(request, sys.stdin.buffer.read()), ensure_ascii=False)
    answers.write(answer.encode("utf-8", "replace"))
    answers.flush()
    # A library's clean-up after a hostile document may crash, and nothing here is worth it.
    os._exit(0)


def _answers() -> BinaryIO:
    """Return the real standard output, and send what native code prints there to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _limit(kind: int, value: int) -> None:
    """Set the soft limit, unless a lower one is set already or the system knows none (macOS has no RLIMIT_AS)."""
    soft, hard = resource.getrlimit(kind)
    if resource.RLIM_INFINITY in (soft, hard) or value < soft:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (value, hard))


def _read(request: Request, body: bytes) -> dict[str, object]:
    parser = DocumentParser(
        max_bytes=request["max_bytes"], max_pages=request["max_pages"], max_characters=request["max_characters"]
    )
    try:
        return {"parsed": asdict(parser.parse(request["name"], body))}
    except DocumentError as error:
        return {"code": error.code, "message": error.message}
    except ModuleNotFoundError as error:
        return {"not_ready": f"A reader is not installed: {error}"}
    except (MemoryError, RecursionError):
        return {"code": "document_too_large", "message": "The file needs more memory to read than is allowed."}


if __name__ == "__main__":
    main()

"""Reads documents in a process of its own, which speaks with its parent over a socket.

It says `ready` and takes a request: a line of JSON with the limits, the name and the size, then the document's bytes.
The answer is lines of JSON: parts of the document, then its end or why it can't be read. After a small document that
it could read it is ready again; otherwise it ends, so that whatever a document left behind is gone with it.
"""

from __future__ import annotations

import base64
import contextlib
import json
import resource
import socket
import time
from collections.abc import Iterator
from dataclasses import fields
from io import BufferedWriter
from typing import Any, BinaryIO, TypedDict

from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.domain import ParsedDocument
from sluice.errors import DocumentError

READY = b"ready"
_SMALL_BYTES = 1024 * 1024
_BUFFER_BYTES = 64 * 1024
_MOST_DOCUMENTS = 100

_FIELDS = [field.name for field in fields(ParsedDocument)]

Answer = dict[str, Any]


class Request(TypedDict):
    """What the parent asks for: the document's text, or a copy of some of its pages."""

    name: str
    size: int
    limits: dict[str, int]
    memory_bytes: int
    cpu_seconds: int
    excerpt: list[int]


def read_documents(channel: socket.socket) -> None:
    """Answer requests on the channel, as long as they come and nothing is amiss."""
    # What is said of a small document goes out at once: each piece would wake the parent.
    outgoing = BufferedWriter(socket.SocketIO(channel, "w"), _BUFFER_BYTES)
    with channel.makefile("rb") as incoming, outgoing:
        for _ in range(_MOST_DOCUMENTS):
            outgoing.write(READY + b"\n")
            outgoing.flush()
            request: Request | None = json.loads(incoming.readline() or b"null")
            if request is None or not _answer(outgoing, request, incoming):
                return


def _answer(outgoing: BufferedWriter[socket.SocketIO], request: Request, incoming: BinaryIO) -> bool:
    """Read one document; return whether this process is fit for another."""
    _limit(resource.RLIMIT_AS, request["memory_bytes"])
    _limit(resource.RLIMIT_CPU, int(time.process_time()) + request["cpu_seconds"])
    _limit(resource.RLIMIT_CORE, 0)
    answer: Answer = {}
    for answer in _read(request, incoming.read(request["size"])):
        outgoing.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
    return "end" in answer and request["size"] <= _SMALL_BYTES


def _limit(kind: int, value: int) -> None:
    """Set the soft limit, as far as the hard one allows and where the system knows it (macOS has no RLIMIT_AS)."""
    _, hard = resource.getrlimit(kind)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


def _read(request: Request, body: bytes) -> Iterator[Answer]:
    parser = DocumentParser(Limits(**request["limits"]))
    try:
        if request["excerpt"]:
            yield {"excerpt": _excerpt(body, request["excerpt"])}
        else:
            for part in parser.parts(request["name"], body):
                yield {"part": _told(part)}
        yield {"end": True}
    except DocumentError as error:
        yield {"code": error.code, "message": error.message}
    except ModuleNotFoundError as error:
        yield {"not_ready": f"A reader is not installed: {error}"}
    except MemoryError:
        yield {"memory_used_up": True}


def _excerpt(body: bytes, pages: list[int]) -> str:
    from sluice.adapters.parsers import pdf

    return base64.b64encode(pdf.excerpt(body, pages)).decode()


def _told(part: ParsedDocument) -> Answer:
    """Return the part's fields by name; `asdict` would copy each of them."""
    told = {name: getattr(part, name) for name in _FIELDS}
    return told | {"blocks": [(block.text, block.page, block.heading) for block in part.blocks]}

"""The parser's process: a hostile document costs nothing but itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sluice.adapters.parsers.isolation import IsolatedParser, environment
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument, NotReady, UnsupportedKind
from sluice.testing.pdfs import pdf
from tests.parsing import read_whole


def isolated(
    *, max_bytes: int = 60_000_000, timeout_seconds: float = 60.0, memory_bytes: int = 1 << 30
) -> IsolatedParser:
    limits = Limits(bytes=max_bytes, pages=100)
    return IsolatedParser(limits, timeout_seconds=timeout_seconds, memory_bytes=memory_bytes)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.pdf", pdf("Un été", "Second")),
        ("ä.md", "# Über\n\nText 😀 \u2028 end".encode()),
        ("a.html", b"<html><body>Hi</body></html>"),
    ],
)
async def test_a_child_reads_what_this_process_reads(parser: DocumentParser, name: str, body: bytes) -> None:
    """Isolation changes nothing about the result."""
    assert await read_whole(isolated(), name, body) == parser.parse(name, body)


@pytest.mark.parametrize(
    ("body", "error"), [(b"", EmptyDocument), (b"\x89PNG", UnsupportedKind), (b"%PDF-1.7 garbage", DamagedDocument)]
)
async def test_a_refusal_keeps_its_class(body: bytes, error: type[Exception]) -> None:
    """The reason in words and its code come through."""
    with pytest.raises(error):
        await read_whole(isolated(), "a.txt", body)


async def test_the_time_limit_ends_the_child() -> None:
    """An endless reader is killed, and the next document is read."""
    with pytest.raises(DocumentTooLarge, match=r"longer to read than 0\.001 seconds"):
        await read_whole(isolated(timeout_seconds=0.001), "a.txt", b"text")

    assert (await read_whole(isolated(), "a.txt", b"text")).kind == "text"


async def test_the_memory_limit_refuses_the_document() -> None:
    """A document that needs more memory than is allowed fails by itself."""
    with pytest.raises((DocumentTooLarge, DamagedDocument)):
        await read_whole(isolated(memory_bytes=64 << 20), "a.txt", b"word " * 8_000_000)


async def test_a_crash_is_a_damaged_document(tmp_path: Path) -> None:
    """A child that dies while it reads is told from one that refuses, and from one that never began."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\ncat > /dev/null; echo started; kill -SEGV $$\n")
    python.chmod(0o755)

    with pytest.raises(DamagedDocument, match="ran out of memory or crashed"):
        await read_whole(IsolatedParser(executable=str(python)), "a.pdf", pdf("Some text."))


async def test_a_child_without_memory_costs_only_its_document() -> None:
    """Whether it can still say so, or dies of it, the next document is read."""
    with pytest.raises((DocumentTooLarge, DamagedDocument)):
        await read_whole(isolated(memory_bytes=1 << 20), "a.pdf", pdf("Some text."))

    assert (await read_whole(isolated(), "a.txt", b"text")).kind == "text"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exit 127", "did not start"),
        ('cat > /dev/null; printf \'started\\n{"not_ready": "A reader is not installed"}\'', "not installed"),
    ],
)
async def test_a_broken_installation_is_not_the_documents_fault(tmp_path: Path, script: str, reason: str) -> None:
    """The document is not failed for it; the same one may be read later."""
    python = tmp_path / "python"
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)

    with pytest.raises(NotReady, match=reason):
        await read_whole(IsolatedParser(executable=str(python)), "a.txt", b"text")


async def test_a_missing_interpreter_is_not_the_documents_fault(tmp_path: Path) -> None:
    """What the system refuses to start is worth another try."""
    with pytest.raises(NotReady, match="could not be started"):
        await read_whole(IsolatedParser(executable=str(tmp_path / "none")), "a.txt", b"text")


def test_a_child_has_no_secrets() -> None:
    """The child's environment holds nothing that this process was given."""
    assert os.environ["AWS_SECRET_ACCESS_KEY"]

    assert set(environment()) == {"LD_LIBRARY_PATH", "PYTHONUTF8"}

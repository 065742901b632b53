"""The parser's process: a hostile document costs nothing but itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import textwrap
from collections.abc import Awaitable
from pathlib import Path

import pytest

from sluice.adapters.parsers.isolation import IsolatedParser
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.reading import DocumentParser
from sluice.adapters.parsers.workers import Workers
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge, EmptyDocument, NotReady, UnsupportedKind
from sluice.testing.pdfs import pdf
from tests.parsing import read_whole


def isolated(
    *, max_bytes: int = 60_000_000, timeout_seconds: float = 60.0, memory_bytes: int = 1 << 30
) -> IsolatedParser:
    limits = Limits(bytes=max_bytes, pages=100)
    return IsolatedParser(limits, timeout_seconds=timeout_seconds, memory_bytes=memory_bytes)


def altered(folder: Path, code: str) -> str:
    """Return a Python whose readers run this before they read `body`."""
    script = folder / "altered.py"
    script.write_text(f"""
import contextlib, os, resource, signal, sys, time
sys.path[:] = {sys.path!r}
from sluice.adapters.parsers import child, forkserver, reading

def is_open(fd):
    with contextlib.suppress(OSError):
        return bool(os.fstat(fd))

class Altered(reading.DocumentParser):
    def parts(self, name, body):
{textwrap.indent(code, " " * 8)}
        return super().parts(name, body)

child.DocumentParser = Altered
forkserver.main()
""")
    python = folder / "python"
    python.write_text(f"#!/bin/sh\nexec {sys.executable} -I -S {script}\n")
    python.chmod(0o755)
    return str(python)


def text_document(text: str) -> ParsedDocument:
    return ParsedDocument("text", (Block(text),))


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


async def test_a_document_that_needs_all_the_memory_gets_it(tmp_path: Path) -> None:
    """Two are read at once with half of it each; one for which this is too little is read again alone."""
    log = tmp_path / "log"
    code = f"""with open({str(log)!r}, "a") as log:
    print(body.decode(), resource.getrlimit(resource.RLIMIT_AS)[0] >> 20, file=log)
if body == b"large" and resource.getrlimit(resource.RLIMIT_AS)[0] <= 256 << 20:
    raise MemoryError"""
    parser = IsolatedParser(memory_bytes=512 << 20, executable=altered(tmp_path, code))

    documents = await asyncio.gather(*(read_whole(parser, "a.txt", body) for body in (b"large", b"small")))

    assert documents == [text_document("large"), text_document("small")]
    assert sorted(log.read_text().splitlines()) == ["large 256", "large 512", "small 256"]


async def test_pages_that_were_told_before_the_memory_was_short_are_not_told_twice(tmp_path: Path) -> None:
    """The second reading goes on where the first one ended."""
    code = """def parts():
    for part in reading.DocumentParser.parts(self, name, body):
        yield part
        if resource.getrlimit(resource.RLIMIT_AS)[0] <= 256 << 20:
            os.kill(os.getpid(), signal.SIGSEGV)
return parts()"""
    parser = IsolatedParser(memory_bytes=512 << 20, executable=altered(tmp_path, code))
    pages = [f"Page {number}" for number in range(40)]

    document = await read_whole(parser, "a.pdf", pdf(*pages))

    assert [block.text for block in document.blocks] == pages


async def test_a_document_that_is_read_again_has_the_rest_of_its_time(tmp_path: Path) -> None:
    """Not the whole of it once more."""
    code = "time.sleep(0.6)\nif resource.getrlimit(resource.RLIMIT_AS)[0] <= 256 << 20: raise MemoryError"
    parser = IsolatedParser(timeout_seconds=1.0, memory_bytes=512 << 20, executable=altered(tmp_path, code))

    with pytest.raises(DocumentTooLarge, match="longer to read than 1 seconds"):
        await read_whole(parser, "a.txt", b"text")


async def test_a_crash_is_a_damaged_document(tmp_path: Path) -> None:
    """A child that dies while it reads is told from one that refuses, and from one that never began."""
    parser = IsolatedParser(executable=altered(tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)"))

    with pytest.raises(DamagedDocument, match="ran out of memory or crashed"):
        await read_whole(parser, "a.pdf", pdf("Some text."))


async def test_a_crash_takes_no_other_document_along(tmp_path: Path) -> None:
    """Those that are read at the same time, and afterwards, come out as ever."""
    python = altered(tmp_path, "b'crash' not in body or os.kill(os.getpid(), signal.SIGSEGV); time.sleep(0.2)")
    parser = IsolatedParser(executable=python)

    def read(text: bytes) -> Awaitable[ParsedDocument]:
        return read_whole(parser, "a.txt", text)

    before, crashed, beside = await asyncio.gather(read(b"one"), read(b"crash"), read(b"two"), return_exceptions=True)
    after = await read(b"three")

    assert isinstance(crashed, DamagedDocument)
    assert [before, beside, after] == [text_document("one"), text_document("two"), text_document("three")]


async def test_a_child_without_memory_costs_only_its_document() -> None:
    """Whether it can still say so, or dies of it, the next document is read."""
    with pytest.raises((DocumentTooLarge, DamagedDocument)):
        await read_whole(isolated(memory_bytes=1 << 20), "a.txt", b"word " * 1_000_000)

    assert (await read_whole(isolated(), "a.txt", b"text")).kind == "text"


async def test_a_reader_that_is_not_installed_is_not_the_documents_fault(tmp_path: Path) -> None:
    """The document is not failed for it; the same one may be read later."""
    parser = IsolatedParser(executable=altered(tmp_path, "sys.modules['pypdfium2'] = None"))

    with pytest.raises(NotReady, match="not installed"):
        await read_whole(parser, "a.pdf", pdf("Some text."))


async def test_a_server_that_dies_is_replaced(tmp_path: Path) -> None:
    """At most one document comes again because of it."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\n[ -e "{tmp_path}/died" ] && exec {sys.executable} "$@"\ntouch "{tmp_path}/died"\n')
    python.chmod(0o755)
    parser = IsolatedParser(executable=str(python))

    with contextlib.suppress(NotReady):
        await read_whole(parser, "a.txt", b"text")

    assert await read_whole(parser, "a.txt", b"text") == text_document("text")
    assert (tmp_path / "died").exists()


async def test_a_server_that_never_starts_is_not_the_documents_fault(tmp_path: Path) -> None:
    """The reason says where to look."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\ncat > /dev/null; exit 127\n")
    python.chmod(0o755)
    parser = IsolatedParser(executable=str(python))

    with pytest.raises(NotReady, match=r"did not start \(exit code 127\)|could not be started"):
        await read_whole(parser, "a.txt", b"text")


async def test_a_missing_interpreter_is_not_the_documents_fault(tmp_path: Path) -> None:
    """What the system refuses to start is worth another try."""
    with pytest.raises(NotReady, match="could not be started"):
        await read_whole(IsolatedParser(executable=str(tmp_path / "none")), "a.txt", b"text")


async def test_a_child_holds_nothing_that_is_not_its_own(tmp_path: Path) -> None:
    """Of this process it has no variable, hence no secret, and of its server and its siblings no open file."""
    assert os.environ["AWS_SECRET_ACCESS_KEY"]
    python = altered(
        tmp_path,
        """body == b'sibling' and time.sleep(60)
held = sorted({os.readlink(f'/proc/self/fd/{fd}').partition(':')[0] for fd in range(3, 64) if is_open(fd)})
body = f"{os.environ.get('AWS_SECRET_ACCESS_KEY')}, {os.readlink('/proc/self/fd/0')}, {held}".encode()""",
    )
    parser = IsolatedParser(executable=python)
    sibling = asyncio.create_task(read_whole(parser, "a.txt", b"sibling"))
    await asyncio.sleep(0)

    held = await read_whole(parser, "a.txt", b"tell")

    sibling.cancel()
    assert held == text_document("None, /dev/null, ['socket']")


def test_nothing_outlives_the_process_that_reads(tmp_path: Path) -> None:
    """Killed while it reads, it takes its server and the child along: all that hold its standard error are gone."""
    python = altered(tmp_path, "print('reading', file=sys.stderr, flush=True); time.sleep(60)")
    code = f"""
import asyncio
from sluice.adapters.parsers.isolation import IsolatedParser

async def read():
    async for _ in IsolatedParser(executable={python!r}).parse("a.txt", b"text"):
        pass

asyncio.run(read())
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == "reading\n"

        process.kill()

        assert process.stderr.read() == ""


async def test_what_a_reader_starts_ends_with_it(tmp_path: Path) -> None:
    """A process that a document made its reader start holds the pipe no longer than the reader does."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    code = f"""held = os.open({str(pipe)!r}, os.O_WRONLY)
if os.fork() == 0:
    time.sleep(30)
    os.write(held, b"outlived")
    os._exit(0)"""

    with pytest.raises(EmptyDocument):
        await read_whole(IsolatedParser(executable=altered(tmp_path, code)), "a.txt", b"")

    os.set_blocking(reading, True)
    assert os.read(reading, 8) == b""
    os.close(reading)


async def test_a_reader_that_says_too_much_is_ended(tmp_path: Path) -> None:
    """Also where each of its words is short: this process keeps them until they are written."""
    code = """def parts():
    while True:
        yield reading.ParsedDocument("text", (), title="x" * 100_000)
return parts()"""
    parser = IsolatedParser(Limits(bytes=10, characters=10), executable=altered(tmp_path, code))

    with pytest.raises(DocumentTooLarge, match="more text than is allowed"):
        await read_whole(parser, "a.txt", b"text")


async def test_a_server_ends_with_its_children() -> None:
    """Without a word and without a fault, those that read and those that wait."""
    workers = Workers()
    reading, waiting = await workers.take(), await workers.take()
    workers.give_back(waiting)

    assert workers.end() == 0

    assert await reading.line(most=0) == b""
    assert workers.end() is None
    reading.end()


async def test_a_process_reads_again_only_after_a_document_that_it_could_read(tmp_path: Path) -> None:
    """A small document that was read leaves it in use; a large one, or one that was refused, does not."""
    log = tmp_path / "log"
    python = altered(tmp_path, f"with open({str(log)!r}, 'a') as log: print(os.getpid(), file=log)")
    parser = IsolatedParser(executable=python)

    for body in (b"one", b"two", b"", b"three", b"large " * 200_000, b"four"):
        with contextlib.suppress(EmptyDocument):
            await read_whole(parser, "a.txt", body)

    first, second, third, fourth, fifth, sixth = log.read_text().split()
    assert first == second == third != fourth == fifth != sixth


async def test_a_process_reads_the_documents_of_one_tenant_only(tmp_path: Path) -> None:
    """Tenants may take turns without a new process each time; where one more comes, the longest idle makes room."""
    log = tmp_path / "log"
    parser = IsolatedParser(
        executable=altered(tmp_path, f"with open({str(log)!r}, 'a') as log: print(os.getpid(), file=log)")
    )

    for tenant in ("acme", "bolt", "acme", "bolt", "cord", "acme"):
        async for _ in parser.parse("a.txt", b"text", tenant=tenant):
            pass

    acme, bolt, acme_again, bolt_again, cord, acme_anew = log.read_text().split()
    assert (acme_again, bolt_again) == (acme, bolt)
    assert len({acme, bolt, cord, acme_anew}) == 4


async def test_pages_are_copied_in_a_process_of_their_own() -> None:
    """Into a PDF of these pages only, in the order in which they were asked for."""
    parser = isolated()

    copy = await parser.excerpt(pdf("One", "Two", "Three"), [3, 1])

    assert (await read_whole(parser, "a.pdf", copy)).blocks == (Block("Three", page=1), Block("One", page=2))
    with pytest.raises(DamagedDocument):
        await parser.excerpt(b"%PDF-1.7 nothing", [1])

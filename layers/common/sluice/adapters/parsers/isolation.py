"""Reads each document in a process of its own, so that a hostile one costs nothing but itself."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict

from sluice import errors
from sluice.adapters.parsers.allowance import Allowance
from sluice.adapters.parsers.child import READY, Answer, Request
from sluice.adapters.parsers.limits import Limits
from sluice.adapters.parsers.turns import Turns
from sluice.adapters.parsers.worker import Worker
from sluice.adapters.parsers.workers import Workers
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentError, DocumentTooLarge, NotReady

# What the memory is shared between.
_AT_ONCE = 2
_PIECE_BYTES = 1 << 18


class IsolatedParser:
    """Reads each document in a child process with limits on time and memory.

    A child gets documents and nothing else: no environment, hence no credentials. It reads one after the other, all of
    one tenant, as long as they are small and nothing is amiss. Two are read at once, each with half of the memory;
    where this does not suffice, or a child dies, the document is read again alone, by a fresh child with all of the
    memory, in what is left of its time.
    """

    def __init__(
        self,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        *,
        timeout_seconds: float = 60.0,
        memory_bytes: int = 1024 * 1024 * 1024,
        executable: str = sys.executable,
    ) -> None:
        self._limits = limits
        self._told_limits = asdict(limits)
        # What a child may say of a document: its text, which the limit on characters bounds, or a copy of its pages.
        self._most_bytes = 8 * limits.characters + 2 * limits.bytes + (1 << 20)
        self._timeout_seconds = timeout_seconds
        self._memory_bytes = memory_bytes
        self._workers = Workers(executable)
        self._turns = Turns(_AT_ONCE)

    async def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:
        """Yield the document in parts as they are read; raise `DocumentError`, even for a bomb or a crash.

        Raises `NotReady` when no child can be started, for which no document is to blame.
        """
        async with aclosing(self._answers(self._request(name, body), body, tenant)) as answers:
            async for answer in answers:
                yield _parsed(answer["part"])

    async def excerpt(self, body: bytes, pages: Sequence[int], *, tenant: str = "") -> bytes:
        """Return a PDF of some pages of a PDF; raise what `parse` does."""
        async with aclosing(self._answers(self._request("", body, pages), body, tenant)) as answers:
            return b"".join([base64.b64decode(answer["excerpt"]) async for answer in answers])

    async def _answers(self, request: Request, body: bytes, tenant: str) -> AsyncGenerator[Answer, None]:
        told, time = 0, Allowance(self._timeout_seconds)
        try:
            request["memory_bytes"] = self._memory_bytes // _AT_ONCE
            answers = self._read(request, body, tenant, time)
            async with self._turns.beside(), time.spent(), aclosing(answers):
                async for answer in answers:
                    told += 1
                    yield answer
        except (_MemoryUsedUp, _ReaderDied):
            request["memory_bytes"] = self._memory_bytes
            answers = self._read(request, body, tenant, time, fresh=True)
            async with self._turns.alone(), time.spent(), aclosing(answers):
                async for answer in answers:
                    told -= 1
                    if told < 0:
                        yield answer

    async def _read(
        self, request: Request, body: bytes, tenant: str, time: Allowance, *, fresh: bool = False
    ) -> AsyncGenerator[Answer, None]:
        head = json.dumps(request).encode() + b"\n"
        async with time.kept():
            worker = await self._workers.take(tenant, fresh=fresh)
        is_ready = False
        try:
            async with time.kept():
                # A small document goes in one piece: each wakes the child.
                await worker.send(*([head + body] if len(body) < _PIECE_BYTES else [head, body]))
            left = self._most_bytes
            while "end" not in (answer := _answer(line := await self._line(worker, time, left))):
                left -= len(line)
                yield answer
            is_ready = await self._line(worker, time, left) == READY
        finally:
            if is_ready:
                self._workers.give_back(worker)
            else:
                worker.end()

    async def _line(self, worker: Worker, time: Allowance, most: int) -> bytes:
        if (line := worker.next_line()) is not None:
            return line
        try:
            async with time.kept():
                return await worker.line(most=most)
        except ValueError as error:
            raise DocumentTooLarge("The file holds more text than is allowed.") from error

    def _request(self, name: str, body: bytes, excerpt: Sequence[int] = ()) -> Request:
        return Request(
            name=name,
            size=len(body),
            limits=self._told_limits,
            memory_bytes=self._memory_bytes,
            cpu_seconds=int(self._timeout_seconds) + 1,
            excerpt=[*excerpt],
        )


class _MemoryUsedUp(DocumentTooLarge):
    """The child could still say so."""


class _ReaderDied(DamagedDocument):
    """The child could not say why."""


def _answer(line: bytes) -> Answer:
    """Return what the line says, or raise why there is no more; a broken line is a damaged document."""
    try:
        answer: Answer = json.loads(line)
    except ValueError as error:
        raise _ReaderDied("The file can't be read: its reader ran out of memory or crashed on it.") from error
    if "not_ready" in answer:
        raise NotReady(answer["not_ready"])
    if "memory_used_up" in answer:
        raise _MemoryUsedUp("The file needs more memory to read than is allowed.")
    if "code" in answer:
        raise _error(answer["code"], answer["message"])
    return answer


def _parsed(part: Answer) -> ParsedDocument:
    blocks = tuple(Block(*block) for block in part.pop("blocks"))
    return ParsedDocument(blocks=blocks, unread=tuple(part.pop("unread")), **part)


def _error(code: str, message: str) -> DocumentError:
    kinds = (kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DocumentError))
    return next((kind for kind in kinds if kind.code == code), DocumentError)(message)

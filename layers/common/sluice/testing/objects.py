"""A bucket, its queue, a parser and a reader of scans for tests."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

from sluice.domain import Block, ObjectRef, ParsedDocument
from sluice.errors import DocumentBusy, DocumentTooLarge, InvalidInput, ObjectGone
from sluice.ports import DeadLetter, StoredObject


@dataclass
class InMemoryObjects:
    """The `ObjectStore` in a dictionary. An error in `failures` is raised by the next call of `read`."""

    bucket: str = "documents"
    contents: dict[tuple[str, str], bytes] = field(default_factory=dict)
    metadata: dict[tuple[str, str], Mapping[str, str]] = field(default_factory=dict)
    failures: deque[Exception] = field(default_factory=deque)

    async def read(self, ref: ObjectRef, *, max_bytes: int) -> StoredObject:
        if self.failures:
            raise self.failures.popleft()
        now = await self.current(ref)
        if now is None:
            raise ObjectGone
        if now.size > max_bytes:
            raise DocumentTooLarge(f"The file has {now.size:,} bytes; at most {max_bytes:,} are allowed.")
        place = (ref.bucket, ref.key)
        return StoredObject(now, self.contents[place], self.metadata.get(place, {}))

    async def current(self, ref: ObjectRef) -> ObjectRef | None:
        body = self.contents.get((ref.bucket, ref.key))
        return None if body is None else ObjectRef(ref.bucket, ref.key, etag(body), len(body))

    async def list(self) -> AsyncGenerator[ObjectRef, None]:
        for (bucket, key), body in sorted(self.contents.items(), key=lambda item: item[0][1].encode()):
            ref = ObjectRef(bucket, key, etag(body), len(body))
            if bucket == self.bucket and ref.is_document:
                yield ref

    async def write(
        self, key: str, body: bytes, *, content_type: str | None = None, metadata: Mapping[str, str] | None = None
    ) -> ObjectRef:
        self.contents[self.bucket, key] = body
        self.metadata[self.bucket, key] = metadata or {}
        return ObjectRef(self.bucket, key, etag(body), len(body))

    async def carried(self, ref: ObjectRef) -> Mapping[str, str]:
        if await self.current(ref) is None:
            raise ObjectGone
        return self.metadata.get((ref.bucket, ref.key), {})

    async def relabel(self, ref: ObjectRef, metadata: Mapping[str, str]) -> ObjectRef:
        now = await self.current(ref)
        if now is None:
            raise ObjectGone
        if now.etag != ref.etag:
            raise DocumentBusy
        self.metadata[ref.bucket, ref.key] = metadata
        return now

    async def delete(self, ref: ObjectRef) -> None:
        self.contents.pop((ref.bucket, ref.key), None)

    async def presign_upload(
        self, key: str, *, max_bytes: int, expires_seconds: int, metadata: Mapping[str, str] | None = None
    ) -> tuple[str, dict[str, str]]:
        if "${filename}" in key.lower():
            raise InvalidInput("The name can't hold ${filename}; the bucket would put another name there.")
        carried = {f"x-amz-meta-{name}": text for name, text in (metadata or {}).items()}
        policy = f"{max_bytes} bytes, {expires_seconds} seconds"
        return f"https://{self.bucket}.test/", {"key": key, "policy": policy, **carried}

    async def presign_read(self, ref: ObjectRef, *, expires_seconds: int) -> str:
        return f"https://{ref.bucket}.test/{ref.key}?expires={expires_seconds}"


def etag(body: bytes) -> str:
    """Return the etag that S3 gives to an object that was put at once."""
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class Sent:
    body: str
    delay_seconds: int = 0
    again: bool = False


@dataclass
class InMemoryQueue:
    """The `IngestQueue` in lists; each call takes an entry of `failures` and raises it, unless that is None."""

    sent: list[Sent] = field(default_factory=list)
    delayed: dict[str, int] = field(default_factory=dict)
    dead: list[DeadLetter] = field(default_factory=list)
    failures: deque[Exception | None] = field(default_factory=deque)

    async def send(self, body: str, *, delay_seconds: int = 0, again: bool = False) -> None:
        self._fail()
        self.sent.append(Sent(body, delay_seconds, again))

    async def show_again(self, receipt: str, *, after_seconds: int) -> None:
        self._fail()
        self.delayed[receipt] = after_seconds

    async def dead_letters(self) -> list[DeadLetter]:
        self._fail()
        return self.dead[:10]

    async def drop(self, letter: DeadLetter) -> None:
        self._fail()
        self.dead.remove(letter)

    def _fail(self) -> None:
        if self.failures and (failure := self.failures.popleft()):
            raise failure


class ScriptedParser:
    """Reads UTF-8 as one block a page, pages parted by form feeds; an error in `failures` is raised instead.

    `names` records what was parsed, `tenants` whose it was.
    """

    def __init__(self) -> None:
        self.failures: deque[Exception] = deque()
        self.names: list[str] = []
        self.tenants: list[str] = []

    async def parse(self, name: str, body: bytes, *, tenant: str = "") -> AsyncGenerator[ParsedDocument, None]:
        self.names.append(name)
        self.tenants.append(tenant)
        if self.failures:
            raise self.failures.popleft()
        pages = body.decode().split("\f")
        blocks = tuple(Block(text, page) for page, text in enumerate(pages, 1))
        yield ParsedDocument("text", blocks, pages=len(pages))

    async def excerpt(self, body: bytes, pages: Sequence[int], *, tenant: str = "") -> bytes:
        self.tenants.append(tenant)
        texts = body.decode().split("\f")
        return "\f".join(texts[page - 1] for page in pages).encode()


@dataclass
class ScriptedRecognizer:
    """Recognizes what it is told, a block a page; `refs` records what was to be recognized.

    An error in `failures` is raised instead.
    """

    pages: tuple[str, ...]
    refs: list[ObjectRef] = field(default_factory=list)
    failures: deque[Exception] = field(default_factory=deque)

    async def recognize(self, ref: ObjectRef) -> tuple[Block, ...]:
        self.refs.append(ref)
        if self.failures:
            raise self.failures.popleft()
        return tuple(Block(text, page) for page, text in enumerate(self.pages, 1))

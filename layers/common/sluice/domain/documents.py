"""Documents, the objects that they come from, and the chunks that they become."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from urllib.parse import unquote
from uuid import UUID

from sluice.domain.access import DEFAULT_TENANT, Caller

DEFAULT_COLLECTION = "default"
# Keys of objects in the bucket that are none of anybody's documents: copies of pages, as long as they are worked on.
WORKING = ".sluice/"


TENANTS = "tenants"


class DocumentStatus(StrEnum):
    """Where a document stands: `pending -> processing -> ready | failed`.

    A `deleted` one is a tombstone: never listed, it only outlives the late events of its object.
    """

    PENDING = "pending"
    PROCESSING = "processing"
    READY = "ready"
    FAILED = "failed"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """One version of an object in a bucket; `etag` changes whenever its bytes do.

    `sequencer` orders what happened to one key (see `sequence`) and is empty where nobody said; `written_at` is when it
    happened.
    """

    bucket: str
    key: str
    etag: str = ""
    size: int = 0
    sequencer: str = ""
    written_at: datetime | None = None

    @property
    def source(self) -> str:
        """The address under which the object's document is known: `s3://bucket/key`."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def name(self) -> str:
        return self.key.rsplit("/", 1)[-1]

    @property
    def is_document(self) -> bool:
        """Whether somebody put it there to be read: a folder's marker and what is being worked on are none.

        Nor is what PostgreSQL can't name: a text without NUL.
        """
        return not self.key.endswith("/") and not self.key.startswith(WORKING) and "\0" not in self.key

    @property
    def tenant(self) -> str:
        """Whose object it is: a key `tenants/<tenant>/...` says so, any other is the default tenant's."""
        first, *others = self.key.split("/")
        return unquote(others[0]) if first == TENANTS and len(others) > 1 else DEFAULT_TENANT

    @property
    def collection(self) -> str:
        """The first folder of the key, after its tenant's; `default` for a key without one."""
        folders = self.key.split("/")[:-1]
        if folders[:1] == [TENANTS] and len(folders) > 1:
            folders = folders[2:]
        return folders[0] if folders and folders[0] else DEFAULT_COLLECTION


def sequence(sequencer: str) -> str:
    """Return S3's sequencer in a form whose order is that of text: S3 pads the shorter of two with zeros at its end."""
    return sequencer.strip().upper().rstrip("0")


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its owner sees it. `reason` and `code` say why it failed, in words and for programs.

    `pages_without_text` is null where the kind has no pages, and until it is known.
    `step`, `done` and `total` are the progress of the work on it, `tokens` and `cost` (US dollars) what embedding it
    has taken so far.
    """

    id: UUID
    collection: str
    source: str
    title: str
    status: DocumentStatus
    etag: str = ""
    kind: str | None = None
    size: int = 0
    pages: int | None = None
    pages_without_text: int | None = None
    chunks: int = 0
    code: str | None = None
    reason: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    sequencer: str = ""
    step: str | None = None
    done: int | None = None
    total: int | None = None
    tokens: int = 0
    cost: float = 0.0
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on a document, good until its lease runs out or its object changes; every write renews it.

    New chunks are written under `version`, beside those that readers see.
    """

    caller: Caller
    document: Document
    token: UUID
    version: UUID
    lease_seconds: float


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text that a parser found in one place: a page, or what stands under a heading.

    `page` counts a PDF's pages, a presentation's slides, a workbook's sheets; a sheet's name is its heading.
    """

    text: str
    page: int | None = None
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """What a parser read: the kind it decided on by content, a title if there is one, and the blocks in order.

    `unread` are pages that show something of which no block, or no more than a stamp, tells.
    """

    kind: str
    blocks: tuple[Block, ...]
    title: str | None = None
    pages: int | None = None
    unread: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document's text. `start` and `end` are character offsets into the blocks joined by blank lines."""

    ordinal: int
    content: str
    start: int
    end: int
    page: int | None = None
    heading: str | None = None
    # The address of the content: the first half of a SHA-256, the same wherever it stands. Asked for many times.
    digest: UUID = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        address = hashlib.sha256(f"{self.heading or ''}\0{self.content}".encode()).digest()[:16]
        object.__setattr__(self, "digest", UUID(bytes=address))

    @property
    def embedded_text(self) -> str:
        """What the vector stands for: a chunk is found by what it says and by the headings that it stands under."""
        return f"{self.heading}\n{self.content}" if self.heading else self.content


@dataclass(frozen=True, slots=True)
class EmbeddingUsage:
    """What embedding took: tokens as the provider counted them, and US dollars where the price is known."""

    tokens: int = 0
    cost: float = 0.0

    def __add__(self, more: EmbeddingUsage) -> EmbeddingUsage:
        return EmbeddingUsage(self.tokens + more.tokens, self.cost + more.cost)

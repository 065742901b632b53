"""The nouns of Sluice: documents, chunks, passages, conversations."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import unquote
from uuid import UUID

DEFAULT_COLLECTION = "default"
DEFAULT_TENANT = "default"
TENANTS = "tenants"
Vector = list[float]


def uuid7() -> UUID:
    """Return a time-ordered UUID, so that keys need no sequence and sort by age.

    RFC 9562 version 7, with the part of a millisecond in `rand_a` (its method 3).
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    fraction = nanoseconds * 4096 // 1_000_000
    random = int.from_bytes(os.urandom(8), "big") >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


class Scope(StrEnum):
    """What a caller may do. `admin` may do everything."""

    ASK = "ask"
    INGEST = "ingest"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a subject may use; None is no limit. Days and months are those of UTC, money is US dollars."""

    requests_per_minute: float | None = None
    burst: int | None = None
    streams: int | None = None
    tokens_per_day: int | None = None
    tokens_per_month: int | None = None
    dollars_per_day: float | None = None
    dollars_per_month: float | None = None

    def limits(self) -> dict[str, float]:
        """Return the limits that are set, by name."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def is_budgeted(self) -> bool:
        """Whether anything but the pace of requests is limited."""
        return bool(self.limits().keys() - {"requests_per_minute", "burst"})

    @classmethod
    def of(cls, limits: Mapping[str, Any]) -> Self:
        """Return the allowance of `limits()`; names that this code does not know are left out."""
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in limits.items() if name in known})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. Every stored row belongs to a tenant, and every query names one.

    `user` is empty where nobody has to sign in; `key_id` names the API key, where one was shown, and `allowance` what
    this key may use beside what its user may.
    """

    tenant: str = DEFAULT_TENANT
    user: str = ""
    scopes: frozenset[Scope] = frozenset(Scope)
    key_id: str | None = None
    allowance: Allowance = Allowance()

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes


# --- Documents ---------------------------------------------------------------


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
    """What a parser read: the kind it decided on by content, a title if there is one, and the blocks in order."""

    kind: str
    blocks: tuple[Block, ...]
    title: str | None = None
    pages: int | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document's text. `start` and `end` are character offsets into the blocks joined by blank lines."""

    ordinal: int
    content: str
    start: int
    end: int
    page: int | None = None
    heading: str | None = None

    @property
    def embedded_text(self) -> str:
        """What the vector stands for: a chunk is found by what it says and by the headings that it stands under."""
        return f"{self.heading}\n{self.content}" if self.heading else self.content

    @property
    def digest(self) -> UUID:
        """The address of the chunk's content: the first half of a SHA-256, the same wherever it stands."""
        return UUID(bytes=hashlib.sha256(f"{self.heading or ''}\0{self.content}".encode()).digest()[:16])


@dataclass(frozen=True, slots=True)
class EmbeddingUsage:
    """What embedding took: tokens as the provider counted them, and US dollars where the price is known."""

    tokens: int = 0
    cost: float = 0.0


# --- Retrieval ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents a search may look at. An empty field does not restrict."""

    collection: str | None = None
    document_ids: tuple[UUID, ...] = ()
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each leg of the search counts in the fusion; a leg of weight 0 finds no candidates of its own."""

    dense: float = 0.5
    lexical: float = 0.5

    def __post_init__(self) -> None:
        if min(self.dense, self.lexical) < 0 or self.dense + self.lexical == 0:
            raise ValueError("weights can't be negative, and one must be positive")


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that a search found, with where it stands.

    `similarity` is the cosine to the query, `score` (0 to 1) what meaning and words come to by their weights.
    """

    chunk_id: UUID
    document_id: UUID
    source: str
    title: str
    content: str
    start: int
    end: int
    score: float
    similarity: float
    page: int | None = None
    heading: str | None = None
    metadata: Mapping[str, object] = field(default_factory=dict)


# --- Conversations -----------------------------------------------------------


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, as the model counted them, and US dollars where somebody reckoned."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None

    @property
    def tokens(self) -> int:
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, slots=True)
class Source:
    """A passage as the client sees it: numbered from 1 as in the prompt, with its best sentence as `quote`."""

    id: int
    document_id: UUID
    title: str
    source: str
    page: int | None
    start: int
    end: int
    quote: str
    score: float


@dataclass(frozen=True, slots=True)
class Message:
    """A question or an answer, and the message that it follows: a conversation is a tree, of which nothing is replaced.

    `sources` holds what an answer was made from, `citations` what it really cited. An answer that is still being made
    has no `finish_reason`.
    """

    id: UUID
    role: Role
    content: str
    citations: tuple[Source, ...] = ()
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    created_at: datetime | None = None
    parent_id: UUID | None = None
    sources: tuple[Source, ...] = ()


class TitledBy(StrEnum):
    """Where a title comes from; a later one of these takes the place of an earlier one, never the reverse."""

    QUESTION = "question"
    MODEL = "model"
    USER = "user"


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation with its messages, oldest first. `tip` is the last message of the path that is being read."""

    id: UUID
    title: str
    messages: tuple[Message, ...] = ()
    created_at: datetime | None = None
    updated_at: datetime | None = None
    tip: UUID | None = None
    titled_by: TitledBy = TitledBy.QUESTION


@dataclass(frozen=True, slots=True)
class Turn:
    """A question that is about to be answered, with the ids that the two messages will have.

    It follows the answer `parent_id` (None: it begins the conversation anew), or where `at_tip` is set, whatever the
    conversation ended with. `may_begin` allows a conversation that does not exist yet, which `title` will name.
    """

    conversation_id: UUID
    question_id: UUID
    answer_id: UUID
    text: str
    model: str
    title: str
    may_begin: bool = False
    at_tip: bool = True
    parent_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Regeneration:
    """Another answer to the question that `message_id` is, or is an answer to."""

    conversation_id: UUID
    message_id: UUID
    answer_id: UUID
    model: str

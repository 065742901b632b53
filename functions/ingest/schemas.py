"""The queries and bodies of the ingest function's requests and answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from sluice.domain import DEFAULT_COLLECTION, Document, DocumentStatus

# JSON, and bounded where it is read.
MetadataText = Annotated[str | None, StringConstraints(max_length=20_000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]
Folder = Annotated[str, StringConstraints(max_length=1_000)]
ListedStatus = Literal[DocumentStatus.PENDING, DocumentStatus.PROCESSING, DocumentStatus.READY, DocumentStatus.FAILED]


class Request(BaseModel):
    """A request that says no more than it may: a misspelt field is an error, not a silence."""

    model_config = ConfigDict(extra="forbid")


class UploadQuery(Request):
    """Where an uploaded file goes, in a folder of the collection where one is named; multipart brings its own name."""

    name: Name | None = None
    collection: Name = DEFAULT_COLLECTION
    folder: Folder = ""
    metadata: MetadataText = None


class ListQuery(Request):
    """Which documents; `before` is the `next` of the page that came last."""

    collection: Name | None = None
    status: ListedStatus | None = None
    source: Annotated[str | None, StringConstraints(max_length=2_000)] = None
    before: UUID | None = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class PresignRequest(Request):
    name: Name
    collection: Name = DEFAULT_COLLECTION
    folder: Folder = ""
    metadata: dict[str, object] = {}


class LabelsRequest(Request):
    """New values by key; null takes a key away."""

    metadata: dict[str, object]


class PresignedUpload(BaseModel):
    """A form to POST to `url`: `fields` first, then the file, of at most `max_bytes`, as `file`.

    `source` is that of the document that the file becomes, by which the list of documents finds it.
    """

    url: str
    fields: dict[str, str]
    source: str
    max_bytes: int
    expires_seconds: int


class ReconcileQuery(Request):
    repair: bool = True


class Redriven(BaseModel):
    messages: int


class DocumentBody(BaseModel):
    """A document; `step`, `done` and `total` say how far the work on it is, as the stream of an upload does.

    `pages_without_text` is null where the kind has no pages, or where it is not known.
    `tokens` and `cost` (US dollars, 0 where the price is unknown) are what embedding this version has taken.
    """

    id: UUID
    collection: str
    source: str
    title: str
    status: DocumentStatus
    kind: str | None
    size: int
    pages: int | None
    pages_without_text: int | None
    chunks: int
    code: str | None
    reason: str | None
    step: str | None
    done: int | None
    total: int | None
    tokens: int
    cost: float
    metadata: dict[str, object]
    created_at: datetime | None
    updated_at: datetime | None

    @classmethod
    def of(cls, document: Document) -> DocumentBody:
        return cls.model_validate({name: getattr(document, name) for name in cls.model_fields})


class DocumentList(BaseModel):
    """A page of the list; `next` is the `before` of the one that follows, null where none does."""

    documents: list[DocumentBody]
    next: UUID | None

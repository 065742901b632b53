"""The nouns of Sluice: documents, chunks, passages, conversations."""

from sluice.domain.access import DEFAULT_TENANT, Allowance, Caller, Scope
from sluice.domain.conversations import Conversation, Message, Regeneration, Role, Source, TitledBy, Turn, Usage
from sluice.domain.documents import (
    DEFAULT_COLLECTION,
    TENANTS,
    Block,
    Chunk,
    Claim,
    Document,
    DocumentStatus,
    EmbeddingUsage,
    ObjectRef,
    ParsedDocument,
    sequence,
)
from sluice.domain.identity import uuid7
from sluice.domain.retrieval import EmbeddingSpace, Filter, Passage, Vector, Weights

__all__ = [
    "DEFAULT_COLLECTION",
    "DEFAULT_TENANT",
    "TENANTS",
    "Allowance",
    "Block",
    "Caller",
    "Chunk",
    "Claim",
    "Conversation",
    "Document",
    "DocumentStatus",
    "EmbeddingSpace",
    "EmbeddingUsage",
    "Filter",
    "Message",
    "ObjectRef",
    "ParsedDocument",
    "Passage",
    "Regeneration",
    "Role",
    "Scope",
    "Source",
    "TitledBy",
    "Turn",
    "Usage",
    "Vector",
    "Weights",
    "sequence",
    "uuid7",
]

"""How much a stack is used, and what it is made of; the defaults are assumptions, each of them said."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

Profile = Literal["proxy", "pause", "existing"]
PROFILES: tuple[Profile, ...] = ("proxy", "pause", "existing")


def _assumed(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True, slots=True)
class Use:
    """One month. Each field is an option of the command."""

    questions: float = _assumed(1_000, "questions")
    documents: float = _assumed(100, "documents put into the bucket")
    active_hours: float = _assumed(40, "hours in which somebody asks; a database that pauses is awake in them")
    answer_seconds: float = _assumed(8, "seconds for which an answer streams")
    cold_starts: float = _assumed(0.05, "share of questions that start an environment")
    prompt_tokens: float = _assumed(4_000, "tokens of a prompt: passages, history, question")
    answer_tokens: float = _assumed(300, "tokens of an answer")
    prompt_price: float = _assumed(3.0, "US dollars for a million prompt tokens")
    answer_price: float = _assumed(15.0, "US dollars for a million answer tokens")
    embedding_price: float = _assumed(0.02, "US dollars for a million embedded tokens")
    document_seconds: float = _assumed(10, "seconds of work on a document")
    document_chunks: float = _assumed(30, "chunks of a document, of 300 tokens each")
    document_megabytes: float = _assumed(2, "megabytes of a document in the bucket")
    stored_gigabytes: float = _assumed(1, "gigabytes in the database already")
    memory_megabytes: float = _assumed(1_769, "megabytes of memory of each function")

    @property
    def memory(self) -> float:
        """Gigabytes, as AWS counts them for functions."""
        return self.memory_megabytes / 1024


def assumptions() -> dict[str, tuple[float, str]]:
    """Return each field's default and meaning."""
    return {it.name: (it.default, it.metadata["meaning"]) for it in fields(Use)}  # type: ignore[misc] # all have one

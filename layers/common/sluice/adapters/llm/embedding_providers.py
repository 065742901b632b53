"""What providers of embeddings take in one request, and how they want to be asked."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from sluice import tokens

Purpose = Literal["query", "document"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's limits, where it has any: texts and tokens of a request, characters of a text; and its dialect.

    `input_types` are told by those that embed questions and documents differently. `in_bytes` says that vectors are
    asked for in base 64, as OpenAI's own clients ask: a third of the answer, and a small part of the time to read it.
    """

    texts: int | None = None
    tokens: int | None = None
    characters: int | None = None
    input_types: Mapping[Purpose, str] = field(default_factory=dict)
    in_bytes: bool = False


_COHERE: Mapping[Purpose, str] = {"query": "search_query", "document": "search_document"}
_VOYAGE: Mapping[Purpose, str] = {"query": "query", "document": "document"}
_OPENAI = Provider(texts=2_048, tokens=300_000, in_bytes=True)

# The first pattern that fits the name counts. A refusal for another limit, or a new one, is met by asking for less.
_PROVIDERS: Sequence[tuple[str, Provider]] = (
    ("openai/*", _OPENAI),
    ("azure/*", _OPENAI),
    ("cohere/*", Provider(texts=96, input_types=_COHERE)),
    ("bedrock/*cohere.embed-*-v3*", Provider(texts=96, characters=2_048, input_types=_COHERE)),
    ("bedrock/*cohere.*", Provider(texts=96, input_types=_COHERE)),
    # LiteLLM would send the others' texts one by one, and a failure would cost those that went before.
    ("bedrock/*", Provider(texts=1)),
    ("gemini/*", Provider(texts=100)),
    ("vertex_ai/gemini-embedding-*", Provider(texts=1)),
    ("vertex_ai/*", Provider(texts=250, tokens=20_000)),
    ("voyage/*", Provider(texts=1_000, tokens=120_000, input_types=_VOYAGE)),
    ("mistral/*", Provider(tokens=16_000)),
)


def provider_of(model: str) -> Provider:
    """Return what is known of the provider of a model, by its LiteLLM name."""
    return next((known for pattern, known in _PROVIDERS if fnmatch.fnmatchcase(model, pattern)), Provider())


def requests(texts: Sequence[str], provider: Provider, *, most: int) -> Iterator[range]:
    """Yield the places of the texts of each request: at most `most`, and no more than the provider takes.

    Tokens are estimated, rather too many than too few. A text that is too long by itself has a request of its own.
    """
    most, start, sum_of_tokens = min(most, provider.texts or most), 0, 0
    for place, text in enumerate(texts):
        more = tokens.estimate(text) if provider.tokens else 0
        is_over = provider.tokens is not None and sum_of_tokens + more > provider.tokens
        if place > start and (place - start == most or is_over):
            yield range(start, place)
            start, sum_of_tokens = place, 0
        sum_of_tokens += more
    if start < len(texts):
        yield range(start, len(texts))

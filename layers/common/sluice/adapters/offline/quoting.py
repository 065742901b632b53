"""Choosing the sentences that may answer a question."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sluice import words
from sluice.adapters.offline import embedding, sentences, table
from sluice.domain import Vector
from sluice.prompting import NumberedPassage

QUOTES = 3
LONGEST_QUOTE = 400
STEM = 5
"""Words that begin with the same five letters count as the same."""

COVERAGE, LIKENESS, POSITION = 0.6, 0.4, 0.05
LEAST = 0.53
"""The score below which a sentence is not worth quoting; measured by benchmarks/offline_models.py."""
BESIDE_THE_BEST = 0.85
"""Of the best sentence's score: what a second and third quote must reach."""
NOVELTY = 0.7
"""What the score counts against how much a sentence repeats what is quoted already (Carbonell and Goldstein 1998)."""

_ASKING = """
a an and are by can could did do does for how in is it its many much of on or should that the there this to was were
what when where which who whom whose why will with would
"""
_QUESTION_WORDS = frozenset(_ASKING.split())
_PRONOUN = re.compile(r"(?:It|Its|He|His|She|Her|They|Their|This|These|That|Those)\b")
_TOKEN = re.compile(r"[\w'’-]+")
_MARKER = re.compile(r"\s?\[\d+(?:\s*,\s*\d+)*\]")


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of passage `id` as it stands there, but for white space and its own bracketed numbers."""

    id: int
    text: str
    score: float
    vector: Vector


def best(question: str, passages: Sequence[NumberedPassage]) -> list[Quote]:
    """Return up to `QUOTES` sentences, the best first; none when nothing fits the question."""
    candidates = sorted(_candidates(question, passages), key=lambda quote: -quote.score)
    if not candidates or candidates[0].score < LEAST:
        return []
    least = max(LEAST, BESIDE_THE_BEST * candidates[0].score)
    return _diverse([quote for quote in candidates if quote.score >= least][: 4 * QUOTES])


def _candidates(question: str, passages: Sequence[NumberedPassage]) -> Iterator[Quote]:
    wanted, named = _weights(question), _named(question)
    asked = embedding.embed(question)
    for passage in passages:
        context = _stems(passage.content)
        split = list(sentences.split(passage.content))
        for place, sentence in enumerate(_with_referents(split)):
            if not named <= _stems(" ".join(split[max(0, place - 1) : place + 2])):
                continue
            text = _shorten(_MARKER.sub("", sentence))
            vector = embedding.embed(text)
            score = (
                COVERAGE * _coverage(wanted, _stems(text), context)
                + LIKENESS * _cosine(asked, vector)
                + POSITION / (passage.id + place)
            )
            yield Quote(passage.id, text, score, vector)


def _named(question: str) -> set[str]:
    """Return the stems of the question's names and numbers: what speaks of none of them speaks of something else.

    Where most words have a capital, as in a headline or in German, capitals name nothing.
    """
    first, *others = _TOKEN.findall(question) or [""]
    said = [token for token in others if token.lower() not in _QUESTION_WORDS]
    capital = [token for token in said if token[0].isupper()]
    numbers = [token for token in (first, *others) if token[:1].isdigit()]
    names = capital if 2 * len(capital) <= len(said) else []
    return {word[:STEM] for token in [*names, *numbers] for word in words.split(token) if len(word) > 1}


def _with_referents(split: Iterable[str]) -> Iterator[str]:
    """Put before a sentence that begins with a pronoun the one that says what the pronoun means."""
    before = ""
    for sentence in split:
        yield f"{before} {sentence}" if before and _PRONOUN.match(sentence) else sentence
        before = sentence


def _weights(question: str) -> dict[str, float]:
    """What the question asks about: the stems of its words with their rarity."""
    asked = [word for word in words.split(question) if word not in _QUESTION_WORDS]
    return {word[:STEM]: table.rarity(word) for word in asked}


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in words.split(text)}


def _coverage(wanted: dict[str, float], found: set[str], context: set[str]) -> float:
    """Return the share of the question that a sentence holds; what only its passage holds counts half."""
    held = sum(weight * (1.0 if stem in found else 0.5) for stem, weight in wanted.items() if stem in context)
    return held / (sum(wanted.values()) or 1.0)


def _diverse(candidates: list[Quote]) -> list[Quote]:
    chosen: list[Quote] = []
    while candidates and len(chosen) < QUOTES:
        quote = max(candidates, key=lambda each: NOVELTY * each.score - (1 - NOVELTY) * _repetition(each, chosen))
        candidates.remove(quote)
        if not any(_repeats(quote, other) for other in chosen):
            chosen.append(quote)
    return chosen


def _repeats(quote: Quote, other: Quote) -> bool:
    """Overlapping chunks hold the same sentence twice, and a sentence may stand alone and before its pronoun."""
    return quote.text in other.text or other.text in quote.text


def _repetition(quote: Quote, chosen: Sequence[Quote]) -> float:
    return max((_cosine(quote.vector, other.vector) for other in chosen), default=0.0)


def _cosine(one: Vector, other: Vector) -> float:
    return float(sum(map(operator.mul, one, other)))


def _shorten(sentence: str) -> str:
    if len(sentence) <= LONGEST_QUOTE:
        return sentence
    return sentence[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"

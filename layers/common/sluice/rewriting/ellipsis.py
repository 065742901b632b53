"""Whether a question can be understood without what was said before it.

The decision is cheap and careful: a question that is taken for a follow-up by mistake costs a moment, one that is taken
for complete by mistake finds nothing. So only a question in English that names enough and points nowhere stands alone.
"""

from __future__ import annotations

import re
from itertools import pairwise

from sluice import words
from sluice.languages import UNKNOWN, language_of
from sluice.rewriting import vocabulary

FEWEST_WORDS = 4
"""Words of a topic in a question that names all it asks about; shorter ones leave something out as a rule."""
ENOUGH_WORDS = 15
"""Words of a topic that are enough for a search, whatever else the question points at."""

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")


def stands_alone(question: str) -> bool:
    """Return whether the question, as far as its words tell, leaves nothing to what was said before."""
    named = set(vocabulary.topical(question))
    if len(named) >= ENOUGH_WORDS and words.are_parted(question):
        return True
    found = vocabulary.split(question)
    return (
        _is_english(question, found) and len(named) >= FEWEST_WORDS and not (_points_back(found) or _goes_on(question))
    )


def _is_english(question: str, found: list[str]) -> bool:
    """Whether words say so, and not more words another language, with which English shares "in", "die" and others."""
    return not vocabulary.FUNCTION_WORDS.isdisjoint(found) and language_of(question) in ("english", UNKNOWN)


def _points_back(found: list[str]) -> bool:
    """Whether there is a pronoun or its like, or one of several that were named, as in "the second"."""
    counted = any(word == "the" and following in vocabulary.ORDINALS for word, following in pairwise(found))
    return counted or not vocabulary.ANAPHORS.isdisjoint(found)


def _goes_on(question: str) -> bool:
    """Whether a sentence is nothing but an opening, as in "Why?" or "What about cats?", or the first one takes up."""
    first, *others = [vocabulary.split(sentence) for sentence in _SENTENCE.findall(question)] or [[]]
    return _takes_up(first) or any(_is_bare(sentence) for sentence in [first, *others])


def _takes_up(sentence: list[str]) -> bool:
    return sentence[:1] in (["and"], ["but"], ["or"], ["so"], ["also"], ["no"]) or sentence[1:2] == ["about"]


def _is_bare(sentence: list[str]) -> bool:
    return bool(sentence) and vocabulary.OPENERS.issuperset(sentence)

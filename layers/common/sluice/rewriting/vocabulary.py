"""Words of English by what they do in a question, and the words that are left when those say nothing of a topic."""

from __future__ import annotations

from sluice import words

_ANAPHORS = """
it its itself they them their theirs themselves he him his himself she her hers herself this that these those such
one ones both either neither each another other others else same similar former latter instead there then
"""
_ORDINALS = "first second third fourth fifth last next previous"
_OPENERS = "and but or so also no nope yes why really what about how okay ok then plus versus vs"
_FUNCTION_WORDS = """
a about above after again against all also am an and any are as at be because been before being below between both but
by can could d did do does doing don down during each else few for from further had has have having he her here hers
him his how i if in into is isn it its just let ll m may me might mine more most must my no nor not now of off on once
one ones only or other others our ours out over own re s same shall she should so some such t than that the their
theirs them then there these they this those through to too under until up upon us ve very was wasn we were what when
where whether which while who whom whose why will with without would yes you your yours
"""
# What questions are dressed in: talk about the talk, and verbs that go with any topic.
_CONVERSATION = """
actually cool did didn give good got great guess hear heard help hmm interesting know known like look lot make makes
many mean meant mention mentioned mind much nice ok okay please question really said say says sounds sure talk talked
tell thank thanks think thought want well wonder wow
"""

ANAPHORS = frozenset(_ANAPHORS.split())
ORDINALS = frozenset(_ORDINALS.split())
OPENERS = frozenset(_OPENERS.split())
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
_SAYING_NOTHING = FUNCTION_WORDS | ANAPHORS | frozenset(_CONVERSATION.split())
_APOSTROPHES = str.maketrans("’'", "  ")


def split(text: str) -> list[str]:
    """Return the words of a text in lower case, with their accents; what an apostrophe joins is two words."""
    return words.split(text.translate(_APOSTROPHES), accents=True)


def topical(text: str) -> list[str]:
    """Return the words of a text that say what it is about, in order, as a search finds them."""
    return [word for word in split(text) if len(word) > 1 and word not in _SAYING_NOTHING]

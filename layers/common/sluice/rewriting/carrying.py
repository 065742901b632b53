"""A follow-up question with the words that it leaves to the conversation, found by rules.

What a conversation is about stands in its first question, what it has come to in the last one, and the answer repeats
what a pronoun may mean. Their words go beside the question's own, which are repeated so that they count more (compare
Lin et al. 2021, "Multi-Stage Conversational Passage Retrieval", where keywords of earlier turns expand the query).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sluice.domain import Message, Role
from sluice.languages import content_words, language_of
from sluice.rewriting import vocabulary
from sluice.rewriting.ellipsis import stands_alone

EMPHASIS = 3
"""How often a word of the question's topic counts for each carried one; what dresses the question counts once."""
FROM_A_QUESTION = 16
FROM_THE_ANSWER = 5
STEM = 5
"""Words that begin with the same five letters count as the same."""


def carry_over(question: str, path: Sequence[Message]) -> str:
    """Return the question followed by words of `path`, oldest first; as it is where it needs none."""
    asked = [message.content for message in path if message.role is Role.USER]
    if not asked or stands_alone(question):
        return question
    own = _topical(question)
    carried = [word for word in _distinct([*_of_questions(asked), *_of_answer(path[-1])]) if word not in own]
    return " ".join([question, *own * (EMPHASIS - 1), *carried]) if carried else question


def _of_questions(asked: Sequence[str]) -> list[str]:
    """Return the topic of the first question and of the last."""
    first, last = asked[0], asked[-1]
    return [word for text in (first, last) for word in _topical(text)[:FROM_A_QUESTION]]


def _of_answer(last: Message) -> list[str]:
    """Return what the answer says more than once, the most frequent first, then in order."""
    if last.role is not Role.ASSISTANT:
        return []
    said = _topical(last.content)
    counts = Counter(word[:STEM] for word in said)
    forms = {word[:STEM]: word for word in reversed(said)}
    repeated = [stem for stem, count in counts.most_common(FROM_THE_ANSWER) if count > 1]
    return [forms[stem] for stem in repeated]


def _topical(text: str) -> list[str]:
    """Return the words that say what the text is about, without the function words of its language."""
    language = language_of(text)
    return vocabulary.topical(text if language == "english" else content_words(text, language))


def _distinct(found: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(found))

"""What of a conversation goes into a prompt: the newest turns that fit, each whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sluice import tokens
from sluice.domain import Message, Role


def fit(path: Sequence[Message], budget: int) -> list[Message]:
    """Return the newest turns of `path` whose tokens fit into `budget`, oldest first.

    A turn is a question with its answer. The first turn that does not fit ends them, so that the history has no hole.
    """
    kept: list[Message] = []
    for turn in reversed(list(_turns(path))):
        budget -= sum(tokens.estimate(message.content) for message in turn)
        if budget < 0:
            break
        kept = turn + kept
    return kept


def _turns(path: Sequence[Message]) -> Iterator[list[Message]]:
    """Yield what stands between two questions; a path that begins with an answer was cut inside a turn."""
    turn: list[Message] = []
    for message in path:
        if message.role is Role.USER and turn:
            yield turn
            turn = []
        if turn or message.role is Role.USER:
            turn.append(message)
    if turn:
        yield turn

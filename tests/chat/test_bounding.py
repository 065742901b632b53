"""Answers that an application lets end early."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from functions.chat.bounding import BoundedModel, Bounds
from sluice.domain import Usage
from sluice.ports import Delta, Finish, NextAttempt, PromptMessage, TextDelta
from sluice.testing.models import STOP, ScriptedModel

AGAIN = NextAttempt("retrying", "m", "model_unavailable")


def text(*pieces: str) -> list[Delta]:
    return [TextDelta(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("bounds", "pieces", "expected"),
    [
        pytest.param(Bounds(), ["ab", "cd"], [*text("ab", "cd"), STOP], id="no bound"),
        pytest.param(Bounds(1), ["ab", "c"], [*text("ab", "c"), STOP], id="as many tokens as it may have"),
        pytest.param(Bounds(1), ["ab", "cd"], [*text("ab", "c"), Finish("length", Usage())], id="more"),
        pytest.param(Bounds(1), ["aé€"], [*text("aé"), Finish("length", Usage())], id="no half of a character"),
        pytest.param(Bounds(None, ("bc",)), ["ab", "cd"], [*text("a"), Finish("stop", Usage())], id="a stop in pieces"),
        pytest.param(Bounds(None, ("bc",)), ["ab", "d"], [*text("a", "bd"), STOP], id="what only began like one"),
        pytest.param(Bounds(None, ("bc",)), ["ab"], [*text("a", "b"), STOP], id="an end that begins like one"),
        pytest.param(Bounds(None, ("c", "b")), ["abc"], [*text("a"), Finish("stop", Usage())], id="the first of two"),
        pytest.param(Bounds(None, ("aab",)), ["aa", "ab"], [*text("a"), Finish("stop", Usage())], id="overlapping"),
        pytest.param(Bounds(1, ("e",)), ["abcde"], [*text("abc"), Finish("length", Usage())], id="length before stop"),
        pytest.param(Bounds(9), [AGAIN, "a"], [AGAIN, *text("a"), STOP], id="another attempt"),
    ],
)
async def test_an_answer_ends_at_its_bound(
    bounds: Bounds, pieces: Sequence[str | NextAttempt], expected: Sequence[Delta]
) -> None:
    model = ScriptedModel()
    model.enqueue(*pieces)

    deltas = [delta async for delta in BoundedModel(model, bounds).stream([PromptMessage("user", "Who?")])]

    assert deltas == expected


async def test_a_model_is_hung_up_on_at_the_bound() -> None:
    """What it would say further is not paid for."""
    model = ScriptedModel()
    model.enqueue("abcd", "efgh")

    async for _ in BoundedModel(model, Bounds(1)).stream([PromptMessage("user", "Who?")]):
        pass

    assert model.closed == 1

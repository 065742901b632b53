"""How the time of an invocation is divided."""

from __future__ import annotations

import pytest

from sluice.streaming.supervision import LEAST_SECONDS, TimeLimit


@pytest.mark.parametrize(
    ("remaining", "margin", "limit"),
    [
        (30, 2, TimeLimit(run=28, clean_up=1, farewell=0.5)),
        (30, 8, TimeLimit(run=22, clean_up=4, farewell=2)),
        (2, 2, TimeLimit(run=1, clean_up=0.5, farewell=0.25)),
        (-5, 2, TimeLimit(run=LEAST_SECONDS / 2, clean_up=LEAST_SECONDS / 4, farewell=LEAST_SECONDS / 8)),
    ],
    ids=["usual", "a margin of the app's own", "little time", "none left"],
)
def test_an_app_runs_until_the_margin_and_cleans_up_within_it(
    remaining: float, margin: float, limit: TimeLimit
) -> None:
    """A quarter of the margin is the client's, and no margin takes more than half of the time."""
    assert TimeLimit.before(remaining, margin) == limit

"""Which pgvector a database must have."""

from __future__ import annotations

import pytest

from sluice.adapters.postgres.extension import check, problem_of


def test_the_pgvector_of_the_tests_is_new_enough(database_url: str) -> None:
    """A real server is asked what it offers and what is installed."""
    check(database_url)


@pytest.mark.parametrize(
    ("offered", "installed", "problem"),
    [
        ("0.8.0", None, None),
        ("0.10.1", "0.8.2", None),
        ("1.0", "1.0", None),
        (None, None, "The database server has no pgvector; Sluice needs 0.8 or later."),
        (
            "0.7.4",
            None,
            "The database server offers pgvector 0.7.4; Sluice needs 0.8 or later: use a newer minor version.",
        ),
        (
            "0.8.1",
            "0.5.1",
            "The database has pgvector 0.5.1; run `alter extension vector update` in it, which gives 0.8.1.",
        ),
    ],
)
def test_an_old_pgvector_is_refused_with_what_to_do(
    offered: str | None, installed: str | None, problem: str | None
) -> None:
    """Its searches under a filter would return too little, and its settings are unknown names."""
    assert problem_of(offered, installed) == problem

"""What a request's filter means, and what it may not say."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from sluice.domain import AllOf, AnyOf, Compared, Comparison, Dated, Exists, Filter, Not, OneOf
from sluice.errors import InvalidFilter
from sluice.filtering import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, parse


def test_an_empty_filter_restricts_nothing() -> None:
    """It is the filter that is there when none is given."""
    assert parse({}) == parse(None) == Filter()


EVERYTHING = {
    "document_ids": ["00000000-0000-0000-0000-000000000002"],
    "metadata": {
        "author": "Ann",
        "lang": {"in": ["de", "fr"]},
        "year": {"gte": 2020, "lt": 2024.5},
        "due": {"lte": "2026-01-31"},
        "draft": {"exists": False},
        "signed": True,
    },
    "tags": ["final", "public"],
    "created_at": {"gt": "2026-01-01T12:00:00+02:00"},
    "or": [{"tags": ["a"]}, {"not": {"metadata": {"b": {"exists": True}}}}],
}


def test_every_member_of_a_filter_must_hold() -> None:
    """Values, operators, tags, dates and nested filters all become conditions."""
    assert parse(EVERYTHING) == Filter(
        document_ids=(UUID(int=2),),
        condition=AllOf(
            (
                OneOf("author", ("Ann",)),
                OneOf("lang", ("de", "fr")),
                Compared("year", Comparison.GREATER_OR_EQUAL, 2020),
                Compared("year", Comparison.LESS, 2024.5),
                Compared("due", Comparison.LESS_OR_EQUAL, datetime(2026, 1, 31, tzinfo=UTC)),
                Not(Exists("draft")),
                OneOf("signed", (True,)),
                OneOf("tags", ("final",)),
                OneOf("tags", ("public",)),
                Dated("created_at", Comparison.GREATER, datetime(2026, 1, 1, 10, tzinfo=UTC)),
                AnyOf((OneOf("tags", ("a",)), Not(Exists("b")))),
            )
        ),
    )


def _nested(depth: int) -> dict[str, object]:
    inner: dict[str, object] = {"tags": ["a"]}
    for _ in range(depth - 1):
        inner = {"not": inner}
    return inner


def test_a_filter_may_be_as_deep_and_wide_as_is_said() -> None:
    """The bounds themselves are allowed."""
    parse(_nested(MAX_DEPTH))
    parse({"metadata": {str(number): number for number in range(MAX_CONDITIONS)}})
    parse({"metadata": {"n": {"in": list(range(MAX_VALUES))}}})


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([], "JSON object"),
        ("tags", "JSON object"),
        ({"sql": 1}, "no such member"),
        ({"metadata": []}, "JSON object"),
        ({"metadata": {"year": {"regex": ".*"}}}, "no such operator"),
        ({"metadata": {"year": {"$gt": 1}}}, "no such operator"),
        ({"metadata": {"year": {"gt": "soon"}}}, "A date is written as"),
        ({"metadata": {"year": {"gt": True}}}, "a bound is a number or a date"),
        ({"metadata": {"year": None}}, "a text, a number, true or false"),
        ({"metadata": {"year": [1, 2]}}, "a text, a number, true or false"),
        ({"metadata": {"year": {"in": 7}}}, "are lists"),
        ({"metadata": {"year": {"in": list(range(MAX_VALUES + 1))}}}, f"at most {MAX_VALUES}"),
        ({"metadata": {"year": {"exists": "yes"}}}, "true or false"),
        ({"metadata": {"year": float("nan")}}, "finite"),
        ({"metadata": {"year": {"lt": float("inf")}}}, "finite"),
        ({"metadata": {"year": 10**400}}, "too large"),
        ({"metadata": {"a\0b": 1}}, "NUL"),
        ({"metadata": {"a": "b\0"}}, "NUL"),
        ({"tags": ["\ud800"]}, "surrogate"),
        ({"metadata": {"\udfff": 1}}, "surrogate"),
        ({"tags": "final"}, "are lists"),
        ({"tags": [7]}, "texts"),
        ({"tags": ["w" * 1001]}, "1,000 characters"),
        ({"created_at": "2026-01-01"}, "JSON object"),
        ({"created_at": {"eq": "2026-01-01"}}, "no such operator"),
        ({"created_at": {"gt": 7}}, "texts"),
        ({"updated_at": {"gt": "2026-13-45"}}, "A date is written as"),
        ({"document_ids": ["seven"]}, "UUIDs"),
        ({"document_ids": [7]}, "ids and dates are texts"),
        ({"created_at": {"gte": 2026}}, "ids and dates are texts"),
        ({"document_ids": [7]}, "texts"),
        ({"not": {"document_ids": []}}, "outermost"),
        ({"and": []}, "at least one"),
        ({"or": [7]}, "JSON object"),
        (_nested(MAX_DEPTH + 1), f"nested {MAX_DEPTH} deep"),
        (_nested(500), f"nested {MAX_DEPTH} deep"),
        ({"metadata": {str(number): number for number in range(MAX_CONDITIONS + 1)}}, f"{MAX_CONDITIONS} conditions"),
        ({"or": [{"tags": ["a"] * 26}, {"tags": ["a"] * 26}]}, f"{MAX_CONDITIONS} conditions"),
    ],
)
def test_a_filter_that_says_anything_else_is_refused(given: object, says: str) -> None:
    """The message says how to mend it, whatever was tried."""
    with pytest.raises(InvalidFilter, match=says):
        parse(given)


def test_what_is_refused_is_not_repeated() -> None:
    """Somebody else may read the message."""
    with pytest.raises(InvalidFilter) as refused:
        parse(json.loads('{"metadata": {"secret": {"hunter2": 1}}}'))

    assert "secret" not in refused.value.message
    assert "hunter2" not in refused.value.message

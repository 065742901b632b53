"""The metadata of documents, as requests say it and objects carry it."""

from __future__ import annotations

import pytest

from sluice.errors import InvalidMetadata
from sluice.labelling import KEY, MAX_BYTES, from_object, merge, parse, to_object


def test_metadata_travels_with_the_object() -> None:
    """Whatever its kinds and scripts are, within headers of ASCII."""
    metadata = parse('{"year": 2024, "author": "Жук", "draft": false, "price": 2.5, "tags": ["a", "b", 7]}')
    carried = to_object(metadata)

    assert from_object(carried) == {
        "year": 2024,
        "author": "Жук",
        "draft": False,
        "price": 2.5,
        "tags": ["a", "b", 7],
    }
    assert all(text.isascii() for text in carried.values())


def test_no_metadata_leaves_the_object_bare() -> None:
    """Nothing is carried for nothing."""
    assert to_object(parse("{}")) == {}
    assert from_object({}) == {}


def test_what_others_put_on_an_object_is_text() -> None:
    """As S3 returns it: ASCII, or encoded as in mail."""
    carried = {"author": "=?UTF-8?B?0JbRg9C6?=", "year": "2024", "odd": "=?x?B?!?=", KEY: '{"year": 2025}'}

    assert from_object(carried) == {"author": "Жук", "year": 2025, "odd": "=?x?B?!?="}


def test_what_is_not_ours_under_our_name_is_kept_as_it_is() -> None:
    """An object is not refused for it."""
    assert from_object({KEY: "not json"}) == {KEY: "not json"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{not json",
        '{"a": null}',
        '{"a": {"b": 1}}',
        '{"a": [[1]]}',
        '{"a": NaN}',
        '{"a": 1e999}',
        '{"a": "\\u0000"}',
        '{"\\ud800": 1}',
        '{"a": ["\\udfff"]}',
        '{"' + "k" * 101 + '": 1}',
        '{"a": "' + "w" * MAX_BYTES + '"}',
        '{"a": ' + "9" * 5000 + "}",
        "[" * 100_000,
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    """With a message, before anything is stored."""
    with pytest.raises(InvalidMetadata):
        parse(text)


def test_changes_go_over_what_was_there() -> None:
    """Key by key; null takes one away, and what comes of it is held to what uploads are."""
    was = {"year": 2024, "author": "Ann", "draft": True}

    assert merge(was, {"year": 2025, "draft": None, "new": ["a"]}) == {"year": 2025, "author": "Ann", "new": ["a"]}
    with pytest.raises(InvalidMetadata):
        merge(was, {"more": {"nested": 1}})

"""Which documents a question is about: the options that `ask` and `search` share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from local.command.outcome import Mistake

FilterText = Annotated[
    str | None,
    typer.Option("--filter", metavar="JSON", help='Only documents for which this holds: {"tags": ["final"]}.'),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--metadata", "-m", metavar="KEY=VALUE", help="Only documents with this metadata; may be repeated."),
]


def filter_of(text: str | None, labels: Sequence[str] | None) -> dict[str, Any] | None:
    """Return the filter that the options come to, all of them at once; raise `Mistake` for what is none."""
    said = _filter(text) if text else {}
    also: list[Any] = [{"metadata": _label(label)} for label in labels or []]
    if not said and len(also) == 1:
        return dict(also[0])
    # Documents are named in the outermost filter only, so that what was said stays there.
    return {**said, "and": [*said.get("and", []), *also]} if also else said or None


def _filter(text: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise Mistake(f"--filter is not JSON: {error}.") from error
    if not isinstance(said, dict) or not isinstance(said.get("and", []), list):
        raise Mistake('--filter must be an object, as in {"tags": ["final"]}; its `and` is a list.')
    return said


def _label(label: str) -> Mapping[str, Any]:
    key, is_given, value = label.partition("=")
    if not key or not is_given:
        raise Mistake(f"--metadata {label}: say KEY=VALUE.")
    return {key: _value(value)}


def _value(text: str) -> str | float | bool:
    """Numbers, `true` and `false` are what they look like; quotes make a text of them: `year='"2024"'`."""
    try:
        value = json.loads(text, parse_constant=str)
    except ValueError:
        return text
    return value if isinstance(value, str | int | float) else text

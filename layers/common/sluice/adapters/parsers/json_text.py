"""Reads JSON and JSON Lines as lines of names and values, so that they can be read and found like text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sluice.adapters.parsers.cleaning import clean
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge

_TITLES = ("title", "name", "Title", "Name")


def read(text: str, limits: Limits) -> ParsedDocument:
    """Return one block for each member of the outermost array or object, or for each line; raise `DocumentError`."""
    content = _load(text)
    title = (
        next((content[key] for key in _TITLES if isinstance(content.get(key), str)), None)
        if isinstance(content, dict)
        else None
    )
    return ParsedDocument("json", tuple(_blocks(content, limits)), title=title)


def _load(text: str) -> Any:
    try:
        try:
            return json.loads(text)
        except ValueError:
            return [json.loads(line) for line in text.splitlines() if line.strip()]
    except RecursionError as error:
        raise DocumentTooLarge("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise DamagedDocument(f"The file begins as JSON but is not valid: {error}.") from error


def _blocks(content: Any, limits: Limits) -> Iterator[Block]:
    members = content if isinstance(content, list) else [content]
    if isinstance(content, dict):
        members = [{key: value} for key, value in content.items()]
    for member in members:
        text = clean("\n".join(_lines(member, "", 0, limits)))
        if text.strip():
            yield Block(text)


def _lines(value: Any, indent: str, depth: int, limits: Limits) -> Iterator[str]:
    limits.check_nesting(depth)
    if isinstance(value, dict):
        for key, inner in value.items():
            if _is_plain(inner):
                yield f"{indent}{key}: {_plain(inner)}"
            else:
                yield f"{indent}{key}:"
                yield from _lines(inner, indent + "  ", depth + 1, limits)
    elif isinstance(value, list):
        for inner in value:
            if _is_plain(inner):
                yield f"{indent}- {_plain(inner)}"
            else:
                yield from _lines(inner, indent + "  ", depth + 1, limits)
    else:
        yield f"{indent}{_plain(value)}"


def _is_plain(value: Any) -> bool:
    return not isinstance(value, (dict, list)) or not value


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

"""Reads JSON and JSON Lines as lines of names and values, so that they can be read and found like text."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from sluice.adapters.parsers.cleaning import clean, one_line
from sluice.adapters.parsers.limits import Limits
from sluice.domain import Block, ParsedDocument
from sluice.errors import DamagedDocument, DocumentTooLarge

_TITLES = ("title", "name", "Title", "Name")
# Not where Python ends a line, which may be within a string; but a sign that parts texts (RFC 7464).
_LINE_END = re.compile("[\r\n\x1e]")
# A line that was cut off or mixed up with another one.
_MOST_BROKEN = 0.1


def read(text: str, limits: Limits) -> ParsedDocument:
    """Return one block for each member of the outermost array or object, or for each line; raise `DocumentError`."""
    content = _load(text)
    named = [content[key] for key in _TITLES if isinstance(content, dict) and isinstance(content.get(key), str)]
    return ParsedDocument("json", tuple(_blocks(content, limits)), title=one_line(named[0]) or None if named else None)


def is_json(text: str, beginning: str, *, is_named: bool) -> bool:
    """Return whether the text is an object or array, or one a line; by its first line, or a string, if named so."""
    if is_named and beginning.startswith('"'):
        return _is_string(text)
    if not beginning.startswith(("{", "[")):
        return False
    return _holds(text) or (_is_lines(text) if not is_named else _holds(beginning.partition("\n")[0]))


def _is_string(text: str) -> bool:
    try:
        return isinstance(_DECODER.decode(text), str)
    except ValueError:
        return False


def _holds(text: str) -> bool:
    try:
        return isinstance(_DECODER.decode(text), (dict, list))
    except RecursionError:
        return True
    except ValueError:
        return False


def _is_lines(text: str) -> bool:
    lines = [line for line in _LINE_END.split(text) if line.strip()]
    return len(lines) > 1 and all(map(_holds, lines))


def _load(text: str) -> Any:
    try:
        try:
            return _DECODER.decode(text)
        except ValueError:
            return _loaded_lines([line for line in _LINE_END.split(text) if line.strip()])
    except RecursionError as error:
        raise DocumentTooLarge("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise DamagedDocument(f"The file begins as JSON but is not valid: {error}.") from error


def _loaded_lines(lines: Sequence[str]) -> list[Any]:
    """Return the value of each line, or its text if it is one of few that are broken; raise `ValueError` for more.

    A last line that is broken shows that the file is cut off.
    """
    values: list[Any] = []
    left = int(len(lines) * _MOST_BROKEN)
    for number, line in enumerate(lines, 1):
        try:
            values.append(_DECODER.decode(line))
        except ValueError:
            if not left or number == len(lines):
                raise
            values.append(line)
            left -= 1
    return values


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Keep every value of a name that is there more than once, as a list of them."""
    members = dict(pairs)
    if len(members) < len(pairs):
        values = defaultdict(list)
        for name, value in pairs:
            values[name].append(value)
        members |= {name: several for name, several in values.items() if len(several) > 1}
    return members


# Numbers stay as they are written: 1.10 is a version, and 1e400 is not infinite.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_members)


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

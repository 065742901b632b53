"""The metadata of a document: from a request onto its object, and from the object to the document.

The object carries it, so that an upload by HTTP and one into the bucket come to the same: under `KEY` as JSON, and
under any other name that whoever put it chose (`x-amz-meta-<name>`), as text.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from email.errors import HeaderParseError
from email.header import decode_header, make_header

from sluice.errors import InvalidMetadata

KEY = "sluice-metadata"
MAX_BYTES = 1_500  # S3 allows 2 KB for all names and values of an object
MAX_CHARACTERS = 100


def parse(text: str) -> dict[str, object]:
    """Return the metadata in a JSON text; raise `InvalidMetadata`."""
    try:
        return check(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise InvalidMetadata("The metadata is not valid JSON.") from error


def check(metadata: object) -> dict[str, object]:
    """Return the metadata; raise `InvalidMetadata`.

    Values are texts, numbers, true, false, and lists of them; all together at most `MAX_BYTES` bytes as JSON.
    """
    if not isinstance(metadata, dict):
        raise InvalidMetadata("The metadata is a JSON object.")
    for key, value in metadata.items():
        if not _is_text(key) or len(key) > MAX_CHARACTERS:
            raise InvalidMetadata(f"A key of the metadata is text of at most {MAX_CHARACTERS} characters.")
        if not all(_is_scalar(each) for each in (value if isinstance(value, list) else [value])):
            raise InvalidMetadata("A value of the metadata is a text, a number, true, false, or a list of them.")
    if len(_json(metadata)) > MAX_BYTES:
        raise InvalidMetadata(
            f"The metadata may have {MAX_BYTES:,} bytes of JSON; characters beyond ASCII count sixfold."
        )
    return metadata


def merge(metadata: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """Return the metadata with the changes, where None takes a key away; raise `InvalidMetadata`."""
    merged = {**metadata, **changes}
    return check({key: value for key, value in merged.items() if value is not None})


def to_object(metadata: Mapping[str, object]) -> dict[str, str]:
    """Return what the object is to carry."""
    return {KEY: _json(metadata)} if metadata else {}


def from_object(carried: Mapping[str, str]) -> dict[str, object]:
    """Return the metadata that an object carries; what can't be read as ours is kept as the text that it is."""
    plain: dict[str, object] = {name: _decoded(text) for name, text in carried.items() if name != KEY}
    if KEY not in carried:
        return plain
    try:
        return plain | parse(carried[KEY])
    except InvalidMetadata:
        return plain | {KEY: carried[KEY]}


def _json(metadata: Mapping[str, object]) -> str:
    """Headers are ASCII, and so is this JSON."""
    return json.dumps(metadata, separators=(",", ":"))


def _is_scalar(value: object) -> bool:
    if isinstance(value, str):
        return _is_text(value)
    try:
        return isinstance(value, int | float) and math.isfinite(value)
    except OverflowError:
        return False


def _is_text(value: str) -> bool:
    """Whether PostgreSQL can hold it: no NUL, and no half of a surrogate pair."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _decoded(text: str) -> str:
    """S3 returns what is not ASCII as RFC 2047 has it."""
    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, ValueError):
        return text

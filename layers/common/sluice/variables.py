"""How a setting stands in an environment variable: as text, a list with commas between, or JSON."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BeforeValidator

PREFIX = "SLUICE_"


def _from_list(text: object) -> object:
    return [name for name in map(str.strip, text.split(",")) if name] if isinstance(text, str) else text


def _from_json(text: object) -> object:
    return json.loads(text) if isinstance(text, str) else text


LIST = BeforeValidator(_from_list)
JSON = BeforeValidator(_from_json)
Names = Annotated[frozenset[str], LIST]
NamesInOrder = Annotated[tuple[str, ...], LIST]

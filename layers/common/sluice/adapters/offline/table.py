"""The table of word pieces: a direction in meaning, a weight and a rarity for each."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from mmap import ACCESS_READ, mmap
from pathlib import Path

from sluice.adapters.offline import lanes

DATA = files("sluice.adapters.offline").joinpath("data")
DIMENSION = 256
ROW = struct.Struct(f"<HH{DIMENSION}s")
RARITY_UNIT = 1 / 1024
UNKNOWN_RARITY = 11.0
"""Of a word with a part that the vocabulary lacks; that of a piece met in one of some 60,000 texts."""
LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Piece:
    """`direction` is a packed vector (see `lanes`), `rarity` an inverse document frequency in nats."""

    direction: int
    weight: int
    rarity: float


class Table:
    """Looks up the pieces of words."""

    def __init__(self, vocabulary: Sequence[str], rows: bytes | mmap) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._rows = rows

    def pieces(self, word: str) -> list[Piece]:
        """Return the word's pieces; none when some part of it is not in the vocabulary."""
        return [self._piece(number) for number in split(word, self._numbers)]

    def _piece(self, number: int) -> Piece:
        weight, rarity, direction = ROW.unpack_from(self._rows, number * ROW.size)
        return Piece(lanes.pack(direction), weight, rarity * RARITY_UNIT)


def rarity(word: str) -> float:
    """Return how much it says that a text holds the word: the rarity of its rarest piece."""
    return max((piece.rarity for piece in load().pieces(word)), default=UNKNOWN_RARITY)


def split(word: str, numbers: Mapping[str, int]) -> list[int]:
    """Return the numbers of the word's pieces, the longest first from the left (WordPiece, as BERT splits words)."""
    found: list[int] = []
    start = 0
    while start < len(word) <= LONGEST_WORD:
        end = next((end for end in range(len(word), start, -1) if _key(word, start, end) in numbers), None)
        if end is None:
            return []
        found.append(numbers[_key(word, start, end)])
        start = end
    return found


def _key(word: str, start: int, end: int) -> str:
    return word[start:end] if start == 0 else f"##{word[start:end]}"


@cache
def load() -> Table:
    """Open the bundled table, once per process; of its 8 MB only the rows that are looked up are read."""
    vocabulary = DATA.joinpath("vocabulary.txt").read_text(encoding="utf-8").splitlines()
    with Path(str(DATA.joinpath("table.bin"))).open("rb") as file:
        return Table(vocabulary, mmap(file.fileno(), 0, access=ACCESS_READ))

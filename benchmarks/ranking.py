"""Rankings in memory: BM25, cosine, and two ways of fusing them. `scores` are matrices of queries by documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from sluice import words

Scores = np.ndarray[tuple[int, int], np.dtype[np.float32]]
Vectors = Scores

K1, B = 1.2, 0.75
DEPTH = 60
COMMON = """
a an and are as at be but by can do does did for from had has have how if in into is it no not of on or such that the
their then there these they this to was were what when where which who whom whose why will with
"""
STOP_WORDS = frozenset(COMMON.split())


class BM25:
    """BM25 (Robertson and Zaragoza 2009) with Lucene's inverse document frequency."""

    def __init__(self, documents: Sequence[str]) -> None:
        counts = [Counter(terms(document)) for document in documents]
        lengths = np.array([count.total() for count in counts], np.float32)
        self._norms = K1 * (1 - B + B * lengths / max(1.0, float(lengths.mean())))
        self._postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for term, frequency in count.items():
                self._postings[term].append((number, frequency))

    def scores(self, queries: Sequence[str]) -> Scores:
        """Return the score of every document for each query."""
        scores = np.zeros((len(queries), len(self._norms)), np.float32)
        for row, query in zip(scores, queries, strict=True):
            for term in terms(query):
                self._add(row, self._postings.get(term, []))
        return scores

    def _add(self, row: Any, found: Sequence[tuple[int, int]]) -> None:
        if found:
            numbers, frequencies = np.array(found).T
            rarity = np.log1p((len(row) - len(found) + 0.5) / (len(found) + 0.5))
            row[numbers] += rarity * frequencies * (K1 + 1) / (frequencies + self._norms[numbers])


def terms(text: str) -> list[str]:
    """Return the words of a text that say something, without the commonest English endings."""
    return [_stem(word) for word in words.split(text) if word not in STOP_WORDS]


def _stem(word: str) -> str:
    for ending in ("ations", "ation", "ings", "ing", "edly", "ed", "ies", "es", "s", "ly", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def cosine(queries: Vectors, documents: Vectors) -> Scores:
    """Return the cosine of each query with each document; all vectors have length one."""
    return queries @ documents.T


def fuse_ranks(lexical: Scores, dense: Scores, *, weight: float, k: int) -> Scores:
    """Return reciprocal rank fusion of the first `DEPTH` of each (Cormack, Clarke and Büttcher 2009)."""
    return _reciprocal(lexical, k) + weight * _reciprocal(dense, k)


def fuse_scores(lexical: Scores, dense: Scores, *, weight: float) -> Scores:
    """Return the sum of the scores, each as a share of the query's best (compare Bruch, Gai and Ingber 2023)."""
    return _share(lexical) + weight * _share(dense)


def best(scores: Scores, depth: int) -> Any:
    """Return the numbers of the first `depth` documents for each query; ties stay in the order of the documents."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :depth]


def _reciprocal(scores: Scores, k: int) -> Scores:
    fused = np.zeros_like(scores)
    first = best(scores, DEPTH)
    places = np.broadcast_to(1.0 / (k + 1 + np.arange(first.shape[1], dtype=np.float32)), first.shape)
    np.put_along_axis(fused, first, places, axis=1)
    return fused


def _share(scores: Scores) -> Scores:
    highest: Scores = np.maximum(scores.max(axis=1, keepdims=True), 1e-6)
    return np.maximum(scores, 0) / highest

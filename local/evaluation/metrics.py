"""How good a ranking is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 10) -> float:
    """Return the normalised discounted cumulative gain, with linear gains (Järvelin and Kekäläinen 2002; trec_eval)."""
    ideal = _gain(sorted(grades.values(), reverse=True)[:depth])
    return _gain([grades.get(document, 0) for document in ranking[:depth]]) / ideal if ideal else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 10) -> float:
    """Return the share of the relevant documents that stand in the first `depth`."""
    relevant = {document for document, grade in grades.items() if grade > 0}
    return len(relevant & set(ranking[:depth])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], *, depth: int = 10) -> float:
    """Return one over the place of the first relevant document; 0 if none is among the first `depth`."""
    places = (place for place, document in enumerate(ranking[:depth], start=1) if grades.get(document, 0) > 0)
    return 1 / next(places, math.inf)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the nearest-rank percentile; `share` is between 0 and 1."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def _gain(grades: Sequence[int]) -> float:
    return sum(max(grade, 0) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))

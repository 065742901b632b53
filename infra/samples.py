"""Invented figures for the dashboard's picture: the same on every run, and plausible for a small team."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator

from infra.dashboard import Series

POINTS = 48

# Level and swing of each metric; where a level differs by function, queue or statistic, the label says which.
_LEVELS: dict[str, tuple[float, float]] = {
    "AuthTime": (6, 0.4),
    "RewriteTime": (210, 0.3),
    "EmbedTime": (90, 0.3),
    "RerankTime": (140, 0.3),
    "SearchTime": (35, 0.4),
    "FirstTokenTime": (820, 0.2),
    "RestoreTime": (480, 0.15),
    "InitTime": (2_600, 0.1),
    "Answers": (40, 0.6),
    "PromptTokens": (90_000, 0.6),
    "CompletionTokens": (14_000, 0.6),
    "EmbeddingTokens": (20_000, 0.9),
    "CostInDollars": (0.5, 0.6),
    "EmbeddingCostInDollars": (0.02, 0.9),
    "DocumentsReady": (9, 0.9),
    "FindableTime": (21_000, 0.5),
    "IngestTime": (5_200, 0.4),
    "ApproximateNumberOfMessagesVisible": (6, 0.9),
    "ApproximateNumberOfMessagesNotVisible": (4, 0.8),
    "ApproximateAgeOfOldestMessage": (90, 0.9),
    "ConcurrentExecutions": (5, 0.6),
    "Duration": (5_000, 0.4),
    "ServerlessDatabaseCapacity": (1.5, 0.5),
    "ACUUtilization": (38, 0.5),
    "DatabaseConnections": (9, 0.4),
    "ClientConnections": (14, 0.5),
    "DatabaseConnectionsBorrowLatency": (900, 0.7),
}
_FACTORS = {"p95": 2.3, "p99": 3.1, "max_tokens": 0.05, "model_unavailable": 0.03}
_NONE = {"dead letters", "pinned", "failed", "postponed"}
_FOUND = {"outcome": ("stop", "max_tokens", "model_unavailable"), "model": ("a large model", "a small model")}


def lines(series: Series) -> Iterator[tuple[str, list[float]]]:
    """Yield the label and the figures of each line; a search finds several."""
    for label in _FOUND[series.varying] if series.varying else (series.label,):
        yield label, figures(series.name, label)


def figures(metric: str, label: str) -> list[float]:
    """Return the metric's samples; a metric that has no level stays at nothing, as failures should."""
    level, swing = _LEVELS.get(metric, (0.0, 0.0))
    level *= 0.0 if label in _NONE else _FACTORS.get(label, 1.0)
    phase = zlib.crc32(f"{metric} {'' if label in _FACTORS else label}".encode()) % 628 / 100
    return [round(level * (1 + swing * _wave(point, phase)), 4) for point in range(POINTS)]


def _wave(point: int, phase: float) -> float:
    turn = 2 * math.pi * point / POINTS
    return 0.6 * math.sin(turn * 2 + phase) + 0.3 * math.sin(turn * 7 + 2 * phase) + 0.1 * math.sin(turn * 17)

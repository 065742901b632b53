"""Draws one chart of the dashboard's preview: axes, lines or stacked areas, limits, legend."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from infra.dashboard import series
from infra.samples import POINTS, lines

_TITLE, _LEGEND, _LEFT, _LABEL = 22, 16, 44, 170
_COLORS = ("#1f77b4", "#ff7f0e", "#2ca02c", "#d62728", "#9467bd", "#8c564b", "#e377c2")
_GREY, _RED = 'fill="#687078"', 'fill="#d13212"'
_RIGHT_MOST = 100.0  # the right axis is always one of shares


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line with its figures, on the left axis or as shares on the right one."""

    label: str
    figures: list[float]
    is_share: bool = False


def chart(widget: Mapping[str, Any], width: int, height: int) -> Iterator[str]:
    """Yield the elements of a metric widget's picture."""
    properties = widget["properties"]
    found = [Drawn(label, made, it.axis == "right") for it in series(widget) for label, made in lines(it)]
    if stacked := bool(properties.get("stacked")):
        found = list(_stack(found))
    limits = properties.get("annotations", {}).get("horizontal", [])
    most = max(figure for line in found if not line.is_share for figure in line.figures)
    frame = _Frame(
        right=width - 34 if any(line.is_share for line in found) else width - 12,
        bottom=height - 14 - _LEGEND * _legend_rows(len(found), width),
        most=_round_up(max(most, *(limit["value"] for limit in limits), 0)),
    )
    yield from frame.axes(properties["yAxis"]["left"].get("label", ""), shares=any(line.is_share for line in found))
    for number in reversed(range(len(found))):
        yield frame.line(found[number], _COLORS[number % len(_COLORS)], filled=stacked)
    for limit in limits:
        yield from frame.limit(limit["value"], limit["label"])
    yield from _legend([line.label for line in found], width, height)


def text(x: float, y: float, words: str, attributes: str = "") -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" {attributes}>{escape(words)}</text>'


class _Frame:
    """Where the figures of a chart stand, from 0 to `most`."""

    def __init__(self, right: int, bottom: int, most: float) -> None:
        self._right, self._top, self._bottom, self._most = right, _TITLE + 14, bottom, most

    def axes(self, unit: str, *, shares: bool) -> Iterator[str]:
        for share in (0, 0.5, 1):
            y = self._y(share)
            yield f'<line x1="{_LEFT}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eaeded"/>'
            yield text(_LEFT - 5, y + 4, f"{self._most * share:g}", f'text-anchor="end" {_GREY}')
            if shares:
                yield text(self._right + 4, y + 4, f"{_RIGHT_MOST * share:g}%", _GREY)
        yield text(_LEFT + 3, self._top + 12, unit, _GREY)

    def line(self, drawn: Drawn, color: str, *, filled: bool) -> str:
        step = (self._right - _LEFT) / (POINTS - 1)
        most = _RIGHT_MOST if drawn.is_share else self._most
        places = [(_LEFT + n * step, self._y(figure / most)) for n, figure in enumerate(drawn.figures)]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        if not filled:
            return f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="1.5"/>'
        return f'<polygon points="{_LEFT},{self._bottom} {points} {self._right},{self._bottom}" fill="{color}"/>'

    def limit(self, figure: float, label: str) -> Iterator[str]:
        y = self._y(figure / self._most)
        line = 'stroke="#d13212" stroke-dasharray="4 3"'
        yield f'<line x1="{_LEFT}" x2="{self._right}" y1="{y:.1f}" y2="{y:.1f}" {line}/>'
        yield text(self._right, y + 12, label, f'text-anchor="end" {_RED}')

    def _y(self, share: float) -> float:
        return self._bottom - (self._bottom - self._top) * share


def _legend(labels: Sequence[str], width: int, height: int) -> Iterator[str]:
    per_row = max(1, (width - 20) // _LABEL)
    for number, label in enumerate(labels):
        row = number // per_row - _legend_rows(len(labels), width) + 1
        x, y = 12 + number % per_row * _LABEL, height - 8 + _LEGEND * row
        yield f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{_COLORS[number % len(_COLORS)]}"/>'
        yield text(x + 15, y, label)


def _legend_rows(labels: int, width: int) -> int:
    return math.ceil(labels / max(1, (width - 20) // _LABEL))


def _stack(found: Sequence[Drawn]) -> Iterator[Drawn]:
    below = [0.0] * POINTS
    for line in found:
        below = [under + figure for under, figure in zip(below, line.figures, strict=True)]
        yield Drawn(line.label, below)


def _round_up(most: float) -> float:
    """Return the next of 1, 2, 4, 5, 8 and 10 times a power of ten, so that an axis has round marks; 1 for nothing."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next(round(step * power, 6) for step in (1, 2, 4, 5, 8, 10) if step * power >= most)

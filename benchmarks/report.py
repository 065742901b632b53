"""What a benchmark leaves behind: JSON, a table between two marks of a page, and a plot."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results"
DOCS = ROOT / "docs"

Row = Sequence[object]
Bars = Mapping[str, Mapping[str, float]]

_WIDTH, _LABEL, _BAR, _GAP = 720, 230, 16, 14
_COLOURS = ("#1f6f8b", "#e07a3f", "#7a9e3f", "#8d6cab")


def machine() -> dict[str, object]:
    """Return what a reader must know of the machine to place the figures."""
    return {"cpus": os.cpu_count(), "load_1_minute": round(os.getloadavg()[0], 1), "machine": platform.machine()}


def write_json(name: str, result: Mapping[str, object]) -> None:
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": machine(), **result}, indent=2) + "\n")


def table(head: Row, rows: Sequence[Row]) -> str:
    """Return a table in Markdown; numbers stand to the right."""
    align = ["---" if isinstance(cell, str) else "---:" for cell in rows[0]]
    lines = [head, align, *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def replace(page: str, name: str, content: str) -> None:
    """Put content between the marks `<!-- name -->` and `<!-- /name -->` of a page of docs/."""
    path = DOCS / page
    before, begin, rest = path.read_text().partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(f"<!-- /{name} -->")
    assert begin, f"{page} has no mark {name}"
    assert end, f"{page} has no end of the mark {name}"
    path.write_text(f"{before}{begin}{content}\n{end}{after}")


def plot(path: Path, title: str, unit: str, groups: Bars) -> None:
    """Write horizontal bars as SVG, one group of bars for each name."""
    longest = max(value for bars in groups.values() for value in bars.values())
    colours = dict(zip(dict.fromkeys(key for bars in groups.values() for key in bars), _COLOURS, strict=False))
    y, parts = 50, [_text(12, 24, f"{title} ({unit})", bold=True)]
    for name, bars in groups.items():
        parts.append(_text(12, y + _BAR - 3, name, bold=True))
        y += _BAR + 4
        for label, value in bars.items():
            width = max(1.0, (_WIDTH - _LABEL - 90) * value / longest)
            parts.append(_text(24, y + _BAR - 4, label))
            parts.append(f'<rect x="{_LABEL}" y="{y}" width="{width:.1f}" height="{_BAR}" fill="{colours[label]}"/>')
            parts.append(_text(_LABEL + width + 6, y + _BAR - 4, f"{value:,.4g}"))
            y += _BAR + 4
        y += _GAP
    size = f'width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}"'
    style = 'font-family="sans-serif" font-size="12"'
    background = f'<rect width="{_WIDTH}" height="{y}" fill="#ffffff"/>'
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n' + "\n".join([background, *parts]) + "\n</svg>\n"
    )


def _text(x: float, y: float, text: str, *, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="#222222"{weight}>{escape(text)}</text>'

"""Draws the dashboard of the template as a picture: `python -m infra.preview`. The figures in it are samples.

The layout, the titles, the lines and the limits are read from the JSON that CloudWatch gets; only the figures are made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.chart import chart, text
from infra.dashboard import body

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "images" / "dashboard.svg"

_COLUMN, _ROW, _GAP = 52, 36, 8
_FONT = 'font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#16191f"'
_BOTTOM = "A preview that infra/preview.py draws from infra/observability.yaml: all figures are samples."

Widget = Mapping[str, Any]


def main() -> None:
    """Write the picture of docs/observability.md."""
    PICTURE.write_text(draw(body()), encoding="utf-8")


def draw(dashboard: Mapping[str, Any]) -> str:
    """Return an SVG of the dashboard."""
    widgets = dashboard["widgets"]
    width = max((it["x"] + it["width"]) * _COLUMN for it in widgets)
    height = max((it["y"] + it["height"]) * _ROW for it in widgets) + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {_FONT}>',
        f'<rect width="{width}" height="{height}" fill="#f2f3f3"/>',
        *(part for widget in widgets for part in _widget(widget)),
        text(_GAP, height - 8, _BOTTOM),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _widget(widget: Widget) -> Iterator[str]:
    x, y = widget["x"] * _COLUMN + _GAP // 2, widget["y"] * _ROW + _GAP // 2
    width, height = widget["width"] * _COLUMN - _GAP, widget["height"] * _ROW - _GAP
    yield f'<g transform="translate({x} {y})">'
    yield f'<rect width="{width}" height="{height}" rx="3" fill="#ffffff" stroke="#d5dbdb"/>'
    if title := widget["properties"].get("title"):
        yield text(10, 16, title, 'font-weight="bold" font-size="12"')
    yield from _CONTENTS[widget["type"]](widget, width, height)
    yield "</g>"


def _markdown(widget: Widget, _width: int, _height: int) -> Iterator[str]:
    yield text(10, 18, widget["properties"]["markdown"].replace("**", ""))


def _alarms(widget: Widget, width: int, height: int) -> Iterator[str]:
    names = [arn.rsplit(":", 1)[-1] for arn in widget["properties"]["alarms"]]
    each = (width - 20) / len(names)
    size = f'y="28" width="{each - 6:.1f}" height="{height - 38}" rx="2"'
    for number, name in enumerate(names):
        x = 10 + number * each
        yield f'<rect x="{x:.1f}" {size} fill="#e9f5ec" stroke="#1d8102"/>'
        yield text(x + 6, 50, name, 'font-size="10"')
        yield text(x + 6, 68, "OK", 'fill="#1d8102"')


def _log(widget: Widget, width: int, _height: int) -> Iterator[str]:
    for number, part in enumerate(widget["properties"]["query"].split(" | ")):
        yield text(10, 40 + number * 17, part, 'font-family="monospace" fill="#545b64"')
    yield f'<line x1="10" x2="{width - 10}" y1="150" y2="150" stroke="#d5dbdb"/>'
    yield text(10, 170, "12:04:31  WARNING  s3://sluice-documents/old.doc failed: unsupported_type")


_CONTENTS: dict[str, Callable[[Widget, int, int], Iterator[str]]] = {
    "text": _markdown,
    "alarm": _alarms,
    "log": _log,
    "metric": chart,
}


if __name__ == "__main__":
    main()

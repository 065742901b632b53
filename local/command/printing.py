"""Prints for people on a terminal, and plainly for programs elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def harmless(text: str) -> str:
    """Return a text without the characters by which a document or a model could drive the terminal."""
    return _CONTROL.sub("", text)


def show_json(value: object) -> None:
    """Print a value as one line of JSON."""
    typer.echo(json.dumps(value))


def show_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, when_empty: str) -> None:
    """Print a table on a terminal, and a line for each row with tabs between its cells elsewhere."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(in_one_line(cell) for cell in row))
    elif rows:
        table = Table(*headings, box=None)
        for row in rows:
            table.add_row(*(Text(harmless(cell)) for cell in row))
        console.print(table)
    else:
        typer.echo(when_empty)


def tell(text: str) -> None:
    """Say something beside the result: faintly on a terminal, and never on standard output."""
    Console(stderr=True).print(Text(harmless(text), style="dim"), soft_wrap=True)


def in_one_line(cell: str) -> str:
    """Return a text that spoils no line of a list: without line breaks, tabs and what drives the terminal."""
    return harmless(" ".join(cell.split("\t"))).replace("\n", " ")

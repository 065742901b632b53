"""docs/command.md says what there is."""

from __future__ import annotations

import re

import typer

from local.addresses import ROOT
from local.command.program import app

PAGE = (ROOT / "docs" / "command.md").read_text()


def test_every_command_is_on_the_page_and_nothing_else() -> None:
    """In the table of commands, each once."""
    [table] = re.findall(r"\| command \| does \|\n(.*?)\n\n", PAGE, re.DOTALL)
    told = re.findall(r"^\| `sluice (\w+)", table, re.MULTILINE)
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined] # a group has commands

    assert sorted(told) == sorted(commands)


def test_every_exit_code_is_on_the_page() -> None:
    """As the code names them."""
    from local.command import outcome

    codes = {value for value in vars(outcome).values() if isinstance(value, int)}

    assert {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)} == {0, *codes}

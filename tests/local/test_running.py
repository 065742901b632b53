"""Commands find the laptop that runs beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import running
from local.running import Ports


def test_what_is_noted_is_found(tmp_path: Path) -> None:
    """As it was written."""
    running.note(Ports(1, 2, 3, 4), tmp_path)

    assert running.noted(tmp_path) == Ports(1, 2, 3, 4)


@pytest.mark.parametrize("note", ["", "[]", '{"chat": 1, "of another version": 2}'])
def test_without_a_note_it_is_looked_for_at_the_usual_ports(tmp_path: Path, note: str) -> None:
    """A note that can't be read is none."""
    (tmp_path / running.FILE).write_text(note)

    assert running.noted(tmp_path) == running.noted(tmp_path / "nothing") == Ports(8000, 8001, 9000, 15432)

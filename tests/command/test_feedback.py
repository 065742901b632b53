"""`sluice feedback`: the readers' ratings become a folder, or it is told why not."""

from __future__ import annotations

from pathlib import Path

from tests.command.conftest import Sluice


def test_a_folder_that_can_not_be_written_is_told_in_one_line(
    sluice: Sluice, database_url: str, tmp_path: Path
) -> None:
    """A file lies where it would be."""
    (tmp_path / "file").write_text("")

    result = sluice("feedback", str(tmp_path / "file" / "set"), SLUICE_DATABASE_URL=database_url)

    assert (result.exit_code, result.stderr) == (1, f"{tmp_path}/file/set can't be written: Not a directory.\n")

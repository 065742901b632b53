"""Which files the arguments of `sluice ingest` name."""

from __future__ import annotations

import os
import pwd
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.command.finding import find_files
from local.command.outcome import Mistake


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def shown(*arguments: object) -> list[str]:
    """Return what the files that are found will be called."""
    return [file.shown for file in find_files([str(argument) for argument in arguments])]


def test_files_are_found(tmp_path: Path) -> None:
    """Folders with all that is in them but what is hidden, patterns, single files; each once."""
    make(tmp_path, "a.md", "b.pdf", "deep/c.md", ".hidden/d.md", "deep/.e")

    assert [file.path for file in find_files([str(tmp_path)])] == [
        tmp_path / "a.md",
        tmp_path / "b.pdf",
        tmp_path / "deep/c.md",
    ]
    assert shown(f"{tmp_path}/*.md", tmp_path / "a.md", f"{tmp_path}/./a.md") == ["a.md"]
    assert shown(tmp_path / "deep/c.md") == ["c.md"]


def test_a_pattern_keeps_the_folders_behind_its_beginning(tmp_path: Path) -> None:
    """As a folder keeps those within it."""
    make(tmp_path, "x/a.md", "x/b/a.md", "x/b/c.md")

    assert shown(f"{tmp_path}/x/**/*.md") == ["a.md", "b/a.md", "b/c.md"]
    assert shown(f"{tmp_path}/*/b/c.md") == ["x/b/c.md"]


def test_a_link_around_its_own_folder_is_gone_through_once(tmp_path: Path) -> None:
    """By a folder and by a pattern."""
    make(tmp_path, "x/a.md")
    (tmp_path / "x/loop").symlink_to("../x")

    assert shown(tmp_path / "x") == ["a.md"]
    assert shown(f"{tmp_path}/x/**/*.md") == ["a.md"]


def test_what_names_nothing_is_a_mistake(tmp_path: Path) -> None:
    """A missing file, a pattern without a match, a broken link, a folder without files, a pipe."""
    make(tmp_path, "empty/.hidden")
    (tmp_path / "broken").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")

    for name, words in {
        "nothing.pdf": "There is no file at ",
        "*.docx": "There is no file at ",
        "broken": "There is no file at ",
        "empty": "There are no files in ",
        "pipe": "is no file that could be uploaded as a whole",
        "x" * 300: "can't be read: File name too long",
    }.items():
        with pytest.raises(Mistake, match=words):
            find_files([f"{tmp_path}/{name}"])


def test_a_folder_that_can_not_be_read_is_a_mistake() -> None:
    """Its files would be missing without a word."""
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder), "a.md", "closed/b.md")
        Path(folder).chmod(0o755)
        Path(folder, "closed").chmod(0)
        with as_nobody(), pytest.raises(Mistake, match="closed can't be read: Permission denied"):
            find_files([folder])
        Path(folder, "closed").chmod(0o700)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Take root's rights to read everything away, where the tests run as root."""
    user = os.geteuid()
    if user:
        yield
        return
    os.seteuid(pwd.getpwnam("nobody").pw_uid)
    try:
        yield
    finally:
        os.seteuid(user)

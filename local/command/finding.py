"""Finds the files that a user names, and what each will be called."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path
from typing import NoReturn

from local.command.outcome import Mistake


@dataclass(frozen=True, slots=True)
class Found:
    """A file, and where it lies within the folder or pattern that named it: files of one name lie in several places."""

    path: Path
    within: Path

    @property
    def folder(self) -> str:
        """The folders before the name, with slashes; empty where there are none."""
        return _readable("/".join(self.within.parts[:-1]))

    @property
    def name(self) -> str:
        return _readable(self.within.name)

    @property
    def shown(self) -> str:
        return f"{self.folder}/{self.name}".removeprefix("/")


def find_files(paths: Sequence[str]) -> list[Found]:
    """Return the files that the arguments name: files, folders with all that is in them, patterns.

    Hidden files inside folders are left out, and links to folders are not followed. Raises `Mistake` for an argument
    that names nothing or can't be read, and for files that would be one document.
    """
    files: dict[tuple[str, str], Found] = {}
    for given in paths:
        try:
            found = _found(given)
        except OSError as error:
            raise Mistake(f"{error.filename or given} can't be read: {error.strerror}.") from error
        for each in found:
            # By its real folder, which a link to a folder around it gives many names.
            files.setdefault((os.path.realpath(each.path.parent), each.path.name), each)
    _check_that_each_is_a_document(files.values())
    return list(files.values())


def _found(given: str) -> list[Found]:
    path = Path(given).expanduser()
    if path.is_dir():
        found = [Found(each, each.relative_to(path)) for each in _inside(path)]
        return found or _nothing(f"There are no files in {given}; what is hidden is left out.")
    if path.is_file():
        return [Found(path, Path(path.name))]
    if path.exists():
        return _nothing(f"{given} is no file that could be uploaded as a whole.")
    fixed = _fixed_part(path)
    matches = [Path(match) for match in glob(str(path), recursive=True)]  # noqa: PTH207 - of a Path, glob takes no absolute pattern
    found = [Found(match, match.relative_to(fixed)) for match in _shortest_first(matches) if match.is_file()]
    return found or _nothing(f"There is no file at {given}.")


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder; one that can't be read is an error and not left out."""
    for at, folders, names in os.walk(folder, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (path for name in sorted(names) if not name.startswith(".") and (path := Path(at, name)).is_file())


def _raise(error: OSError) -> None:
    raise error


def _fixed_part(pattern: Path) -> Path:
    """Return the folders before the first part that is a pattern."""
    parts = pattern.parts[:-1]
    count = next((number for number, part in enumerate(parts) if has_magic(part)), len(parts))
    return Path(*parts[:count])


def _shortest_first(matches: Iterable[Path]) -> list[Path]:
    return sorted(matches, key=lambda match: (len(match.parts), match))


def _nothing(message: str) -> NoReturn:
    raise Mistake(message)


def _check_that_each_is_a_document(files: Iterable[Found]) -> None:
    known: dict[str, Found] = {}
    for each in files:
        first = known.setdefault(unicodedata.normalize("NFC", each.shown), each)
        if first is not each:
            raise Mistake(
                f"{first.path} and {each.path} would be one document, {each.shown}. Name a folder or a pattern in "
                "quotes that holds both, or give each a --collection of its own."
            )


def _readable(name: str) -> str:
    """Return a name as text, also one whose bytes are none."""
    return name.encode(errors="surrogateescape").decode(errors="replace")

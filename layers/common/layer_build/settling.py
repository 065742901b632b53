"""Gives built files one time, so that the same tree is built to the same bytes.

`python3 -m layer_build.settling FOLDER` does it; `--digest FOLDER` tells whether two builds are the same.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

# The earliest time that a zip archive can hold. Source: https://reproducible-builds.org/docs/source-date-epoch/
EARLIEST = 315_532_800


def settle(folder: Path) -> None:
    """Set the times of everything in the folder, and the rights to what matters: who may write is no part of it."""
    when = int(os.environ.get("SOURCE_DATE_EPOCH", EARLIEST))
    for path in [*folder.rglob("*"), folder]:
        if path.is_file():
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
        elif path.is_dir():
            path.chmod(0o755)
        os.utime(path, (when, when), follow_symlinks=False)


def digest(folder: Path) -> str:
    """Return a SHA-256 of all files: their names, their rights, their times, their bytes."""
    whole = sha256()
    for line in _lines(folder):
        whole.update(line.encode())
    return whole.hexdigest()


def _lines(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            status = path.stat()
            content = sha256(path.read_bytes()).hexdigest()
            yield f"{path.relative_to(folder).as_posix()} {status.st_mode:o} {int(status.st_mtime)} {content}\n"


def main() -> None:
    """Settle a folder; with `--digest` print the digest of each artifact of a build instead."""
    if sys.argv[1] != "--digest":
        settle(Path(sys.argv[1]))
        return
    for artifact in sorted(Path(sys.argv[2]).iterdir()):
        # What SAM writes of a nested template is uploaded by its content alone.
        if artifact.is_dir() and not (artifact / "template.yaml").exists():
            print(digest(artifact), artifact.name)  # noqa: T201 - a report


if __name__ == "__main__":
    main()

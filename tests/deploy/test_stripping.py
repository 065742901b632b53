"""Shared objects lose what only debuggers read, and still load."""

from __future__ import annotations

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from layer_build.stripping import strip, strip_file

LOAD = "import ctypes, sys; ctypes.CDLL(sys.argv[1]); print('loaded')"


def test_a_stripped_shared_object_is_smaller_and_loads(tmp_path: Path) -> None:
    """A compiled module as it comes in its wheel, symbols and all."""
    spec = find_spec("multidict._multidict")
    assert spec is not None
    assert spec.origin is not None
    copy = tmp_path / "copy.so"
    shutil.copy(spec.origin, copy)
    before = copy.stat().st_size

    saved = strip_file(copy)

    assert saved > 0
    assert copy.stat().st_size == before - saved
    command = [sys.executable, "-c", LOAD, str(copy)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stdout == "loaded\n"


def test_stripping_twice_changes_nothing_more(tmp_path: Path) -> None:
    """What was cut is gone; the rest is needed."""
    spec = find_spec("multidict._multidict")
    assert spec is not None
    assert spec.origin is not None
    copy = tmp_path / "deep" / "copy.so"
    copy.parent.mkdir()
    shutil.copy(spec.origin, copy)
    strip(tmp_path)

    assert strip(tmp_path) == 0


def test_a_file_that_is_no_shared_object_stays_as_it_is(tmp_path: Path) -> None:
    """The name alone decides nothing."""
    text = tmp_path / "notes.so.txt"
    text.write_bytes(b"not ELF")

    assert strip(tmp_path) == 0
    assert text.read_bytes() == b"not ELF"

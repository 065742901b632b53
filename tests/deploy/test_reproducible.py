"""The same tree is built to the same bytes, so that a deploy of it changes nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from layer_build.settling import EARLIEST, digest, settle
from tests.deploy.conftest import ROOT

FUNCTIONS = ("ChatFunction", "IngestFunction", "MigrateFunction")


def build(function: str, folder: Path) -> Path:
    """Run what `sam build` runs for a function."""
    folder.mkdir(parents=True)
    command = ["make", "-s", f"build-{function}", f"ARTIFACTS_DIR={folder}"]
    subprocess.run(command, cwd=ROOT / "functions", check=True, capture_output=True, timeout=120)
    return folder


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_function_is_built_to_the_same_bytes(function: str, tmp_path: Path) -> None:
    """Names, rights, times and bytes of all files agree between two builds in two places."""
    once, twice = build(function, tmp_path / "once"), build(function, tmp_path / "elsewhere" / "twice")

    assert digest(once) == digest(twice)
    assert {int(path.stat().st_mtime) for path in once.rglob("*")} == {EARLIEST}


def test_a_folder_is_settled_whatever_made_it(tmp_path: Path) -> None:
    """Times and who may write are no part of a build; what can be started is."""
    for name, mode in (("a", 0o664), ("b", 0o600)):
        folder = tmp_path / name / "deep"
        folder.mkdir(parents=True)
        (folder / "module.py").write_text("x = 1\n")
        (folder / "module.py").chmod(mode)
        (folder / "start").write_text("#!/bin/sh\n")
        (folder / "start").chmod(mode | 0o100)
    os.utime(tmp_path / "b" / "deep" / "module.py", (1, 1))

    settle(tmp_path / "a")
    settle(tmp_path / "b")

    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    deep = tmp_path / "b" / "deep"
    assert [(deep / name).stat().st_mode & 0o777 for name in ("module.py", "start")] == [0o644, 0o755]


@pytest.mark.parametrize("change", ["content", "name", "mode"])
def test_a_digest_tells_a_change(tmp_path: Path, change: str) -> None:
    """Two trees that differ in anything that is deployed have two digests."""
    file = tmp_path / "module.py"
    file.write_text("x = 1\n")
    settle(tmp_path)
    before = digest(tmp_path)

    if change == "content":
        file.write_text("x = 2\n")
    elif change == "name":
        file.rename(tmp_path / "other.py")
    else:
        file.chmod(0o755)
    settle(tmp_path)

    assert digest(tmp_path) != before

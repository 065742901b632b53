"""What is installed is what the lock files name, to the byte."""

from __future__ import annotations

import re
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest

from layer_build.__main__ import install
from tests.deploy.conftest import ROOT

LOCKS = [ROOT / "layers" / "common" / "requirements.txt", *sorted((ROOT / "requirements").glob("*.txt"))]
PINNED = re.compile(r"[A-Za-z0-9._-]+(\[[a-z0-9,_-]+\])?==[^ ;]+( ; .+?)?( --hash=sha256:[0-9a-f]{64})+")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.relative_to(ROOT).as_posix())
def test_every_package_is_pinned_and_hashed(lock: Path) -> None:
    """One version of each, and the SHA-256 of every file that it may come in."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    lines = [re.sub(r" +", " ", line).strip() for line in re.sub(r"\\\n", " ", text).splitlines()]

    assert any(lines)
    assert [line for line in lines if line and not PINNED.fullmatch(line)] == []


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package as it is published."""
    file = tmp_path / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tiny/__init__.py", "")
        archive.writestr("tiny-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n")
        archive.writestr("tiny-1.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.dist-info/RECORD", "")
    return file


def locked(wheel: Path, *hashes: str) -> Path:
    lock = wheel.with_name("requirements.txt")
    lock.write_text(" ".join([f"tiny @ {wheel.as_uri()}", *(f"--hash=sha256:{it}" for it in hashes)]) + "\n")
    return lock


def test_a_package_with_its_hash_is_installed(wheel: Path, tmp_path: Path) -> None:
    """For Lambda's platform, wherever the build runs."""
    install(locked(wheel, sha256(wheel.read_bytes()).hexdigest()), tmp_path / "tree", "aarch64")

    assert (tmp_path / "tree" / "tiny" / "__init__.py").exists()


@pytest.mark.parametrize("hashes", [[], ["0" * 64]], ids=["no hash", "another hash"])
def test_a_package_that_is_not_the_locked_one_stops_the_build(wheel: Path, tmp_path: Path, hashes: list[str]) -> None:
    """Nothing of it is in the tree."""
    with pytest.raises(SystemExit, match="could not install"):
        install(locked(wheel, *hashes), tmp_path / "tree", "x86_64")

    assert not (tmp_path / "tree" / "tiny").exists()


@pytest.mark.sam
def test_nothing_in_the_built_layer_runs_at_every_start_of_python(built: Path) -> None:
    """A `.pth` file would, before any code of ours."""
    assert [*(built / "CommonLayer" / "python").glob("*.pth")] == []

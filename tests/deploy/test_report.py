"""What `make build` says at its end."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layer_build.report import main

MEBIBYTE = 1 << 20


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A build of a layer of 2 MB with bytecode, and of a function of 1 MB."""
    for name, size in (("CommonLayer/module.pyc", 2), ("ChatFunction/app.py", 1)):
        file = tmp_path / name
        file.parent.mkdir()
        file.write_bytes(bytes(size * MEBIBYTE))
    return tmp_path


def test_a_function_is_weighed_with_its_layer(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In MB, beside what it may weigh."""
    monkeypatch.setattr(sys, "argv", ["report", str(build), "3"])

    main()

    assert capsys.readouterr() == ("ChatFunction with its layer: 3.0 of 3 MB\n", "")


def test_one_that_is_too_heavy_ends_the_build(build: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name."""
    monkeypatch.setattr(sys, "argv", ["report", str(build), "2"])

    with pytest.raises(SystemExit, match="ChatFunction is too large"):
        main()


def test_a_layer_without_bytecode_is_warned_of(
    build: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It works, but every cold start takes seconds more."""
    (build / "CommonLayer" / "module.pyc").unlink()
    monkeypatch.setattr(sys, "argv", ["report", str(build), "3"])

    main()

    assert "the layer holds no bytecode" in capsys.readouterr().err

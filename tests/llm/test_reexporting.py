"""Packages that only hand on names of their modules."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sluice.adapters.llm.reexporting import NAMES, Reexporting, reexported

KINDS = """
import importlib, json, sys
from sluice.adapters.llm import reexporting
if sys.argv[1] == "late":
    reexporting.install()
packages = json.loads(sys.argv[2])
def kind(value):
    if isinstance(value, type(sys)):
        return ["module", value.__name__]
    return [type(value).__name__, getattr(value, "__module__", None), getattr(value, "__qualname__", repr(value))]
if sys.argv[1] == "late":
    names = json.load(sys.stdin)
else:
    names = {name: sorted(vars(importlib.import_module(name))) for name in packages}
print(json.dumps({
    package: {name: kind(getattr(importlib.import_module(package), name)) for name in names[package] if name[0] != "_"}
    for package in packages
}))
"""


def run(code: str, *arguments: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def packages() -> list[str]:
    """The packages of OpenAI's that are treated so."""
    root = Path(str(importlib.import_module("openai").__file__)).parent
    folders = [path.parent.relative_to(root.parent) for path in root.rglob("__init__.py")]
    return sorted(name for name in map(".".join, (folder.parts for folder in folders)) if name.startswith(NAMES))


def test_each_name_of_openais_packages_is_what_it_is_when_all_is_imported() -> None:
    """Classes, functions and modules, of each package; nobody need know that they come later."""
    names = json.dumps(packages())

    at_once = run(KINDS, "at once", names)

    assert json.loads(run(KINDS, "late", names, given=at_once)) == json.loads(at_once)


def test_one_name_of_openais_brings_no_more_than_it_needs() -> None:
    """Of some 800 modules of types, the types of a chat need a tenth."""
    code = "from sluice.adapters.llm import reexporting; reexporting.install()\n"
    code += "import sys; from openai.types.chat import ChatCompletion\n"
    code += "print([name in sys.modules for name in ('openai.types.eval_create_params', 'openai.resources.evals')])"

    assert run(code) == "[False, False]\n"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("from .river import Bank", {"Bank": ("land.river", "Bank")}),
        ("from .river import Bank as Shore, Bed", {"Shore": ("land.river", "Bank"), "Bed": ("land.river", "Bed")}),
        ("from sea.shore import Sand", {"Sand": ("sea.shore", "Sand")}),
        ('"""About land."""\n__all__ = ["Bank"]\nfrom .river import Bank', {"Bank": ("land.river", "Bank")}),
    ],
)
def test_where_names_come_from_is_read_off_the_code(source: str, names: dict[str, tuple[str, str]]) -> None:
    """Without importing anything: none of these modules exists."""
    found = reexported(compile(source, "land/__init__.py", "exec"), "land")

    assert found is not None
    assert {name: (origin.module, origin.name) for name, origin in found.items()} == names


@pytest.mark.parametrize(
    "source",
    [
        "import os",
        "from .river import *",
        "from . import river",
        "from .river import river",
        "from .river import Bank\nBank.steep = True",
        "from .river import Bank\nlength = 6",
        "from .river import Bank\nprint(Bank)",
        "from .river import Bank\nclass Steep(Bank): pass",
        "from .river import Bank\ndef dig(): pass",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .river import Bank",
        "try:\n    from .river import Bank\nexcept ImportError:\n    from .sea import Bank",
    ],
)
def test_code_that_does_more_runs_as_ever(source: str) -> None:
    """Only what does nothing else can wait without anybody's notice."""
    assert reexported(compile(source, "land/__init__.py", "exec"), "land") is None


@pytest.fixture
def land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A package with a module that fails, one that works, and one that says so when it is imported."""
    package = tmp_path / "land"
    package.mkdir()
    (package / "__init__.py").write_text("from .river import Bank\nfrom .marsh import Frog\n")
    (package / "river.py").write_text("class Bank: pass\n")
    (package / "marsh.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [Reexporting(["land"]), *sys.meta_path])
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "land"]:
        del sys.modules[name]


@pytest.mark.usefixtures("land")
def test_a_name_is_looked_up_when_it_is_asked_for() -> None:
    """And kept; a module of the package can be asked for as if the package had imported it."""
    package = importlib.import_module("land")

    before = "land.river" in sys.modules
    bank = package.Bank

    assert (before, bank.__module__, package.Bank is bank, package.river.Bank is bank) == (
        False,
        "land.river",
        True,
        True,
    )
    assert {"Bank", "Frog"} <= set(dir(package))


@pytest.mark.usefixtures("land")
def test_a_name_that_is_not_there_is_no_attribute() -> None:
    """Which tells `from package import name` that it may be a module."""
    package = importlib.import_module("land")

    with pytest.raises(AttributeError, match="module 'land' has no attribute 'hill'"):
        _ = package.hill


@pytest.mark.usefixtures("land")
def test_what_a_module_misses_is_told_by_its_name() -> None:
    """Not as a missing attribute, which would hide the reason."""
    package = importlib.import_module("land")

    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        _ = package.Frog
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name"):
        _ = package.marsh

"""Finds modules that no import can load, because something that they import at their top is not in the tree.

LiteLLM carries its proxy server along, whose own dependencies are not installed. Taking such a module away changes one
ImportError into another.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path


def unimportable(tree: Path, package: str) -> set[Path]:
    """Return the package's files that can't be imported, by what is missing or by each other; `package` is a path."""
    imports = {path: set(top_imports(path)) for path in tree.glob(f"{package}/**/*.py")}
    dead: set[Path] = set()
    while found := {path for path, names in imports.items() if path not in dead and missing(tree, names, dead)}:
        dead |= found
    return dead


def missing(tree: Path, names: set[str], dead: set[Path]) -> bool:
    return not all(is_there(tree, name, dead) for name in names)


def is_there(tree: Path, name: str, dead: set[Path]) -> bool:
    """Whether the standard library or the tree holds the module."""
    if name.partition(".")[0] in sys.stdlib_module_names:
        return True
    place = tree.joinpath(*name.split("."))
    files = [place.with_suffix(".py"), place / "__init__.py"]
    if any(file in dead for file in files):
        return False
    return place.is_dir() or files[0].exists() or any(place.parent.glob(f"{place.name}.*"))


def top_imports(path: Path) -> Iterator[str]:
    """Yield the modules without which the file can't be imported: none in functions, `try` or a condition."""
    for statement in ast.parse(path.read_bytes()).body:
        if isinstance(statement, ast.Import):
            yield from (alias.name for alias in statement.names)
        elif isinstance(statement, ast.ImportFrom) and statement.module and not statement.level:
            yield statement.module

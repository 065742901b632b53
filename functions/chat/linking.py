"""Joins the page's ES modules into one script, so that a browser asks for one file instead of twenty.

A function serves one request at a time: every file that a browser asks for beside another starts an environment of its
own. Joining happens when the script is asked for first; on disk and in tests the modules stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_IMPORT = re.compile(r'^import (?:(?P<names>\{[^}]*\}|\* as \w+) from )?"(?P<path>\./[^"]+)";\n?', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*? |const |class )(?P<name>\w+))", re.MULTILINE)
_EXPORT_LIST = re.compile(r"^export ?\{(?P<names>[^}]*)\};?\n?|(?<=;)export ?\{(?P<tail>[^}]*)\};?\n?", re.MULTILINE)
_EXPORTED = re.compile(r"^export (?:async )?(?:function\*? |const |class )(\w+)", re.MULTILINE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*\n?", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import\b|export\b).*$", re.MULTILINE)


class LinkError(Exception):
    """A module says `import` or `export` in a way that can't be joined."""


def link(entry: Path) -> str:
    """Return the script of `entry` and all that it imports, each module once, after those that it needs.

    Every module but the entry becomes a function that returns what it exports. Raises `LinkError`.
    """
    linked: dict[Path, str] = {}
    body = _visit(entry.resolve(), linked, ())
    return "\n".join([*(part for path, part in linked.items() if path != entry.resolve()), body])


def _visit(path: Path, linked: dict[Path, str], above: tuple[Path, ...]) -> str:
    if path in above:
        raise LinkError(f"{path.name} imports itself by way of {above[-1].name}.")
    source = _SOURCE_MAP.sub("", path.read_text(encoding="utf-8"))
    for match in _IMPORT.finditer(source):
        needed = (path.parent / match["path"]).resolve()
        if needed not in linked:
            linked[needed] = _wrap(needed, _visit(needed, linked, (*above, path)))
    body = _IMPORT.sub(lambda match: _binding(match, path), source)
    if left := _LEFT_OVER.search(body if not above else _without_exports(body)):
        raise LinkError(f"{path.name}: {left[0]}")
    return body


def _binding(match: re.Match[str], importer: Path) -> str:
    """`import { a as b } from "./x.js"` takes `b` out of what x returned; `import "./x.js"` takes nothing."""
    names = match["names"]
    if names is None:
        return ""
    left = names.removeprefix("* as ") if names.startswith("*") else re.sub(r" as ", ": ", names)
    return f"const {left} = {_variable((importer.parent / match['path']).resolve())};\n"


def _wrap(path: Path, body: str) -> str:
    returned = ", ".join(f"{public}: {own}" if public != own else own for public, own in _exports(body).items())
    return f"const {_variable(path)} = (() => {{\n{_without_exports(body)}\nreturn {{ {returned} }};\n}})();"


def _exports(body: str) -> Mapping[str, str]:
    """Return the names that a module exports, each with the name that it has inside."""
    found = {name: name for name in _EXPORTED.findall(body)}
    for match in _EXPORT_LIST.finditer(body):
        for item in (match["names"] or match["tail"] or "").split(","):
            own, _, public = item.strip().partition(" as ")
            found[public or own] = own
    return found


def _without_exports(body: str) -> str:
    return _EXPORT_LIST.sub("", _EXPORT.sub("", body))


def _variable(path: Path) -> str:
    return f"$module_{re.sub(r'[^a-z0-9]', '_', path.name.lower())}"

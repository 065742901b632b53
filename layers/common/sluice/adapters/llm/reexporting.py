"""Packages that only hand on names of their modules: each name comes from its module when it is first asked for.

Importing one name of such a package otherwise imports hundreds of modules. Python 3.15 can do this itself (PEP 810).
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import resolve_name
from types import CodeType, ModuleType

NAMES = (
    "openai.resources",  # the 25 APIs of OpenAI, 400 modules; its client takes those it needs from below
    "openai.types",  # 800 modules, of which LiteLLM needs 300
)


def install() -> None:
    """Treat these packages, and those in them, so from now on."""
    if not any(isinstance(finder, Reexporting) for finder in sys.meta_path):
        sys.meta_path.insert(0, Reexporting(NAMES))


class Reexporting(MetaPathFinder):
    """Finds the packages where the other finders do. One whose code does anything but import runs as ever."""

    def __init__(self, names: Sequence[str]) -> None:
        self._prefixes = tuple(f"{name}." for name in names)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not f"{fullname}.".startswith(self._prefixes):
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec and spec.submodule_search_locations and isinstance(spec.loader, InspectLoader):
            code = spec.loader.get_code(fullname)
            names = code and reexported(code, fullname)
            if names:
                spec.loader = _Names(spec.loader, names)
        return spec


@dataclass(frozen=True, slots=True)
class _Origin:
    """A name of a module, of which nothing is known: code that asks whether it is true can't go on."""

    module: str
    name: str

    def __bool__(self) -> bool:
        raise TypeError


class _Source:
    """Stands for a module while a package runs, and has every name."""

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> _Origin:
        return _Origin(self._module, name)


def reexported(code: CodeType, package: str) -> Mapping[str, _Origin] | None:
    """Return where each name of a package comes from; None when its code does anything but hand names on.

    It is run with nothing at hand but an `import` that imports nothing, and never fails.
    """
    if code.co_exceptiontable:
        return None  # it has something in place of what can't be imported

    def look(name: str, _globals: object, _locals: object, names: Sequence[str] | None, level: int) -> _Source:
        assert names  # noqa: S101 - `import x` hands on no name
        return _Source(resolve_name("." * level + name, package))

    found: dict[str, object] = {"__name__": package, "__builtins__": {"__import__": look}}
    try:
        exec(code, found)  # noqa: S102 - what would run anyway
    except Exception:  # noqa: BLE001 - without its builtins code fails in any way
        return None
    names = {name: origin for name, origin in found.items() if isinstance(origin, _Origin)}
    others = {name for name in found.keys() - names.keys() if not name.startswith("__")}
    modules = {origin.module for origin in names.values()}
    # Of a module and a name that are called the same, importing the one would hide the other.
    hidden = {f"{package}.{name}" for name in names} & modules
    return None if others or hidden or package in modules else names


class _Names(Loader):
    """Fills a package with names that are still to be looked up."""

    def __init__(self, loader: Loader, names: Mapping[str, _Origin]) -> None:
        self._loader = loader
        self._names = names

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__  # noqa: S101 - that of the import system
        module.__spec__.loader = module.__loader__ = self._loader
        vars(module).update(__origins__=self._names, __all__=list(self._names))
        module.__class__ = _Package


class _Package(ModuleType):
    """A package whose names are looked up when they are first asked for."""

    __origins__: Mapping[str, _Origin]

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        if name not in self.__origins__:
            return self._module(name)
        origin = self.__origins__[name]
        value: object = getattr(importlib.import_module(origin.module), origin.name)
        setattr(self, name, value)
        return value

    def _module(self, name: str) -> ModuleType:
        """Return a module of the package, which running it would have imported."""
        full = f"{self.__name__}.{name}"
        try:
            return importlib.import_module(full)
        except ModuleNotFoundError as error:
            if error.name != full:
                raise
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}") from None

    def __dir__(self) -> list[str]:
        return sorted({*vars(self), *self.__origins__})

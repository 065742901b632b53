"""Modules that LiteLLM imports at its top and an answer does not use: they run when they are first asked for a name.

That is what `importlib.util.LazyLoader` does, but for modules that put others in their places when they run.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

NAMES = frozenset(
    {
        "cryptography.hazmat.primitives.asymmetric.padding",  # all of these sign requests to Oracle's cloud
        "cryptography.hazmat.primitives.asymmetric.rsa",
        "cryptography.hazmat.primitives.hashes",
        "cryptography.hazmat.primitives.serialization",
        "yaml",  # for files of settings
    }
)

_loading = threading.RLock()
_being_loaded: set[str] = set()


def install() -> None:
    """Defer these modules from now on: LiteLLM imports some of them in its first calls."""
    if not any(isinstance(finder, Deferring) for finder in sys.meta_path):
        sys.meta_path.insert(0, Deferring())


class Deferring(MetaPathFinder):
    """Finds the modules of these names where the other finders do, and defers them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in NAMES:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        spec = next(filter(None, (finder.find_spec(fullname, path, target) for finder in others)), None)
        if spec and spec.loader:
            spec.loader = _Later(spec.loader)
        return spec


class _Later(Loader):
    """Leaves a module to itself."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__  # noqa: S101 - that of the import system
        module.__spec__.loader = module.__loader__ = self._loader
        module.__class__ = _Deferred


class _Deferred(ModuleType):
    """A module that has not run yet. What the import system itself asks for, such as `__path__`, is there."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        with _loading:
            if type(self) is _Deferred:
                _run(self)
        return getattr(sys.modules[self.__name__], name)  # cryptography's modules put others in their places


def _run(module: ModuleType) -> None:
    spec = module.__spec__
    assert spec  # noqa: S101 - that of the import system
    assert spec.loader  # noqa: S101 - set by `_Later`
    if spec.name in _being_loaded:
        raise AttributeError(f"The module {spec.name} asks itself for a name that it does not have yet.")
    _being_loaded.add(spec.name)
    try:
        spec.loader.exec_module(module)
        module.__class__ = ModuleType
    finally:
        _being_loaded.discard(spec.name)

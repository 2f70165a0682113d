"""Modules that a library imports and hardly ever uses, imported when they are first really used.

scikit-learn imports the whole of scipy.stats, a third of its start-up time, for a few names that a prediction hardly
ever uses. `defer("scipy.stats", ["rankdata", "chi2"])` puts a stand-in in its place. What the stand-in gives for these
names forwards calls and attributes; everything else that is asked of it, submodules included, imports the module.
Name only what is called or has methods called: a forward is no instance of the object's class.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

#: Of a module's own attributes, those that say something of its content; others are for machinery that looks around.
_TELLING = ("__path__", "__all__", "__version__", "__dir__")


class _StandIn(ModuleType):
    """Looks like the module, and becomes a window to it."""

    def __init__(self, name: str, names: Collection[str]) -> None:
        super().__init__(name)
        self.__dict__["__deferred__"] = frozenset(names)

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["__deferred__"]:
            return self.__dict__.setdefault(name, _Forward(self, name))
        if name.startswith("__") and name not in _TELLING:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        return getattr(_real(self), name)


def _real(stand_in: _StandIn) -> ModuleType:
    """Import the module; by the import system's own locks only one thread does."""
    name = stand_in.__name__
    if sys.modules.get(name) is stand_in:
        del sys.modules[name]
    return importlib.import_module(name)


class _Forward:
    """Stands for a function, or for an object with methods, of the module."""

    def __init__(self, stand_in: _StandIn, name: str) -> None:
        self.__dict__.update(_stand_in=stand_in, __name__=name, __qualname__=name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return _target(self)(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_target(self), name)


def _target(forward: _Forward) -> Any:
    return getattr(_real(forward.__dict__["_stand_in"]), forward.__dict__["__name__"])


class _Submodules(MetaPathFinder):
    """Imports a deferred package before a submodule of it is looked for."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """A spec that gives the submodule as importing it from the real package gives it, else None."""
        del path, target
        package = sys.modules.get(fullname.rpartition(".")[0])
        if not isinstance(package, _StandIn):
            return None
        _real(package)
        try:
            module = importlib.import_module(fullname)
        except ModuleNotFoundError as error:
            if error.name != fullname:
                raise
            return None
        known = _Known(module)
        # The import system prefers the spec of a module that appeared meanwhile, and would execute that again.
        module.__spec__ = None
        return ModuleSpec(fullname, known)


class _Known(Loader):
    """Gives a module that is there, so that it is not executed twice."""

    def __init__(self, module: ModuleType) -> None:
        self.module = module
        self.spec = module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The module itself."""
        del spec
        return self.module

    def exec_module(self, module: ModuleType) -> None:
        """Take back what the import system wrote into it."""
        module.__spec__ = self.spec


def defer(name: str, names: Collection[str] = ()) -> bool:
    """Put the stand-in in place; False where the module is imported already or is not installed."""
    if name in sys.modules or importlib.util.find_spec(name) is None or name in sys.modules:
        return False
    stand_in = _StandIn(name, names)
    # With a path, the import system asks the finders about submodules, and `_Submodules` is asked first.
    stand_in.__dict__["__path__"] = []
    sys.modules[name] = stand_in
    if not any(isinstance(finder, _Submodules) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Submodules())
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, stand_in)
    return True

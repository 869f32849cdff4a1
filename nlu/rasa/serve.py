"""The `rasa` command without TensorFlow, for serving: arguments are those of `rasa`.

Rasa imports TensorFlow at start because its own classifiers could need it. Ours does not, and without it the
server starts in about half the time and memory. A model whose pipeline does need TensorFlow (the baseline) is
served with `--with-tensorflow`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import warnings
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, ClassVar

ABSENT = ("tensorflow", "tensorflow_addons", "keras", "matplotlib")
WITH_TENSORFLOW = "--with-tensorflow"
SUPERVISOR = "NIANGJIA_SUPERVISOR_PID"


class _AnythingMeta(type):
    """Attributes of a placeholder class are placeholder classes again (tf.keras.layers.Layer)."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


class _Anything(metaclass=_AnythingMeta):
    """Base class and decorator that lets Rasa's module bodies run; using it for real fails."""

    def __new__(cls, *args: Any, **_: Any) -> Any:
        # As a decorator it must hand back the function.
        return args[0] if len(args) == 1 and callable(args[0]) else super().__new__(cls)

    def __init__(self, *_: Any, **__: Any) -> None: ...


class _PlaceholderModule(ModuleType):
    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything


class _Placeholders(MetaPathFinder, Loader):
    """Answers imports of the absent packages and everything below them."""

    def find_spec(self, fullname: str, *_: object) -> Any:
        return ModuleSpec(fullname, self, is_package=True) if fullname.partition(".")[0] in ABSENT else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: ModuleType) -> None: ...


def _die_with(parent: int) -> None:
    """The kernel shall kill this process when its supervisor dies, also on kill -9 (Linux)."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        # It died before the call above: no signal will come any more.
        sys.exit("supervisor is gone")


def _main() -> None:
    if parent := os.environ.pop(SUPERVISOR, ""):
        _die_with(int(parent))
    # Deprecations inside Rasa's pinned libraries; Rasa itself turns plain filters off again.
    warnings.showwarning = lambda *_, **__: None
    if WITH_TENSORFLOW in sys.argv:
        sys.argv.remove(WITH_TENSORFLOW)
    else:
        sys.meta_path.insert(0, _Placeholders())
    from rasa.__main__ import main

    main()


if __name__ == "__main__":
    _main()

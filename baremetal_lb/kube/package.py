"""The door to the `kubernetes` package: its asyncio client, without all that comes with it unasked.

Python runs `kubernetes/__init__.py` and `kubernetes/aio/__init__.py` before anything below them, and these
import the rest: the synchronous client with requests, oauthlib, urllib3 and WebSockets, 260 modules and 8 MiB
that a daemon would keep and never use. So both stand here as packages whose parts come when asked for.
"""

from __future__ import annotations

import functools
import importlib
import sys
from importlib.util import find_spec, module_from_spec
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from types import ModuleType

_PARENTS: Final = ("kubernetes", "kubernetes.aio")  # a parent before its child


def stand_in_for(package: str) -> None:
    """Let a package be there without its `__init__.py` having run, unless it has already.

    Raises ModuleNotFoundError where it is not installed.
    """
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None:
        msg = f"No module named {package!r}"
        raise ModuleNotFoundError(msg, name=package)
    module: Any = module_from_spec(spec)
    module.__getattr__ = functools.partial(_part, package)  # PEP 562
    sys.modules[package] = module
    parent, _, name = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], name, module)


def _part(package: str, name: str) -> ModuleType:
    """What `__init__.py` would have imported by now."""
    if not name.startswith("__") and find_spec(f"{package}.{name}") is not None:
        return importlib.import_module(f"{package}.{name}")
    msg = f"module {package!r} has no attribute {name!r}"
    raise AttributeError(msg)


for _each in _PARENTS:
    stand_in_for(_each)

from kubernetes.aio.client import ApiClient, Configuration  # noqa: E402 - only now
from kubernetes.aio.config import (  # noqa: E402
    ConfigException,
    kube_config,
    load_incluster_config,
    load_kube_config,
)

__all__ = [
    "ApiClient",
    "ConfigException",
    "Configuration",
    "kube_config",
    "load_incluster_config",
    "load_kube_config",
]

"""The kinds that are known from the start: all that files of this package name."""

from collections.abc import Iterator
from importlib import import_module
from pkgutil import walk_packages
from typing import Final

from mockcloud.kube import resources
from mockcloud.kube.resources.kind import Kind


def known() -> list[Kind]:
    """Each kind of each version once, by group and plural name: the order in which discovery lists them."""
    kinds = {kind.gvk: kind for kind in _named()}
    return sorted(kinds.values(), key=lambda kind: (kind.group, kind.plural))


def _named() -> Iterator[Kind]:
    for module in walk_packages(resources.__path__, f"{resources.__name__}."):
        if module.name != __name__:
            named = vars(import_module(module.name)).values()
            yield from (each for each in named if isinstance(each, Kind))


BUILT_IN: Final = tuple(known())

"""The kinds that an API serves: built-in ones, and those that come and go while it runs."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from mockcloud.kube.resources.kind import Kind

_VERSION: Final = re.compile(r"v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?", re.ASCII)


class AlreadyServed(ValueError):
    """The kind, or the path it would have, is another's."""


class Scheme:
    """What is served now (the word is apimachinery's).

    `revision` rises with each change: what is made of the kinds may be kept while it stays.
    `group_versions` has each of `v1`, `apps/v1`, ... once: groups in the order of their first kinds, in a
    group its preferred version first.
    """

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self.revision = 0
        self.group_versions: tuple[str, ...] = ()
        self.leaving: list[Callable[[Kind], None]] = []  # each is told of a kind that is served no more
        self.listeners: list[Callable[[], None]] = []  # each is told that something changed
        self._kinds: dict[tuple[str, str, str], Kind] = {}
        self._by_path: dict[tuple[str, str], Kind] = {}
        for kind in kinds:
            self.register(kind)

    def __iter__(self) -> Iterator[Kind]:
        """The kinds, in the order in which they came."""
        return iter(tuple(self._kinds.values()))

    def at(self, group_version: str, plural: str) -> Kind | None:
        """The kind served under this group version and plural name."""
        return self._by_path.get((group_version, plural))

    def of_group_version(self, group_version: str) -> list[Kind]:
        """The kinds of one group version."""
        return [kind for kind in self._kinds.values() if kind.group_version == group_version]

    def register(self, kind: Kind) -> None:
        """Serve the kind from now on; AlreadyServed where its name or path is taken."""
        path = (kind.group_version, kind.plural)
        if kind.gvk in self._kinds or path in self._by_path:
            taken = self._kinds.get(kind.gvk) or self._by_path[path]
            msg = (
                f"{kind.kind} ({kind.plural}) of {kind.group_version} cannot be served: "
                f"{taken.kind} ({taken.plural}) of {taken.group_version} is"
            )
            raise AlreadyServed(msg)
        self._kinds[kind.gvk] = kind
        self._by_path[path] = kind
        self._changed()

    def replace(self, kind: Kind) -> None:
        """Serve it in place of the one of its names, whose watches go on. KeyError where there is none."""
        taken = self._kinds[kind.gvk]
        del self._by_path[taken.group_version, taken.plural]
        self._kinds[kind.gvk] = self._by_path[kind.group_version, kind.plural] = kind
        self._changed()

    def withdraw(self, kind: Kind) -> None:
        """Serve the kind no more; its objects stay in the store. KeyError where it is not served."""
        gone = self._kinds.pop(kind.gvk)
        del self._by_path[gone.group_version, gone.plural]
        self._changed()
        for listener in self.leaving:
            listener(gone)

    def _changed(self) -> None:
        self.revision += 1
        versions: dict[str, dict[str, str]] = {}
        for kind in self._kinds.values():
            versions.setdefault(kind.group, {})[kind.version] = kind.group_version
        self.group_versions = tuple(
            of[version] for of in versions.values() for version in sorted(of, key=preference)
        )
        for listener in self.listeners:
            listener()


def preference(version: str) -> tuple[int, int, int, str]:
    """Sorts versions, the preferred ones first: v2, v1, v1beta2, v1beta1, v1alpha1, then all other names."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return (3, 0, 0, version)
    return ({None: 0, "beta": 1, "alpha": 2}[found[2]], -int(found[1]), -int(found[3] or 0), "")

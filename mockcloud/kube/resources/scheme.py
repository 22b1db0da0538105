"""The kinds that an API serves, by (group, kind): built-in ones, and those that come and go while it runs."""

from collections.abc import Iterable, Iterator

from mockcloud.kube.resources.kind import Kind


class AlreadyServed(ValueError):
    """The kind, or the path it would have, is another's."""


class Scheme:
    """What is served now (the word is apimachinery's).

    `revision` rises with each change: what is made of the kinds may be kept while it stays.
    `group_versions` has each of `v1`, `apps/v1`, ... once, in the order of their first kinds.
    """

    def __init__(self, kinds: Iterable[Kind] = ()) -> None:
        self.revision = 0
        self.group_versions: tuple[str, ...] = ()
        self._kinds: dict[tuple[str, str], Kind] = {}
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
        name, path = (kind.group, kind.kind), (kind.group_version, kind.plural)
        if name in self._kinds or path in self._by_path:
            taken = self._kinds.get(name) or self._by_path[path]
            msg = (
                f"{kind.kind} ({kind.plural}) of {kind.group_version} cannot be served: "
                f"{taken.kind} ({taken.plural}) of {taken.group_version} is"
            )
            raise AlreadyServed(msg)
        self._kinds[name] = kind
        self._by_path[path] = kind
        self._changed()

    def withdraw(self, group: str, kind: str) -> None:
        """Serve the kind no more; its objects stay in the store. KeyError where it is not served."""
        gone = self._kinds.pop((group, kind))
        del self._by_path[gone.group_version, gone.plural]
        self._changed()

    def _changed(self) -> None:
        self.revision += 1
        self.group_versions = tuple(dict.fromkeys(kind.group_version for kind in self._kinds.values()))

"""Who calls, as authentication has found out and admission and authorization see it."""

from dataclasses import dataclass
from typing import Final

from mockcloud.kube.json_types import JsonObject

ANONYMOUS: Final = "system:anonymous"
ALL_AUTHENTICATED: Final = "system:authenticated"
ALL_UNAUTHENTICATED: Final = "system:unauthenticated"
MASTERS: Final = "system:masters"

Extra = tuple[tuple[str, tuple[str, ...]], ...]
"""What else is known of a caller: values by key, in the order of keys."""


@dataclass(frozen=True, slots=True)
class User:
    """A caller: its name and the groups it is in (authentication.k8s.io's UserInfo)."""

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: Extra = ()

    def info(self) -> JsonObject:
        """As reviews show it; what is not known is left out."""
        found = {
            "username": self.name,
            "uid": self.uid,
            "groups": list(self.groups),
            "extra": {key: list(values) for key, values in self.extra},
        }
        return {key: value for key, value in found.items() if value}


ADMINISTRATOR: Final = User("kubernetes-admin", (MASTERS, ALL_AUTHENTICATED))
"""Whoever has the token of the data directory; the name is kubeadm's."""
NOBODY: Final = User(ANONYMOUS, (ALL_UNAUTHENTICATED,))
"""Whoever shows nothing."""
API_SERVER: Final = User("system:apiserver", (MASTERS, ALL_AUTHENTICATED))
"""This process itself, for the objects that every cluster starts with."""

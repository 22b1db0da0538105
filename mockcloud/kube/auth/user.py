"""Who calls, as authentication has found out and admission and authorization see it."""

from dataclasses import dataclass
from typing import Final

ALL_AUTHENTICATED: Final = "system:authenticated"
MASTERS: Final = "system:masters"


@dataclass(frozen=True, slots=True)
class User:
    """A caller: its name and the groups it is in (authentication.k8s.io's UserInfo)."""

    name: str
    groups: tuple[str, ...] = ()


ADMINISTRATOR: Final = User("kubernetes-admin", (MASTERS, ALL_AUTHENTICATED))
"""Whoever has the token of the data directory; the name is kubeadm's."""
API_SERVER: Final = User("system:apiserver", (MASTERS, ALL_AUTHENTICATED))
"""This process itself, for the objects that every cluster starts with."""

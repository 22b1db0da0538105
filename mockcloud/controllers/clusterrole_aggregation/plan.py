"""Which rules a gathering ClusterRole has."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Selector, parse_selector


@dataclass(frozen=True, slots=True)
class ClusterRole:
    """A role; one that gathers others has selectors."""

    name: str
    labels: Mapping[str, str]
    rules: tuple[Object, ...]
    selectors: tuple[Selector, ...]


def parse_cluster_role(obj: Object) -> ClusterRole:
    """From the API's object."""
    selectors = (obj.get("aggregationRule") or {}).get("clusterRoleSelectors") or ()
    return ClusterRole(
        name=obj["metadata"]["name"],
        labels=obj["metadata"].get("labels") or {},
        rules=tuple(obj.get("rules") or ()),
        selectors=tuple(parse_selector(each) for each in selectors),
    )


def gathered(role: ClusterRole, roles: Iterable[ClusterRole]) -> list[Object] | None:
    """The rules it is to have, each once, by selector and name of the others; None where it has them."""
    found: list[Object] = []
    by_name = sorted((each for each in roles if each.name != role.name), key=lambda each: each.name)
    for selector in role.selectors:
        for other in by_name:
            if selector.matches(other.labels):
                found += [rule for rule in other.rules if rule not in found]
    return None if found == list(role.rules) else found

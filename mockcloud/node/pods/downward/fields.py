"""Fields of a pod, for variables and files (the downward API). Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from mockcloud.node.pods.spec import ContainerSpec, PodSpec
from mockcloud.quantities import in_units

Object = Mapping[str, Any]
SUBSCRIPT: Final = re.compile(r"metadata\.(labels|annotations)\['(.+)'\]")
RESOURCE: Final = re.compile(r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)")


class UnknownField(Exception):
    """There is no such field to be had; the message names it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod runs; `capacity` is what the node has, as quantities by resource."""

    node_name: str
    host_ips: tuple[str, ...]
    pod_ips: tuple[str, ...]
    capacity: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PodFields:
    """What can be read of one pod now: labels and annotations may change while it runs."""

    spec: PodSpec
    metadata: Object
    service_account: str
    place: Place

    def for_variable(self, path: str) -> str:
        """The field's value; UnknownField."""
        known = self._simple()
        if path in known:
            return known[path]
        if match := SUBSCRIPT.fullmatch(path):
            return str((self.metadata.get(match[1]) or {}).get(match[2], ""))
        msg = f"unsupported fieldPath: {path}"
        raise UnknownField(msg)

    def for_file(self, path: str, container: str, divisor: str) -> str:
        """The field as a file has it: all labels or annotations, too, and resources; UnknownField."""
        if path in ("metadata.labels", "metadata.annotations"):
            entries = self.metadata.get(path.partition(".")[2]) or {}
            return "\n".join(f"{key}={_quoted(str(entries[key]))}" for key in sorted(entries))
        if RESOURCE.fullmatch(path):
            return self.resource(path, container, divisor)
        return self.for_variable(path)

    def resource(self, path: str, container: str, divisor: str) -> str:
        """A container's limit or request, in units of the divisor, rounded up; UnknownField.

        What has no limit may use the whole node.
        """
        match = RESOURCE.fullmatch(path)
        if match is None:
            msg = f"unsupported container resource : {path}"
            raise UnknownField(msg)
        spec = self._container(container)
        of_node = self.place.capacity.get(match[2], "0")
        if match[1] == "limits":
            quantity = spec.limits.get(match[2], of_node)
        else:
            quantity = spec.requests.get(match[2], spec.limits.get(match[2], "0"))
        return str(in_units(quantity, divisor))

    def _container(self, name: str) -> ContainerSpec:
        for spec in (*self.spec.containers, *self.spec.init_containers):
            if spec.name == name:
                return spec
        msg = f"container {name} not found"
        raise UnknownField(msg)

    def _simple(self) -> dict[str, str]:
        place = self.place
        return {
            "metadata.name": self.spec.name,
            "metadata.namespace": self.spec.namespace,
            "metadata.uid": self.spec.uid,
            "spec.nodeName": place.node_name,
            "spec.serviceAccountName": self.service_account,
            "status.hostIP": place.host_ips[0],
            "status.hostIPs": ",".join(place.host_ips),
            "status.podIP": place.pod_ips[0] if place.pod_ips else "",
            "status.podIPs": ",".join(place.pod_ips),
        }


def _quoted(text: str) -> str:
    """As Go's %q writes text that is mostly plain."""
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'

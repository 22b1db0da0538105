"""Rules for containers: names, ports, environment, mounts, probes, resources."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import (
    Cause,
    duplicate,
    forbidden,
    invalid,
    not_found,
    not_supported,
    required,
)
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.pods.handlers import HOOKS, one_handler, probe_problems
from mockcloud.kube.resources.pods.requests import resize_problems, resource_problems
from mockcloud.kube.resources.pods.sources import (
    OF_VARIABLES,
    field_problems,
    key_problems,
    relative_path,
    resource_field_problems,
)
from mockcloud.kube.resources.pods.surroundings import container_security_problems
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import PROTOCOLS, causes

PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
TERMINATION_POLICIES: Final = ("File", "FallbackToLogsOnError")
_MOUNT_MODES: Final = (
    ("mountPropagation", ("Bidirectional", "HostToContainer", "None")),
    ("recursiveReadOnly", ("Disabled", "Enabled", "IfPossible")),
)
SOURCES: Final = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")
NO_SOURCE: Final = (
    "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
)


def containers_problems(at: str, containers: Sequence[JsonObject], volumes: set[str]) -> Iterator[Cause]:
    """What is wrong with the containers of a pod, whose volumes have these names."""
    names: set[str] = set()
    for index, container in enumerate(containers):
        path, name = f"{at}[{index}]", container.get("name") or ""
        yield from _container(path, container, volumes)
        if name in names:
            yield duplicate(f"{path}.name", name)
        names.add(name)
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            if container.get(probe) is not None:
                yield from probe_problems(f"{path}.{probe}", probe, object_at(container, probe))
    yield from _host_ports(at, containers)


def _container(at: str, container: JsonObject, volumes: set[str]) -> Iterator[Cause]:
    name = container.get("name") or ""
    if name:
        yield from causes(f"{at}.name", name, formats.dns_1123_label(name))
    else:
        yield required(f"{at}.name")
    image = container.get("image") or ""
    if not image:
        yield required(f"{at}.image")
    elif image.strip() != image:
        yield invalid(f"{at}.image", image, "must not have leading or trailing whitespace")
    policy = container.get("terminationMessagePolicy")
    if policy not in TERMINATION_POLICIES:
        yield not_supported(f"{at}.terminationMessagePolicy", policy or "", TERMINATION_POLICIES)
    yield from _ports(f"{at}.ports", objects_at(container, "ports"))
    yield from _environment(f"{at}.env", objects_at(container, "env"))
    yield from _environment_from(f"{at}.envFrom", objects_at(container, "envFrom"))
    yield from _mounts(f"{at}.volumeMounts", objects_at(container, "volumeMounts"), volumes)
    yield from _propagation(f"{at}.volumeMounts.mountPropagation", container)
    policy = container.get("imagePullPolicy")
    if policy not in PULL_POLICIES:
        yield not_supported(f"{at}.imagePullPolicy", policy or "", PULL_POLICIES)
    yield from resource_problems(f"{at}.resources", object_at(container, "resources"))
    yield from resize_problems(f"{at}.resizePolicy", container)
    yield from container_security_problems(f"{at}.securityContext", object_at(container, "securityContext"))
    for hook in ("postStart", "preStop"):
        if object_at(container, "lifecycle").get(hook) is not None:
            yield from one_handler(f"{at}.lifecycle.{hook}", object_at(container["lifecycle"], hook), HOOKS)


def _ports(at: str, ports: Sequence[JsonObject]) -> Iterator[Cause]:
    names: set[str] = set()
    for index, port in enumerate(ports):
        path, name, number = f"{at}[{index}]", port.get("name") or "", port.get("containerPort") or 0
        if name:
            malformed = formats.port_name(name)
            yield from causes(f"{path}.name", name, malformed)
            if not malformed and name in names:
                yield duplicate(f"{path}.name", name)
            names.add(name)
        if not number:
            yield required(f"{path}.containerPort")
        else:
            yield from causes(f"{path}.containerPort", number, formats.port_number(number))
        if port.get("hostPort"):
            yield from causes(f"{path}.hostPort", port["hostPort"], formats.port_number(port["hostPort"]))
        if port.get("protocol") not in PROTOCOLS:
            yield not_supported(f"{path}.protocol", port.get("protocol") or "", PROTOCOLS)


def _environment(at: str, variables: Sequence[JsonObject]) -> Iterator[Cause]:
    for index, variable in enumerate(variables):
        path, name = f"{at}[{index}]", variable.get("name") or ""
        if name:
            yield from causes(f"{path}.name", name, formats.environment_name(name))
        else:
            yield required(f"{path}.name")
        if variable.get("valueFrom") is None:
            continue
        count = sum(1 for key in SOURCES if object_at(variable, "valueFrom").get(key) is not None)
        if count == 0:
            yield invalid(f"{path}.valueFrom", "", NO_SOURCE)
        elif variable.get("value"):
            yield invalid(f"{path}.valueFrom", "", "may not be specified when `value` is not empty")
        elif count > 1:
            why = "may not have more than one field specified at a time"
            yield invalid(f"{path}.valueFrom", "", why)
        else:
            yield from _value_from(f"{path}.valueFrom", object_at(variable, "valueFrom"))


def _value_from(at: str, source: JsonObject) -> Iterator[Cause]:
    if source.get("fieldRef") is not None:
        yield from field_problems(f"{at}.fieldRef", source["fieldRef"], OF_VARIABLES)
    if source.get("resourceFieldRef") is not None:
        yield from resource_field_problems(f"{at}.resourceFieldRef", source["resourceFieldRef"])
    for key in ("configMapKeyRef", "secretKeyRef"):
        if source.get(key) is not None:
            yield from key_problems(f"{at}.{key}", source[key])


def _environment_from(at: str, sources: Sequence[JsonObject]) -> Iterator[Cause]:
    for index, source in enumerate(sources):
        path, prefix = f"{at}[{index}]", source.get("prefix") or ""
        if prefix:
            yield from causes(f"{path}.prefix", prefix, formats.environment_name(prefix))
        stated = [key for key in ("configMapRef", "secretRef") if source.get(key) is not None]
        for key in stated:
            name = object_at(source, key).get("name") or ""
            if name:
                yield from causes(f"{path}.{key}.name", name, formats.dns_1123_subdomain(name))
            else:
                yield required(f"{path}.{key}.name")
        if not stated:
            yield invalid(at, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(stated) > 1:
            yield invalid(at, "", "may not have more than one field specified at a time")


def _mounts(at: str, mounts: Sequence[JsonObject], volumes: set[str]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, mount in enumerate(mounts):
        path, name, place = f"{at}[{index}]", mount.get("name") or "", mount.get("mountPath") or ""
        if not name:
            yield required(f"{path}.name")
        if name not in volumes:
            yield not_found(f"{path}.name", name)
        if not place:
            yield required(f"{path}.mountPath")
        if place in seen:
            yield invalid(f"{path}.mountPath", place, "must be unique")
        seen.add(place)
        yield from _mount_details(at, path, mount)


def _propagation(at: str, container: JsonObject) -> Iterator[Cause]:
    if object_at(container, "securityContext").get("privileged"):
        return
    for mount in objects_at(container, "volumeMounts"):
        if mount.get("mountPropagation") == "Bidirectional":
            why = "Bidirectional mount propagation is available only to privileged containers"
            yield forbidden(at, why)


def _mount_details(at: str, path: str, mount: JsonObject) -> Iterator[Cause]:
    below, expression = mount.get("subPath") or "", mount.get("subPathExpr") or ""
    yield from relative_path(f"{at}.subPath", below)
    if below and expression:
        why = "subPathExpr and subPath are mutually exclusive"
        yield invalid(f"{path}.subPathExpr", expression, why)
    yield from relative_path(f"{at}.subPathExpr", expression)
    for key, supported in _MOUNT_MODES:
        if mount.get(key) is not None and mount[key] not in supported:
            yield not_supported(f"{at}.{key}", mount[key], supported)


def _host_ports(at: str, containers: Sequence[JsonObject]) -> Iterator[Cause]:
    seen: set[str] = set()
    for index, container in enumerate(containers):
        for place, port in enumerate(objects_at(container, "ports")):
            if not port.get("hostPort"):
                continue
            text = f"{port.get('protocol') or ''}/{port.get('hostIP') or ''}/{port['hostPort']}"
            if text in seen:
                yield duplicate(f"{at}[{index}].ports[{place}].hostPort", text)
            seen.add(text)

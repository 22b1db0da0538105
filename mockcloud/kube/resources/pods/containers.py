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
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import PROTOCOLS, causes
from mockcloud.kube.resources.validation.numbers import not_negative

PULL_POLICIES: Final = ("Always", "IfNotPresent", "Never")
TERMINATION_POLICIES: Final = ("File", "FallbackToLogsOnError")
HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
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
                yield from _probe(f"{path}.{probe}", probe, object_at(container, probe))
    yield from _host_ports(at, containers)


def _container(at: str, container: JsonObject, volumes: set[str]) -> Iterator[Cause]:
    name = container.get("name") or ""
    if name:
        yield from causes(f"{at}.name", name, formats.dns_1123_label(name))
    else:
        yield required(f"{at}.name")
    if not container.get("image"):
        yield required(f"{at}.image")
    policy = container.get("terminationMessagePolicy")
    if policy not in TERMINATION_POLICIES:
        yield not_supported(f"{at}.terminationMessagePolicy", policy or "", TERMINATION_POLICIES)
    yield from _ports(f"{at}.ports", objects_at(container, "ports"))
    yield from _environment(f"{at}.env", objects_at(container, "env"))
    yield from _mounts(f"{at}.volumeMounts", objects_at(container, "volumeMounts"), volumes)
    policy = container.get("imagePullPolicy")
    if policy not in PULL_POLICIES:
        yield not_supported(f"{at}.imagePullPolicy", policy or "", PULL_POLICIES)


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


def _probe(at: str, kind: str, probe: JsonObject) -> Iterator[Cause]:
    stated = [key for key in HANDLERS if probe.get(key) is not None]
    if not stated:
        yield required(at, "must specify a handler type")
    for key in stated[1:]:
        yield forbidden(f"{at}.{key}", "may not specify more than 1 handler type")
    if stated:
        yield from _handler(f"{at}.{stated[0]}", stated[0], object_at(probe, stated[0]))
    counts = (
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    )
    for key in counts:
        yield from not_negative(f"{at}.{key}", probe.get(key))
    if kind != "readinessProbe" and probe.get("successThreshold") != 1:
        yield invalid(f"{at}.successThreshold", probe.get("successThreshold"), "must be 1")


def _handler(at: str, kind: str, handler: JsonObject) -> Iterator[Cause]:
    if kind == "exec":
        if not handler.get("command"):
            yield required(f"{at}.command")
        return
    if kind == "httpGet":
        if not handler.get("path"):
            yield required(f"{at}.path")
        if handler.get("scheme") not in ("HTTP", "HTTPS"):
            yield not_supported(f"{at}.scheme", handler.get("scheme") or "", ("HTTP", "HTTPS"))
    port = handler.get("port") or 0
    yield from causes(f"{at}.port", port, formats.port_number_or_name(port))


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

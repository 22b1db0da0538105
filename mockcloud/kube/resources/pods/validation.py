"""Rules for Pods and for the pod specs of templates."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.pods import placement, surroundings
from mockcloud.kube.resources.pods.containers import containers_problems
from mockcloud.kube.resources.pods.sources import source_problems
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.metadata import labels

RESTART_POLICIES: Final = ("Always", "OnFailure", "Never")
SYSCTL: Final = re.compile(r"([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?")
DNS_POLICIES: Final = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
UPDATABLE: Final = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """What is wrong with a Pod; a stored one may change its images, little else, and be bound once."""
    spec = object_at(new, "spec")
    yield from pod_spec_problems("spec", spec)
    yield from _addresses("status.podIPs", objects_at(object_at(new, "status"), "podIPs"))
    if old is not None:
        yield from _changes(spec, object_at(old, "spec"))
        yield from _ephemeral(spec, object_at(old, "spec"))
        return
    if spec.get("ephemeralContainers"):
        yield forbidden("spec.ephemeralContainers", "cannot be set on create")
    if spec.get("nodeName") and spec.get("schedulingGates"):
        yield forbidden("spec.nodeName", "cannot be set until all schedulingGates have been cleared")


def _addresses(at: str, found: Sequence[JsonObject]) -> Iterator[Cause]:
    """A pod has at most one address of each family."""
    for index, each in enumerate(found):
        ip = each.get("ip") or ""
        yield from causes(f"{at}[{index}]", ip, formats.address(ip))
    families = [formats.family_of(each.get("ip") or "") for each in found]
    if len(set(families)) != len(families):
        shown = [{"IP": each.get("ip")} for each in found]
        yield invalid(at, shown, "may specify no more than one IP for each IP family")


def pod_spec_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with a pod spec that has its defaults."""
    volumes = objects_at(spec, "volumes")
    yield from _volumes(f"{at}.volumes", volumes)
    names = {volume.get("name") or "" for volume in volumes}
    if not spec.get("containers"):
        yield required(f"{at}.containers")
    yield from containers_problems(f"{at}.containers", objects_at(spec, "containers"), names)
    yield from _init_containers(at, spec, names)
    for key, supported in (("restartPolicy", RESTART_POLICIES), ("dnsPolicy", DNS_POLICIES)):
        if spec.get(key) not in supported:
            yield not_supported(f"{at}.{key}", spec.get(key) or "", supported)
    yield from labels(f"{at}.nodeSelector", spec.get("nodeSelector"))
    yield from _host(at, spec)
    yield from surroundings.security_problems(f"{at}.securityContext", spec)
    yield from _sysctls(f"{at}.securityContext.sysctls", object_at(spec, "securityContext"))
    yield from placement.placement_problems(at, spec)
    yield from surroundings.dns_problems(f"{at}.dnsConfig", spec)
    yield from surroundings.gate_condition_problems(
        f"{at}.readinessGates", objects_at(spec, "readinessGates")
    )
    yield from placement.gate_problems(at, spec)
    yield from placement.spread_problems(
        f"{at}.topologySpreadConstraints", objects_at(spec, "topologySpreadConstraints")
    )
    yield from _names(at, spec)
    yield from placement.toleration_problems(f"{at}.tolerations", objects_at(spec, "tolerations"))
    yield from surroundings.alias_problems(f"{at}.hostAliases", objects_at(spec, "hostAliases"))
    yield from surroundings.system_problems(at, spec)


def _host(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What does not go together with the node's own network and users."""
    if spec.get("hostNetwork"):
        for key in ("containers", "initContainers"):
            for index, container in enumerate(objects_at(spec, key)):
                yield from _ports_of_host(f"{at}.{key}[{index}].ports", objects_at(container, "ports"))
        if spec.get("hostUsers") is False:
            yield forbidden(f"{at}.hostNetwork", "when `hostUsers` is false")


def _ports_of_host(at: str, ports: Sequence[JsonObject]) -> Iterator[Cause]:
    for index, port in enumerate(ports):
        if (port.get("hostPort") or 0) != port.get("containerPort"):
            why = "must match `containerPort` when `hostNetwork` is true"
            yield invalid(f"{at}[{index}].hostPort", port.get("hostPort") or 0, why)


def _sysctls(at: str, context: JsonObject) -> Iterator[Cause]:
    names: set[str] = set()
    for index, setting in enumerate(objects_at(context, "sysctls")):
        name = str(setting.get("name") or "")
        if not name:
            yield required(f"{at}[{index}].name")
        elif len(name) > 253 or not SYSCTL.fullmatch(name):
            why = f"must have at most 253 characters and match regex ^{SYSCTL.pattern}$"
            yield invalid(f"{at}[{index}].name", name, why)
        elif name in names:
            yield duplicate(f"{at}[{index}].name", name)
        names.add(name)


def _names(at: str, spec: JsonObject) -> Iterator[Cause]:
    for key in ("serviceAccountName", "nodeName"):
        if spec.get(key):
            yield from causes(f"{at}.{key}", spec[key], formats.dns_1123_subdomain(spec[key]))
    seconds = spec.get("activeDeadlineSeconds")
    if seconds is not None and not 1 <= seconds <= 2**31 - 1:
        yield invalid(f"{at}.activeDeadlineSeconds", seconds, formats.between(1, 2**31 - 1))
    for key in ("hostname", "subdomain"):
        if spec.get(key):
            yield from causes(f"{at}.{key}", spec[key], formats.dns_1123_label(spec[key]))


def _volumes(at: str, volumes: Sequence[JsonObject]) -> Iterator[Cause]:
    names: set[str] = set()
    for index, volume in enumerate(volumes):
        path, name = f"{at}[{index}]", volume.get("name") or ""
        sources = [key for key, value in volume.items() if key != "name" and value is not None]
        for key in sources[1:]:
            yield forbidden(f"{path}.{key}", "may not specify more than 1 volume type")
        if len(sources) == 1:
            yield from source_problems(path, volume)
        if not name:
            yield required(f"{path}.name")
        else:
            yield from causes(f"{path}.name", name, formats.dns_1123_label(name))
        if name in names:
            yield duplicate(f"{path}.name", name)
        names.add(name)


def _init_containers(at: str, spec: JsonObject, volumes: set[str]) -> Iterator[Cause]:
    init = objects_at(spec, "initContainers")
    yield from containers_problems(f"{at}.initContainers", init, volumes)
    taken = {each.get("name") for each in objects_at(spec, "containers")}
    for index, container in enumerate(init):
        path = f"{at}.initContainers[{index}]"
        if container.get("name") in taken:
            yield duplicate(f"{path}.name", container["name"])
        if container.get("restartPolicy") != "Always":
            for key in ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe"):
                if container.get(key) is not None:
                    why = "may not be set for init containers without restartPolicy=Always"
                    yield forbidden(f"{path}.{key}", why)


def _changes(spec: JsonObject, before: JsonObject) -> Iterator[Cause]:
    for key in ("containers", "initContainers"):
        if len(objects_at(spec, key)) != len(objects_at(before, key)):
            yield forbidden(f"spec.{key}", "pod updates may not add or remove containers")
            return
    deadline, earlier = spec.get("activeDeadlineSeconds"), before.get("activeDeadlineSeconds")
    if earlier is not None and deadline is None:
        why = "must not update from a positive integer to nil value"
        yield invalid("spec.activeDeadlineSeconds", None, why)
    elif earlier is not None and deadline > earlier:
        yield invalid("spec.activeDeadlineSeconds", deadline, "must be less than or equal to previous value")
    old_tolerations, new_tolerations = objects_at(before, "tolerations"), objects_at(spec, "tolerations")
    if any(each not in new_tolerations for each in old_tolerations):
        yield forbidden(
            "spec.tolerations", "existing toleration can not be modified except its tolerationSeconds"
        )
    new, old = _fixed_part(spec, before), _fixed_part(before, before)
    changed = sorted(key for key in {*new, *old} if new.get(key) != old.get(key))
    if changed:
        # Upstream shows a diff here, in a form that it does not promise to keep.
        yield forbidden("spec", f"{UPDATABLE}\nchanged: {', '.join(changed)}")


def _ephemeral(spec: JsonObject, before: JsonObject) -> Iterator[Cause]:
    """Containers by which somebody looks into a pod are added, and then stay as they are."""
    at, found = "spec.ephemeralContainers", objects_at(spec, "ephemeralContainers")
    volumes = {volume.get("name") or "" for volume in objects_at(spec, "volumes")}
    yield from containers_problems(at, found, volumes)
    taken = {each.get("name") for key in ("containers", "initContainers") for each in objects_at(spec, key)}
    for index, container in enumerate(found):
        if container.get("name") in taken:
            yield duplicate(f"{at}[{index}].name", container["name"])
    for old in objects_at(before, "ephemeralContainers"):
        new = [each for each in found if each.get("name") == old["name"]]
        if not new:
            yield forbidden(at, f'existing ephemeral containers "{old["name"]}" may not be removed')
        elif new[0] != old:
            yield forbidden(at, f'existing ephemeral containers "{old["name"]}" may not be changed')


def _fixed_part(spec: JsonObject, before: JsonObject) -> JsonObject:
    """The spec without what may change; `nodeName` may be set once, as binding does."""
    changeable = {"activeDeadlineSeconds", "ephemeralContainers", "tolerations"} | (
        set() if before.get("nodeName") else {"nodeName"}
    )
    if (before.get("terminationGracePeriodSeconds") or 0) < 0 and spec.get(
        "terminationGracePeriodSeconds"
    ) == 1:
        changeable.add("terminationGracePeriodSeconds")
    fixed = {
        key: value for key, value in spec.items() if key not in changeable and value not in (None, {}, [], "")
    }
    for key in ("containers", "initContainers"):
        if key in fixed:
            fixed[key] = [{k: v for k, v in each.items() if k != "image"} for each in objects_at(spec, key)]
    return fixed

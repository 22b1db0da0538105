"""Rules for what is around a pod's containers: names and DNS, identities, conditions, the system."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

MOST_ID: Final = 2**31 - 1
MOST_NAMESERVERS: Final = 3
_SECCOMP: Final = ("Localhost", "RuntimeDefault", "Unconfined")
_POLICIES: Final = (
    ("fsGroupChangePolicy", ("Always", "OnRootMismatch")),
    ("supplementalGroupsPolicy", ("Merge", "Strict")),
)


def security_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with a pod's security context."""
    context = object_at(spec, "securityContext")
    for key in ("fsGroup", "runAsUser", "runAsGroup"):
        yield from _identity(f"{at}.{key}", context.get(key))
    for index, group in enumerate(context.get("supplementalGroups") or []):
        yield from _identity(f"{at}.supplementalGroups[{index}]", group)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        why = "ShareProcessNamespace and HostPID cannot both be enabled"
        yield invalid(f"{at}.shareProcessNamespace", True, why)
    for key, supported in _POLICIES:
        if context.get(key) is not None and context[key] not in supported:
            yield not_supported(f"{at}.{key}", context[key], supported)
    yield from seccomp_problems(f"{at}.seccompProfile", context)


def container_security_problems(at: str, context: JsonObject) -> Iterator[Cause]:
    """What is wrong with a container's security context."""
    for key in ("runAsUser", "runAsGroup"):
        yield from _identity(f"{at}.{key}", context.get(key))
    if context.get("procMount") not in (None, "Default", "Unmasked"):
        yield not_supported(f"{at}.procMount", context["procMount"], ("Default", "Unmasked"))
    yield from seccomp_problems(f"{at}.seccompProfile", context)
    if context.get("allowPrivilegeEscalation") is False:
        if context.get("privileged"):
            why = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            yield invalid(at, _as_go(context), why)
        if "CAP_SYS_ADMIN" in (object_at(context, "capabilities").get("add") or []):
            why = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            yield invalid(at, _as_go(context), why)


def seccomp_problems(at: str, context: JsonObject) -> Iterator[Cause]:
    """What is wrong with a profile of system calls."""
    if context.get("seccompProfile") is None:
        return
    profile = object_at(context, "seccompProfile")
    kind, file = profile.get("type") or "", profile.get("localhostProfile")
    if kind == "Localhost" and not file:
        yield required(f"{at}.localhostProfile", "must be set when seccomp type is Localhost")
    elif kind != "Localhost" and file is not None:
        shown = {"Type": kind, "LocalhostProfile": file}
        yield invalid(f"{at}.localhostProfile", shown, "can only be set when seccomp type is Localhost")
    if not kind:
        yield required(f"{at}.type", "type is required when seccompProfile is set")
    elif kind not in _SECCOMP:
        yield not_supported(f"{at}.type", kind, _SECCOMP)


def dns_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with what a pod's resolver is told."""
    config, alone = spec.get("dnsConfig"), spec.get("dnsPolicy") == "None"
    if config is None:
        if alone:
            yield required(at, "must provide `dnsConfig` when `dnsPolicy` is None")
        return
    servers = config.get("nameservers") or []
    if alone and not servers:
        why = "must provide at least one DNS nameserver when `dnsPolicy` is None"
        yield required(f"{at}.nameservers", why)
    if len(servers) > MOST_NAMESERVERS:
        yield invalid(f"{at}.nameservers", servers, f"must not have more than {MOST_NAMESERVERS} nameservers")
    for index, server in enumerate(servers):
        yield from causes(f"{at}.nameservers[{index}]", server, formats.address(server))
    yield from _searches(at, config)


def _searches(at: str, config: JsonObject) -> Iterator[Cause]:
    for index, domain in enumerate(config.get("searches") or []):
        if domain != ".":
            name = domain.removesuffix(".")
            yield from causes(f"{at}.searches[{index}]", name, formats.search_domain(name))
    for index, option in enumerate(objects_at(config, "options")):
        if not option.get("name"):
            yield required(f"{at}.options[{index}]", "must not be empty")


def alias_problems(at: str, aliases: Sequence[JsonObject]) -> Iterator[Cause]:
    """What is wrong with lines for a pod's /etc/hosts."""
    for index, alias in enumerate(aliases):
        ip = alias.get("ip") or ""
        yield from causes(f"{at}[{index}].ip", ip, formats.address(ip))
        for place, name in enumerate(alias.get("hostnames") or []):
            yield from causes(f"{at}[{index}].hostnames[{place}]", name, formats.dns_1123_subdomain(name))


def gate_condition_problems(at: str, gates: Sequence[JsonObject]) -> Iterator[Cause]:
    """What is wrong with conditions that a pod's readiness waits for."""
    for index, gate in enumerate(gates):
        name = gate.get("conditionType") or ""
        yield from causes(f"{at}[{index}].conditionType", name, formats.qualified_name(name))


def system_problems(at: str, spec: JsonObject) -> Iterator[Cause]:
    """What is wrong with the operating system that a pod wants, which is Linux here."""
    if spec.get("os") is None:
        return
    name = object_at(spec, "os").get("name") or ""
    if not name:
        yield required(f"{at}.os.name")
    elif name not in ("linux", "windows"):
        yield not_supported(f"{at}.os", name, ("linux", "windows"))
    elif name == "linux" and object_at(spec, "securityContext").get("windowsOptions") is not None:
        why = "windows options cannot be set for a linux pod"
        yield forbidden(f"{at}.securityContext.windowsOptions", why)
    elif name == "windows":
        for key in ("hostPID", "hostIPC", "shareProcessNamespace"):
            if spec.get(key):
                yield forbidden(f"{at}.{key}", "cannot be set for a windows pod")


def _identity(at: str, number: int | None) -> Iterator[Cause]:
    if number is not None and not 0 <= number <= MOST_ID:
        yield invalid(at, number, formats.between(0, MOST_ID))


def _as_go(context: JsonObject) -> JsonObject:
    """The context as upstream shows it: by the names of Go's struct."""
    fields = (
        *("capabilities", "privileged", "SELinuxOptions", "windowsOptions", "runAsUser", "runAsGroup"),
        *("runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount"),
        *("seccompProfile", "appArmorProfile"),
    )
    shown = {name[0].upper() + name[1:]: context.get(name) for name in fields}
    capabilities = context.get("capabilities")
    if capabilities is not None:
        shown["Capabilities"] = {"Add": capabilities.get("add"), "Drop": capabilities.get("drop")}
    return shown

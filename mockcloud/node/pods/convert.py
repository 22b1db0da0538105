"""A Pod object -> what it asks for, once, at the border. ValueError where it cannot be run at all."""

from datetime import datetime
from typing import Any

from mockcloud.node.pods.environment.convert import env_from, variable
from mockcloud.node.pods.files.convert import host_aliases, pod_dns, volume
from mockcloud.node.pods.security import fs_group, security
from mockcloud.node.pods.spec import (
    DEFAULT_GRACE,
    ContainerSpec,
    Exec,
    Grpc,
    Hook,
    HookAction,
    HttpGet,
    MountSpec,
    PodSpec,
    PortSpec,
    ProbeAction,
    ProbeKind,
    ProbeSpec,
    RestartPolicy,
    Sleep,
    TcpSocket,
)
from mockcloud.node.pods.sysctls import dotted

Object = dict[str, Any]
PROBE_FIELDS = {
    ProbeKind.STARTUP: "startupProbe",
    ProbeKind.LIVENESS: "livenessProbe",
    ProbeKind.READINESS: "readinessProbe",
}


HOOK_FIELDS = {Hook.POST_START: "postStart", Hook.PRE_STOP: "preStop"}


def pod_spec(obj: Object) -> PodSpec:
    """The pod; a container that cannot be run carries the reason as its `refusal`."""
    metadata, spec = obj["metadata"], obj["spec"]
    grace = spec.get("terminationGracePeriodSeconds")
    return PodSpec(
        uid=metadata["uid"],
        namespace=metadata["namespace"],
        name=metadata["name"],
        containers=tuple(_container(found, spec) for found in spec["containers"]),
        init_containers=tuple(_container(found, spec) for found in spec.get("initContainers") or []),
        restart_policy=RestartPolicy(spec.get("restartPolicy") or "Always"),
        grace=DEFAULT_GRACE if grace is None else float(grace),
        hostname=spec.get("hostname") or "",
        subdomain=spec.get("subdomain") or "",
        hostname_as_fqdn=bool(spec.get("setHostnameAsFQDN")),
        host_aliases=host_aliases(spec),
        dns=pod_dns(spec),
        service_links=spec.get("enableServiceLinks") is not False,
        account=spec.get("serviceAccountName") or "default",
        volumes=tuple(volume(found) for found in spec.get("volumes") or []),
        fs_group=fs_group(spec),
        sysctls=_sysctls(spec),
        readiness_gates=tuple(one["conditionType"] for one in spec.get("readinessGates") or []),
    )


def began(obj: Object) -> float | None:
    """When the node took the pod up, in seconds since the epoch; None where its status says nothing of it."""
    text = (obj.get("status") or {}).get("startTime")
    return datetime.fromisoformat(text).timestamp() if text else None


def _sysctls(spec: Object) -> tuple[tuple[str, str], ...]:
    found = (spec.get("securityContext") or {}).get("sysctls") or []
    return tuple((dotted(each["name"]), str(each.get("value") or "")) for each in found)


def ephemeral(obj: Object) -> tuple[ContainerSpec, ...]:
    """The containers by which somebody looks into the pod; they come while it runs."""
    spec = obj["spec"]
    return tuple(_container(found, spec) for found in spec.get("ephemeralContainers") or [])


def active_seconds(obj: Object) -> float | None:
    """How long the pod may be there; None for as long as it likes."""
    seconds = obj["spec"].get("activeDeadlineSeconds")
    return None if seconds is None else float(seconds)


def deletion_grace(obj: Object) -> float | None:
    """Seconds the pod has to end since its deletion was asked for; None where it was not."""
    metadata = obj["metadata"]
    if not metadata.get("deletionTimestamp"):
        return None
    return float(metadata.get("deletionGracePeriodSeconds") or 0)


def _container(obj: Object, pod: Object) -> ContainerSpec:
    ports = tuple(
        PortSpec(
            port["containerPort"],
            port.get("protocol") or "TCP",
            port.get("name") or "",
            int(port.get("hostPort") or 0),
            port.get("hostIP") or "",
        )
        for port in obj.get("ports") or []
    )
    names = {port.name: port.port for port in ports if port.name}
    refusal = ""
    asked: dict[str, Any] = {}
    try:
        asked = {
            "env": tuple(variable(found) for found in obj.get("env") or []),
            "security": security(pod, obj),
            "env_from": tuple(env_from(found) for found in obj.get("envFrom") or []),
            "probes": tuple(
                _probe(kind, obj[name], names) for kind, name in PROBE_FIELDS.items() if obj.get(name)
            ),
            "hooks": _hooks(obj.get("lifecycle") or {}, names),
        }
    except ValueError as error:
        refusal = str(error)
    resources = obj.get("resources") or {}
    return ContainerSpec(
        name=obj["name"],
        image=obj.get("image") or "",
        command=tuple(obj.get("command") or ()),
        args=tuple(obj.get("args") or ()),
        working_dir=obj.get("workingDir") or "",
        ports=ports,
        mounts=tuple(_mount(found) for found in obj.get("volumeMounts") or []),
        limits=_quantities(resources, "limits"),
        requests=_quantities(resources, "requests"),
        last_words=obj.get("terminationMessagePath") or "",
        log_is_last_words=obj.get("terminationMessagePolicy") == "FallbackToLogsOnError",
        stdin=bool(obj.get("stdin")),
        stdin_once=bool(obj.get("stdinOnce")),
        tty=bool(obj.get("tty")),
        stays=obj.get("restartPolicy") == "Always",
        refusal=refusal,
        **asked,
    )


def _mount(obj: Object) -> MountSpec:
    expression = obj.get("subPathExpr") or ""
    return MountSpec(
        volume=obj["name"],
        path=obj["mountPath"],
        sub_path=expression or obj.get("subPath") or "",
        expand=bool(expression),
        read_only=bool(obj.get("readOnly")),
    )


def _quantities(resources: Object, what: str) -> dict[str, str]:
    return {name: str(quantity) for name, quantity in (resources.get(what) or {}).items()}


def _probe(kind: ProbeKind, obj: Object, names: dict[str, int]) -> ProbeSpec:
    return ProbeSpec(
        kind=kind,
        action=_action(PROBE_FIELDS[kind], obj, names),
        initial_delay=float(obj.get("initialDelaySeconds") or 0),
        period=float(obj.get("periodSeconds") or 10),
        timeout=float(obj.get("timeoutSeconds") or 1),
        successes=int(obj.get("successThreshold") or 1),
        failures=int(obj.get("failureThreshold") or 3),
    )


def _action(where: str, obj: Object, names: dict[str, int]) -> ProbeAction:
    if http := obj.get("httpGet"):
        return HttpGet(
            port=_port(http["port"], names),
            path=http.get("path") or "/",
            host=http.get("host") or "",
            https=http.get("scheme") == "HTTPS",
            headers=tuple((found["name"], found["value"]) for found in http.get("httpHeaders") or []),
        )
    if tcp := obj.get("tcpSocket"):
        return TcpSocket(_port(tcp["port"], names), tcp.get("host") or "")
    if command := (obj.get("exec") or {}).get("command"):
        return Exec(tuple(command))
    if grpc := obj.get("grpc"):
        return Grpc(int(grpc["port"]), grpc.get("service") or "")
    msg = f"{where}: expected one of httpGet, tcpSocket, exec and grpc"
    raise ValueError(msg)


def _hooks(lifecycle: Object, names: dict[str, int]) -> dict[Hook, HookAction]:
    found: dict[Hook, HookAction] = {}
    for hook, name in HOOK_FIELDS.items():
        handler = lifecycle.get(name) or {}
        if sleep := handler.get("sleep"):
            found[hook] = Sleep(float(sleep["seconds"]))
        elif handler:
            action = _action(f"lifecycle.{name}", handler, names)
            if isinstance(action, Grpc):
                msg = f"lifecycle.{name}: expected one of httpGet, tcpSocket, exec and sleep"
                raise ValueError(msg)
            found[hook] = action
    return found


def _port(value: int | str, names: dict[str, int]) -> int:
    if isinstance(value, int):
        return value
    if value.isdecimal():
        return int(value)
    if value not in names:
        msg = f"couldn't find port named {value!r} in the container's ports"
        raise ValueError(msg)
    return names[value]

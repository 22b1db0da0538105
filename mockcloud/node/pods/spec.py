"""What a pod asks for. Nouns only; times are in seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from mockcloud.node.pods.files.hosts import HostAlias
from mockcloud.node.pods.files.resolv_conf import PodDns
from mockcloud.node.pods.files.sources import Kind, Volume
from mockcloud.node.pods.security import Security

DEFAULT_GRACE: Final = 30.0


class RestartPolicy(StrEnum):
    """spec.restartPolicy."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


class ProbeKind(StrEnum):
    """Which question a probe answers; the value begins kubelet's messages."""

    STARTUP = "Startup"
    LIVENESS = "Liveness"
    READINESS = "Readiness"


@dataclass(frozen=True, slots=True)
class HttpGet:
    """GET this; a status from 200 to 399 is a yes. `host` empty means the pod's own address."""

    port: int
    path: str = "/"
    host: str = ""
    https: bool = False
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TcpSocket:
    """Connect there; a connection is a yes."""

    port: int
    host: str = ""


@dataclass(frozen=True, slots=True)
class Exec:
    """Run this in the pod; exit code 0 is a yes."""

    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grpc:
    """Ask there by gRPC's health checking protocol; SERVING is a yes."""

    port: int
    service: str = ""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Wait so many seconds."""

    seconds: float


class Hook(StrEnum):
    """When a lifecycle hook runs; the value begins kubelet's messages."""

    POST_START = "PostStart"
    PRE_STOP = "PreStop"


ProbeAction = HttpGet | TcpSocket | Exec | Grpc
HookAction = HttpGet | TcpSocket | Exec | Sleep


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """One probe, with the API's defaults."""

    kind: ProbeKind
    action: ProbeAction
    initial_delay: float = 0.0
    period: float = 10.0
    timeout: float = 1.0
    successes: int = 1
    failures: int = 3


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field of the pod (valueFrom.fieldRef)."""

    path: str


@dataclass(frozen=True, slots=True)
class ResourceRef:
    """What a container may use (valueFrom.resourceFieldRef); `container` empty means the one that asks."""

    resource: str
    container: str = ""
    divisor: str = "0"


@dataclass(frozen=True, slots=True)
class KeyRef:
    """A key of a ConfigMap or Secret."""

    kind: Kind
    name: str
    key: str
    optional: bool = False


@dataclass(frozen=True, slots=True)
class EnvVar:
    """One variable: a value as written, or where it comes from."""

    name: str
    value: str = ""
    source: FieldRef | ResourceRef | KeyRef | None = None


@dataclass(frozen=True, slots=True)
class EnvFrom:
    """All keys of a ConfigMap or Secret, each after the prefix."""

    kind: Kind
    name: str
    prefix: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class MountSpec:
    """A volume's place in a container; `sub_path` is what of the volume, `expand` whether it has $(NAME)s."""

    volume: str
    path: str
    sub_path: str = ""
    expand: bool = False
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class PortSpec:
    """One entry of a container's ports; protocol TCP, UDP or SCTP."""

    port: int
    protocol: str = "TCP"
    name: str = ""
    host_port: int = 0  # of the node, by which it is reached, too; 0: none
    host_ip: str = ""  # at that address of the node alone


@dataclass(frozen=True, slots=True)
class ContainerSpec:
    """One container."""

    name: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[EnvVar, ...] = ()
    env_from: tuple[EnvFrom, ...] = ()
    working_dir: str = ""
    mounts: tuple[MountSpec, ...] = ()
    limits: Mapping[str, str] = field(default_factory=dict)  # resource -> quantity, as written
    requests: Mapping[str, str] = field(default_factory=dict)
    last_words: str = ""  # terminationMessagePath
    log_is_last_words: bool = False  # terminationMessagePolicy FallbackToLogsOnError
    stdin: bool = False
    stdin_once: bool = False
    tty: bool = False
    ports: tuple[PortSpec, ...] = ()
    probes: tuple[ProbeSpec, ...] = ()
    hooks: Mapping[Hook, HookAction] = field(default_factory=dict)
    stays: bool = False  # an init container that goes on beside the others (a sidecar)
    security: Security = field(default_factory=Security)
    refusal: str = ""  # why the agent cannot run it; empty where it can


@dataclass(frozen=True, slots=True)
class PodSpec:
    """One pod, as it was first seen: but for its deletion, its spec does not change."""

    uid: str
    namespace: str
    name: str
    containers: tuple[ContainerSpec, ...]
    init_containers: tuple[ContainerSpec, ...] = ()
    restart_policy: RestartPolicy = RestartPolicy.ALWAYS
    grace: float = DEFAULT_GRACE
    hostname: str = ""  # empty: by the pod's name
    subdomain: str = ""
    hostname_as_fqdn: bool = False
    host_aliases: tuple[HostAlias, ...] = ()
    dns: PodDns = field(default_factory=PodDns)
    service_links: bool = True
    account: str = "default"  # its service account
    volumes: tuple[Volume, ...] = ()
    fs_group: int | None = None  # whose the volumes are
    sysctls: tuple[tuple[str, str], ...] = ()  # settings of the kernel, by their names with dots
    readiness_gates: tuple[str, ...] = ()  # conditions of others' that are to hold, too

    @property
    def label(self) -> str:
        """How kubelet names a pod in messages: NAME_NAMESPACE(UID)."""
        return f"{self.name}_{self.namespace}({self.uid})"

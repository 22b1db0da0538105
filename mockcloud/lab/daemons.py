"""Which daemons a lab has, where each runs and what it is told; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from mockcloud.cluster_defaults import (
    API_PORT,
    CLUSTER_DNS4,
    CLUSTER_DNS6,
    CLUSTER_DOMAIN,
    DNS_PORT,
    PROXY_HEALTH_PORT,
    SERVICES4,
    SERVICES6,
)
from mockcloud.lab.topology import (
    CONTROL_PLANE,
    LAN,
    PODS4,
    PODS6,
    POOL4,
    POOL6,
    UPLINK,
    Host,
    Topology,
)

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

    from mockcloud.lab.state import LabFolder

Provider = Literal["baremetal", "none"]
PROVIDERS: Final[tuple[Provider, ...]] = ("baremetal", "none")

# baremetal_lb is a program to this package, started by the name of its command and never imported here.
_BALANCER_ENTRY: Final = "baremetal_lb.__main__:main"


# Where each node's agent tells a program on the node how new its Service rules are.
_RULES_URL: Final = f"http://127.0.0.1:{PROXY_HEALTH_PORT}/programmed"


class Interpreter(StrEnum):
    """The warm interpreters that daemons are forked from, by what they have imported."""

    API = "api"
    NODE = "node"
    BALANCER = "balancer"

    @property
    def modules(self) -> tuple[str, ...]:
        """What it imports before the first fork."""
        return _MODULES[self]


_MODULES: Final = {
    Interpreter.API: ("mockcloud.kube.__main__", "mockcloud.kube.serving.server"),
    Interpreter.NODE: (
        "mockcloud.lab.network",
        "mockcloud.controllers.__main__",
        "mockcloud.node.__main__",
        "mockcloud.lab.pools",
    ),
    Interpreter.BALANCER: (
        *("baremetal_lb.__main__", "baremetal_lb.run.controller.daemon", "baremetal_lb.run.speaker.daemon"),
        *("kubernetes.aio.client", "kubernetes.aio.config"),
    ),
}

# What `up` says when all daemons of a stage are ready.
STAGES: Final = ("the API answers", "all nodes are Ready", "everything else is ready")

_RESTART_BASE: Final = 0.2  # seconds
_RESTART_MOST: Final = 10.0
_STEADY: Final = 30.0  # after that long up, an exit counts as the first again


@dataclass(frozen=True, slots=True)
class Daemon:
    """One process of the lab.

    `host` None means the user's own network. Daemons of one stage start together, when all of the stage
    before are ready. One that runs `once` is ready when it has ended well.
    """

    name: str
    host: str | None
    entry: str  # "package.module:function", called with argv
    argv: tuple[str, ...]
    interpreter: Interpreter
    stage: int
    fds: tuple[str, ...] = ()
    once: bool = False


@dataclass(frozen=True, slots=True)
class HostSocket:
    """A socket at an address of a host: a listening TCP one (`stream`), or a UDP one."""

    host: str
    address: IPv4Address | IPv6Address
    port: int
    stream: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What `mockcloud up` was asked for."""

    topology: Topology
    provider: Provider
    ipv6: bool  # pods and Services have IPv6 addresses too (the LAN always does)
    catalogue: str | None = None  # a file of images beyond those that every lab knows
    dns_upstream: str | None = None  # IP[:PORT][,...]: who knows the names outside of the cluster
    pod_eviction_timeout: float | None = None  # seconds; None: as long as pods tolerate a lost node
    host_paths: tuple[str, ...] = ()  # folders of the machine that pods may mount


def daemons(plan: Plan, folder: LabFolder, api_url: str) -> tuple[Daemon, ...]:
    """All daemons of the lab, in the order of their stages."""
    found = [_network(plan), _api(plan, folder, api_url), _controllers(plan, folder)]
    found += [_node(plan, host, folder) for host in plan.topology.nodes]
    found += [_dns(plan, host, folder) for host in plan.topology.nodes]
    if plan.provider == "baremetal":
        found += [_balancer_config(plan, folder), _balancer_controller(folder)]
        found += [_balancer_speaker(host, folder) for host in plan.topology.nodes]
    return tuple(found)


def lab_api_url(topology: Topology) -> str:
    """Where daemons and hosts of the lab find the API."""
    return f"https://{topology.host(CONTROL_PLANE).ipv4.ip}:{API_PORT}"


def dns_sockets(plan: Plan) -> dict[str, HostSocket]:
    """The sockets of all nodes' DNS daemons, by the names of their descriptors.

    The lab opens and keeps them, so that what arrives while a daemon starts anew waits for it.
    """
    return {
        f"dns-{host.name}-{address}-{'tcp' if stream else 'udp'}": HostSocket(
            host.name, address, DNS_PORT, stream
        )
        for host in plan.topology.nodes
        for address in _addresses(plan, host)
        for stream in (False, True)
    }


def restart_delay(failures: int) -> float:
    """Seconds before the restart after that many exits in a row (1 or more): 0.2, doubling, at most 10."""
    return min(_RESTART_BASE * 2.0 ** min(failures - 1, 10), _RESTART_MOST)


def failures_after(failures: int, uptime: float) -> int:
    """How many exits in a row, counting one after `uptime` seconds: a long run starts the count again."""
    return 1 if uptime >= _STEADY else failures + 1


def _network(plan: Plan) -> Daemon:
    names = (LAN, *(host.name for host in plan.topology.hosts))
    return Daemon(
        name="network",
        host=None,
        entry="mockcloud.lab.network:main",
        argv=(str(len(plan.topology.nodes)), *(f"{name}={{fd:{name}}}" for name in names)),
        interpreter=Interpreter.NODE,
        stage=0,
        fds=names,
        once=True,
    )


def _api(plan: Plan, folder: LabFolder, api_url: str) -> Daemon:
    services = f"{SERVICES4},{SERVICES6}" if plan.ipv6 else str(SERVICES4)
    argv = [
        *("--data-dir", str(folder.data("kube"))),
        *("--fd", "{fd:api-host}", "--fd", "{fd:api-lab}"),
        *("--dial-netns-fd", f"{{fd:{CONTROL_PLANE}}}"),
        *("--kubeconfig", f"{folder.kubeconfig}={api_url}"),
        *("--kubeconfig", f"{folder.lab_kubeconfig}={lab_api_url(plan.topology)}"),
        *("--cluster-name", f"mockcloud-{folder.name}"),
        *("--advertise-address", str(plan.topology.host(CONTROL_PLANE).ipv4.ip)),
        *("--service-cidr", services),
    ]
    return Daemon(
        name="kube",
        host=None,
        entry="mockcloud.kube.__main__:main",
        argv=tuple(argv),
        interpreter=Interpreter.API,
        stage=0,
        fds=("api-host", "api-lab", CONTROL_PLANE),
    )


def _controllers(plan: Plan, folder: LabFolder) -> Daemon:
    sooner = plan.pod_eviction_timeout
    return Daemon(
        name="controllers",
        host=CONTROL_PLANE,
        entry="mockcloud.controllers.__main__:main",
        argv=(
            *("--kubeconfig", str(folder.lab_kubeconfig)),
            *(() if sooner is None else ("--pod-eviction-timeout", f"{sooner:g}")),
        ),
        interpreter=Interpreter.NODE,
        stage=1,
    )


def _node(plan: Plan, host: Host, folder: LabFolder) -> Daemon:
    addresses, pods = [str(host.ipv4.ip)], [str(host.pods4)]
    cluster, services = [str(PODS4)], [str(SERVICES4)]
    if plan.ipv6:
        addresses.append(str(host.ipv6.ip))
        pods.append(str(host.pods6))
        cluster.append(str(PODS6))
        services.append(str(SERVICES6))
    argv = [
        *("--node-name", host.name),
        *("--node-ip", ",".join(addresses)),
        *("--uplink", f"{UPLINK}={host.ipv4},{host.ipv6}"),
        *("--pod-cidr", ",".join(pods)),
        *("--cluster-cidr", ",".join(cluster)),
        *("--service-cidr", ",".join(services)),
        *("--cluster-dns", str(CLUSTER_DNS4), "--cluster-domain", CLUSTER_DOMAIN),
        *("--data-dir", str(folder.data(host.name)), "--claims-dir", str(folder.data("claims"))),
        # One place for all nodes: a pod may come back on another.
        *("--claims-dir", str(folder.data("claims"))),
        *("--kubeconfig", str(folder.lab_kubeconfig)),
    ]
    argv += [word for path in plan.host_paths for word in ("--host-path", path)]
    if plan.catalogue:
        argv += ["--catalogue", plan.catalogue]
    return Daemon(
        name=host.name,
        host=host.name,
        entry="mockcloud.node.__main__:main",
        argv=tuple(argv),
        interpreter=Interpreter.NODE,
        stage=1,
    )


def _dns(plan: Plan, host: Host, folder: LabFolder) -> Daemon:
    sockets = tuple(name for name, each in dns_sockets(plan).items() if each.host == host.name)
    servers = [CLUSTER_DNS4, CLUSTER_DNS6] if plan.ipv6 else [CLUSTER_DNS4]
    argv = [
        *("--node-name", host.name),
        *("--node-ip", ",".join(str(address) for address in _addresses(plan, host))),
        *("--port", str(DNS_PORT)),
        *(word for name in sockets for word in ("--fd", f"{{fd:{name}}}")),
        *("--cluster-dns", ",".join(str(server) for server in servers), "--cluster-domain", CLUSTER_DOMAIN),
        *("--kubeconfig", str(folder.lab_kubeconfig)),
    ]
    if plan.dns_upstream:
        argv += ["--upstream", plan.dns_upstream]
    return Daemon(
        name=f"dns-{host.name}",
        host=host.name,
        entry="mockcloud.dns.__main__:main",
        argv=tuple(argv),
        interpreter=Interpreter.NODE,
        stage=2,
        fds=sockets,
    )


def _addresses(plan: Plan, host: Host) -> list[IPv4Address | IPv6Address]:
    """Where the cluster knows the host."""
    return [host.ipv4.ip, host.ipv6.ip] if plan.ipv6 else [host.ipv4.ip]


def _balancer_config(plan: Plan, folder: LabFolder) -> Daemon:
    pools = [POOL4, POOL6] if plan.ipv6 else [POOL4]
    return Daemon(
        name="pools",
        host=CONTROL_PLANE,
        entry="mockcloud.lab.pools:main",
        argv=("--kubeconfig", str(folder.lab_kubeconfig), *pools),
        interpreter=Interpreter.NODE,
        stage=1,
        once=True,
    )


def _balancer_controller(folder: LabFolder) -> Daemon:
    return Daemon(
        name="lb-controller",
        host=CONTROL_PLANE,
        entry=_BALANCER_ENTRY,
        argv=("controller", "--kubeconfig", str(folder.lab_kubeconfig)),
        interpreter=Interpreter.BALANCER,
        stage=2,
    )


def _balancer_speaker(host: Host, folder: LabFolder) -> Daemon:
    return Daemon(
        name=f"speaker-{host.name}",
        host=host.name,
        entry=_BALANCER_ENTRY,
        argv=(
            *("speaker", "--node-name", host.name, "--kubeconfig", str(folder.lab_kubeconfig)),
            *("--rules-url", _RULES_URL),
        ),
        interpreter=Interpreter.BALANCER,
        stage=2,
    )

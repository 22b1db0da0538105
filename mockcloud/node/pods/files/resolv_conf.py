"""/etc/resolv.conf by a pod's dnsPolicy and dnsConfig, as pkg/kubelet/network/dns decides it. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from mockcloud.cluster_defaults import CLUSTER_DOMAIN

# validation.MaxDNSNameservers, MaxDNSSearchPaths, MaxDNSSearchListChars
MOST_SERVERS: Final = 3
MOST_SEARCHES: Final = 32
MOST_SEARCH_CHARACTERS: Final = 2048
NDOTS: Final = ("ndots", "5")


class DnsPolicy(StrEnum):
    """spec.dnsPolicy."""

    CLUSTER_FIRST = "ClusterFirst"
    CLUSTER_FIRST_WITH_HOST_NET = "ClusterFirstWithHostNet"
    DEFAULT = "Default"
    NONE = "None"


@dataclass(frozen=True, slots=True)
class ResolvConf:
    """What the file says; an option without a value has None."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterDns:
    """Where the cluster's names are answered; without servers there is no such place."""

    servers: tuple[str, ...] = ()
    domain: str = CLUSTER_DOMAIN


@dataclass(frozen=True, slots=True)
class PodDns:
    """What a pod asks for."""

    policy: DnsPolicy = DnsPolicy.CLUSTER_FIRST
    config: ResolvConf = ResolvConf()
    host_network: bool = False


def pod_resolv_conf(pod: PodDns, namespace: str, cluster: ClusterDns, host: ResolvConf) -> ResolvConf:
    """What the pod's file says; `host` is what the node's own says."""
    return _merged(_base(pod, namespace, cluster, host), pod.config)


def render(conf: ResolvConf) -> str:
    """The file."""
    lines = []
    if searches := _fitting(conf.searches):
        lines.append(f"search {' '.join(searches)}")
    lines += [f"nameserver {server}" for server in conf.servers[:MOST_SERVERS]]
    if conf.options:
        words = (name if value is None else f"{name}:{value}" for name, value in conf.options)
        lines.append(f"options {' '.join(words)}")
    return "".join(f"{line}\n" for line in lines)


def name_switch(text: str) -> str:
    """A node's nsswitch.conf(5) for a pod: names by files and DNS alone, as images have it.

    What else a machine may ask (systemd, mDNS) would answer for the machine, or claim names under .local.
    """
    others = [line for line in text.splitlines() if not line.lstrip().startswith("hosts:")]
    return "".join(f"{line}\n" for line in (*others, "hosts: files dns"))


def parse(text: str) -> ResolvConf:
    """What a file says (resolv.conf(5)); lines that mean nothing here are passed over."""
    servers: list[str] = []
    searches: tuple[str, ...] = ()
    options: tuple[tuple[str, str | None], ...] = ()
    for line in text.splitlines():
        match line.split():
            case ["nameserver", address, *_]:
                servers.append(address)
            case ["search" | "domain", *names]:
                searches = tuple(names)  # the last line counts
            case ["options", *words]:
                options = tuple(option(word) for word in words)
    return ResolvConf(tuple(servers), searches, options)


def option(word: str) -> tuple[str, str | None]:
    """`ndots:5` -> its name and value."""
    name, colon, value = word.partition(":")
    return name, value if colon else None


def _base(pod: PodDns, namespace: str, cluster: ClusterDns, host: ResolvConf) -> ResolvConf:
    if pod.policy is DnsPolicy.NONE:
        return ResolvConf()
    leaves = pod.policy is DnsPolicy.DEFAULT or (pod.policy is DnsPolicy.CLUSTER_FIRST and pod.host_network)
    if leaves or not cluster.servers:
        return host
    domain = cluster.domain
    return ResolvConf(cluster.servers, (f"{namespace}.svc.{domain}", f"svc.{domain}", domain), (NDOTS,))


def _merged(base: ResolvConf, added: ResolvConf) -> ResolvConf:
    return ResolvConf(
        _unique([*base.servers, *added.servers]),
        _unique([*base.searches, *added.searches]),
        tuple({**dict(base.options), **dict(added.options)}.items()),
    )


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _fitting(searches: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in searches[:MOST_SEARCHES]:
        if len(" ".join([*found, name])) > MOST_SEARCH_CHARACTERS:
            break
        found.append(name)
    return found

"""What rules need to know of NetworkPolicies, pods and namespaces. Nouns only."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from mockcloud.client.objects import Key
from mockcloud.policy.decide.selectors import Selector
from mockcloud.proxy.decide.views import IPNetwork, Protocol


class Way(StrEnum):
    """Which way a connection goes, seen from the pod that a policy is about."""

    INGRESS = "ingress"
    EGRESS = "egress"


@dataclass(frozen=True, slots=True)
class Block:
    """An ipBlock."""

    network: IPNetwork
    excepted: tuple[IPNetwork, ...] = ()


@dataclass(frozen=True, slots=True)
class PodPeer:
    """Pods, by their labels and those of their namespace; None: the policy's own namespace."""

    pods: Selector
    namespaces: Selector | None


@dataclass(frozen=True, slots=True)
class PortView:
    """`port` None: all of the protocol; a text: what containers call it. `end`: of a range."""

    protocol: Protocol
    port: int | str | None = None
    end: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """What may pass. No peers: from and to everywhere; no ports: all protocols and ports."""

    peers: tuple[Block | PodPeer, ...] = ()
    ports: tuple[PortView, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A NetworkPolicy. `rules`: of the ways that it isolates its pods in."""

    key: Key
    selector: Selector
    rules: Mapping[Way, tuple[Rule, ...]]


@dataclass(frozen=True, slots=True)
class PodView:
    """A pod with addresses of its own. `ports`: the names of its containers' ports, by protocol."""

    key: Key
    labels: Mapping[str, str]
    ips: tuple[str, ...]
    ports: tuple[tuple[str, Protocol, int], ...] = ()


@dataclass(frozen=True, slots=True)
class World:
    """All that there is. `local`: the pods of this node; `namespaces`: the labels of each."""

    policies: tuple[PolicyView, ...]
    pods: tuple[PodView, ...]
    local: tuple[PodView, ...]
    namespaces: Mapping[str, Mapping[str, str]]

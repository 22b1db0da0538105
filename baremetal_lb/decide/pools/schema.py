"""The shape of the configuration: which keys there are, and of which type; all else is a fault.

Keys and meanings are those of MetalLB's ConfigMap (v0.12); `service-allocation`, `description`, `cooldown`,
`skip-network-broadcast`, `on-removal`, `interfaces` and the selectors of nodes are ours.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


def _hyphenated(name: str) -> str:
    return name.replace("_", "-")


class Section(BaseModel):
    """A mapping of the configuration: keys are written with hyphens, and no other key may stand there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=_hyphenated)


Name = Annotated[str, StringConstraints(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
AsNumber = Annotated[int, Field(ge=1, le=4294967295)]


class MatchExpression(Section):
    """One requirement on labels."""

    key: Name
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = []


class Selector(Section):
    """A selector of labels."""

    match_labels: dict[str, str] = {}
    match_expressions: list[MatchExpression] = []


class Allocation(Section):
    """Which Services a pool is pinned to."""

    priority: Annotated[int, Field(ge=0)] = 0
    namespaces: list[Name] = []
    namespace_selectors: list[Selector] = []
    service_selectors: list[Selector] = []


class NodePreference(Section):
    """Nodes that announce a pool rather than others."""

    weight: Annotated[int, Field(ge=1, le=100)]
    preference: Selector


class BgpAdvertisement(Section):
    """How a bgp pool is announced; checked, not used yet."""

    aggregation_length: Annotated[int, Field(ge=1, le=32)] = 32
    aggregation_length_v6: Annotated[int, Field(ge=1, le=128)] = 128
    localpref: Annotated[int, Field(ge=0, le=4294967295)] | None = None
    communities: list[str] = []


class PoolSection(Section):
    """One entry of `address-pools`."""

    name: Name
    protocol: Literal["layer2", "bgp"]
    addresses: Annotated[list[str], Field(min_length=1)]
    auto_assign: bool = True
    avoid_buggy_ips: bool = False
    skip_network_broadcast: bool = True
    bgp_advertisements: list[BgpAdvertisement] = []
    service_allocation: Allocation | None = None
    description: str = ""
    cooldown: str | int | float = 0
    on_removal: Literal["reassign", "keep"] = "reassign"
    node_selectors: list[Selector] = []
    interfaces: list[Name] = []
    preferred_node_selectors: list[NodePreference] = []


class Peer(Section):
    """A BGP peer; checked, not used yet."""

    my_asn: AsNumber
    peer_asn: AsNumber
    peer_address: Name
    source_address: str | None = None
    peer_port: Port = 179
    hold_time: str | None = None
    keepalive_time: str | None = None
    router_id: str | None = None
    password: str | None = None
    bfd_profile: str | None = None
    ebgp_multihop: bool = False
    node_selectors: list[Selector] = []


class BfdProfile(Section):
    """A BFD profile; checked, not used yet."""

    name: Name
    receive_interval: Annotated[int, Field(ge=10, le=60000)] | None = None
    transmit_interval: Annotated[int, Field(ge=10, le=60000)] | None = None
    detect_multiplier: Annotated[int, Field(ge=2, le=255)] | None = None
    echo_interval: Annotated[int, Field(ge=10, le=60000)] | None = None
    echo_mode: bool = False
    passive_mode: bool = False
    minimum_ttl: Annotated[int, Field(ge=1, le=254)] | None = None


class Document(Section):
    """The whole configuration."""

    address_pools: list[Any] = []  # each is a PoolSection, judged one by one, so that no fault hides another
    peers: list[Peer] = []
    bgp_communities: dict[str, str] = {}
    bfd_profiles: list[BfdProfile] = []

"""The shape of the configuration: which keys there are, and of which type; all else is a fault.

Keys and meanings are those of MetalLB's ConfigMap (v0.12); `service-allocation`, `description`, `cooldown`,
`skip-network-broadcast`, `on-removal`, `interfaces` and the selectors of nodes are ours.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from baremetal_lb.decide.pools.scalars import truth, whole

LONGEST_NAME: Final = 253  # as of Kubernetes' objects


def _hyphenated(name: str) -> str:
    return name.replace("_", "-")


class Section(BaseModel):
    """A mapping of the configuration: keys are written with hyphens, and no other key may stand there."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=_hyphenated)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_nothing(cls, value: Any) -> Any:  # noqa: ANN401 - whatever stood there
        """A key without a value is as good as none, as in Go."""
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if each is not None}


def _name(value: str) -> str:
    if value and len(value) <= LONGEST_NAME and value.isprintable():
        return value
    kind = "name" if value else "string_too_short"
    form = "expected at most {most} characters, and no control characters"
    raise PydanticCustomError(kind, form, {"most": LONGEST_NAME})


Name = Annotated[str, AfterValidator(_name)]
Flag = Annotated[bool, BeforeValidator(truth)]
Whole = Annotated[int, BeforeValidator(whole)]
Port = Annotated[Whole, Field(ge=1, le=65535)]
AsNumber = Annotated[Whole, Field(ge=1, le=4294967295)]


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

    priority: Annotated[Whole, Field(ge=0)] = 0
    namespaces: list[Name] = []
    namespace_selectors: list[Selector] = []
    service_selectors: list[Selector] = []


class NodePreference(Section):
    """Nodes that announce a pool rather than others."""

    weight: Annotated[Whole, Field(ge=1, le=100)]
    preference: Selector


class BgpAdvertisement(Section):
    """How a bgp pool is announced; checked, not used yet."""

    aggregation_length: Annotated[Whole, Field(ge=1, le=32)] = 32
    aggregation_length_v6: Annotated[Whole, Field(ge=1, le=128)] = 128
    localpref: Annotated[Whole, Field(ge=0, le=4294967295)] | None = None
    communities: list[str] = []


class PoolSection(Section):
    """One entry of `address-pools`."""

    name: Name
    protocol: Literal["layer2", "bgp"]
    addresses: Annotated[list[str], Field(min_length=1)]
    auto_assign: Flag = True
    avoid_buggy_ips: Flag = False
    skip_network_broadcast: Flag = True
    bgp_advertisements: list[BgpAdvertisement] = []
    service_allocation: Allocation | None = None
    description: str = ""
    cooldown: str = "0"
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
    ebgp_multihop: Flag = False
    node_selectors: list[Selector] = []


class BfdProfile(Section):
    """A BFD profile; checked, not used yet."""

    name: Name
    receive_interval: Annotated[Whole, Field(ge=10, le=60000)] | None = None
    transmit_interval: Annotated[Whole, Field(ge=10, le=60000)] | None = None
    detect_multiplier: Annotated[Whole, Field(ge=2, le=255)] | None = None
    echo_interval: Annotated[Whole, Field(ge=10, le=60000)] | None = None
    echo_mode: Flag = False
    passive_mode: Flag = False
    minimum_ttl: Annotated[Whole, Field(ge=1, le=254)] | None = None


class Document(Section):
    """The whole configuration."""

    address_pools: list[Any] = []  # each is a PoolSection, judged one by one, so that no fault hides another
    peers: list[Peer] = []
    bgp_communities: dict[Name, str] = {}
    bfd_profiles: list[BfdProfile] = []

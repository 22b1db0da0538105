"""MetalLB's objects as values (metallb.io/v1beta1 and v1beta2), as far as they have a meaning for layer 2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from baremetal_lb.decide.pools.schema import Flag, Whole  # noqa: TC001 - pydantic needs them
from baremetal_lb.model.errors import ConfigFault, ConfigRejected
from baremetal_lb.model.pools import LabelSelector, Operator, Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GROUP: Final = "metallb.io/"
BGP_KINDS: Final = ("BGPPeer", "BGPAdvertisement", "BFDProfile", "Community")
# What MetalLB writes by itself, and that says nothing of the configuration.
STATUS_KINDS: Final = ("ServiceL2Status", "ServiceBGPStatus", "ConfigurationState", "PoolStatus")


class _Part(BaseModel):
    # What a newer release of MetalLB adds is said (see `unknown`), and is no fault.
    model_config = ConfigDict(extra="allow", strict=True, frozen=True)


class Expression(_Part):
    """One requirement on labels, as in Kubernetes' LabelSelector."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: list[str] = []


class Selector(_Part):
    """A LabelSelector."""

    matchLabels: dict[str, str] = {}
    matchExpressions: list[Expression] = []

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether labels meet every line."""
        lines = (
            Requirement(each.key, Operator(each.operator), frozenset(each.values))
            for each in self.matchExpressions
        )
        return LabelSelector(tuple(self.matchLabels.items()), tuple(lines)).matches(labels)


class Allocation(_Part):
    """`serviceAllocation` of a pool."""

    priority: Annotated[Whole, Field(ge=0)] = 0
    namespaces: list[str] = []
    namespaceSelectors: list[Selector] = []
    serviceSelectors: list[Selector] = []


class PoolSpec(_Part):
    """Of an IPAddressPool."""

    addresses: Annotated[list[str], Field(min_length=1)]
    autoAssign: Flag = True
    avoidBuggyIPs: Flag = False
    serviceAllocation: Allocation | None = None


class Preference(_Part):
    """A node selector with a weight."""

    weight: Annotated[Whole, Field(ge=1, le=100)]
    preference: Selector


class AdvertisementSpec(_Part):
    """Of an L2Advertisement or a BGPAdvertisement: which pools, from which nodes."""

    ipAddressPools: list[str] = []
    ipAddressPoolSelectors: list[Selector] = []
    nodeSelectors: list[Selector] = []
    interfaces: list[str] = []
    serviceSelectors: list[Selector] = []
    preferredNodeSelectors: list[Preference] = []

    def selects(self, pool: str, labels: Mapping[str, str]) -> bool:
        """Whether a pool of that name and those labels is announced by it; without any selector all are."""
        if not self.ipAddressPools and not self.ipAddressPoolSelectors:
            return True
        return pool in self.ipAddressPools or any(
            each.matches(labels) for each in self.ipAddressPoolSelectors
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """An IPAddressPool."""

    name: str
    labels: Mapping[str, str]
    spec: PoolSpec


@dataclass(frozen=True, slots=True)
class Advertisement:
    """An L2Advertisement or a BGPAdvertisement."""

    name: str
    spec: AdvertisementSpec


@dataclass(frozen=True, slots=True)
class MetallbObjects:
    """What there is of MetalLB's configuration. `left`: objects that mean nothing here, as KIND NAME."""

    pools: tuple[Pool, ...] = ()
    layer2: tuple[Advertisement, ...] = ()
    bgp: tuple[Advertisement, ...] = ()
    left: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()  # fields that a newer release may know


def read(manifests: Iterable[Mapping[str, Any]]) -> MetallbObjects:
    """The objects of MetalLB among manifests, by name; ConfigRejected where one is not valid."""
    pools, layer2, bgp, left, unknown, faults = [], [], [], [], [], []
    for raw in sorted(manifests, key=_name):
        kind, name = str(raw.get("kind")), _name(raw)
        metadata = raw["metadata"]
        if metadata.get("deletionTimestamp") or kind in STATUS_KINDS:
            continue
        try:
            match kind:
                case "IPAddressPool":
                    pool = PoolSpec.model_validate(_spec(raw))
                    pools.append(Pool(name, metadata.get("labels") or {}, pool))
                    unknown += _unknown(f"{kind} {name}", pool)
                case "L2Advertisement":
                    layer2.append(Advertisement(name, AdvertisementSpec.model_validate(_spec(raw))))
                    unknown += _unknown(f"{kind} {name}", layer2[-1].spec)
                case "BGPAdvertisement":
                    bgp.append(Advertisement(name, AdvertisementSpec.model_validate(_spec(raw))))
                    left.append(f"{kind} {name}")
                case _:
                    left.append(f"{kind} {name}")
        except ValidationError as exc:
            faults += [_fault(f"{kind} {name}", detail) for detail in exc.errors(include_url=False)]
    if faults:
        raise ConfigRejected(tuple(faults))
    return MetallbObjects(tuple(pools), tuple(layer2), tuple(bgp), tuple(left), tuple(unknown))


def _name(raw: Mapping[str, Any]) -> str:
    return str(raw["metadata"].get("name", ""))


def _spec(raw: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever stands there
    """What is left out has its default; so has what stands there without a value."""
    spec = raw.get("spec") or {}
    return (
        {key: value for key, value in spec.items() if value is not None} if isinstance(spec, dict) else spec
    )


def _fault(what: str, detail: Any) -> ConfigFault:  # noqa: ANN401 - pydantic's own
    path = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in detail["loc"])
    return ConfigFault(f"{what}: spec{path}", f"{detail['msg'].lower()}; found {str(detail['input'])[:60]!r}")


def _unknown(what: str, part: BaseModel) -> list[str]:
    return [f"{what}: spec.{key}" for key in part.model_extra or {}]

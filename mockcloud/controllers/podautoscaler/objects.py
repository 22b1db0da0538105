"""HorizontalPodAutoscalers, their pods, and what these use, as the controller sees them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from mockcloud.client.objects import Object
from mockcloud.controllers.objects.metadata import Meta, moment, parse_meta
from mockcloud.quantities import amount


@dataclass(frozen=True, slots=True)
class Metric:
    """One of spec.metrics; amounts are in thousandths."""

    kind: str  # Resource, ContainerResource, or one for which there is nobody to ask
    name: str
    container: str = ""
    utilization: int | None = None  # percent of the request
    average: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """By how much the number may change within so many seconds."""

    kind: str  # Pods or Percent
    value: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Direction:
    """How fast it goes up, or down."""

    select: str  # Max, Min or Disabled
    policies: tuple[Policy, ...]
    window: int  # seconds over which recommendations count
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Autoscaler:
    """A HorizontalPodAutoscaler; `up` and `down` are None where nobody says how fast."""

    meta: Meta
    target: Object  # apiVersion, kind, name
    least: int
    most: int
    metrics: tuple[Metric, ...]
    up: Direction | None
    down: Direction | None
    status: Object = field(compare=False)

    def wants_same(self, other: "Autoscaler") -> bool:
        """Whether both ask for the same, whatever their status."""
        mine = (self.target, self.least, self.most, self.metrics, self.up, self.down)
        return mine == (other.target, other.least, other.most, other.metrics, other.up, other.down)


@dataclass(frozen=True, slots=True)
class ScaledPod:
    """A pod of what is scaled."""

    name: str
    ended: bool  # failed, or being deleted
    pending: bool
    ready: bool | None  # None: it has no such condition
    ready_since: datetime | None
    started: datetime | None
    # Of each container that stays: its requests, in thousandths.
    requests: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a pod's containers use, in thousandths, over the `window` (seconds) before `at`."""

    at: datetime
    window: float
    containers: Mapping[str, Mapping[str, int]]

    def of(self, resource: str, container: str) -> int | None:
        """The sum of the containers, or the one of that name; None where one has no such figure."""
        chosen = [each for name, each in self.containers.items() if container in ("", name)]
        if not chosen or any(resource not in each for each in chosen):
            return None
        return sum(each[resource] for each in chosen)


def parse_autoscaler(obj: Object) -> Autoscaler:
    """From an autoscaling/v2 HorizontalPodAutoscaler."""
    spec = obj["spec"]
    behavior = spec.get("behavior") or {}
    least = spec.get("minReplicas")
    return Autoscaler(
        parse_meta(obj),
        spec["scaleTargetRef"],
        1 if least is None else least,
        spec["maxReplicas"],
        tuple(_metric(each) for each in spec.get("metrics") or ()),
        _direction(behavior.get("scaleUp"), 0),
        _direction(behavior.get("scaleDown"), 300),
        obj.get("status") or {},
    )


def _metric(raw: Object) -> Metric:
    kind = raw["type"]
    source = raw.get(kind[:1].lower() + kind[1:]) or {}
    target = source.get("target") or {}
    average = target.get("averageValue")
    return Metric(
        kind,
        source.get("name") or (source.get("metric") or {}).get("name") or "",
        source.get("container") or "",
        target.get("averageUtilization"),
        None if average is None else thousandths(average),
    )


def _direction(raw: Object | None, window: int) -> Direction | None:
    if raw is None:
        return None
    policies = [
        Policy(each["type"], each["value"], each["periodSeconds"]) for each in raw.get("policies") or ()
    ]
    given, tolerance = raw.get("stabilizationWindowSeconds"), raw.get("tolerance")
    return Direction(
        raw.get("selectPolicy") or "Max",
        tuple(policies),
        window if given is None else given,
        None if tolerance is None else float(amount(str(tolerance))),
    )


def parse_scaled_pod(obj: Object) -> ScaledPod:
    """From a core/v1 Pod."""
    spec, status = obj["spec"], obj.get("status") or {}
    conditions: list[Object] = status.get("conditions") or []
    ready = next((each for each in conditions if each["type"] == "Ready"), {})
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    return ScaledPod(
        obj["metadata"]["name"],
        "deletionTimestamp" in obj["metadata"] or status.get("phase") == "Failed",
        status.get("phase") == "Pending",
        ready["status"] == "True" if ready else None,
        moment(ready.get("lastTransitionTime")),
        moment(status.get("startTime")),
        {each["name"]: _requests(each) for each in (*spec["containers"], *sidecars)},
    )


def _requests(container: Object) -> dict[str, int]:
    found = (container.get("resources") or {}).get("requests") or {}
    return {name: thousandths(value) for name, value in found.items()}


def parse_figures(obj: Object) -> Figures:
    """From a metrics.k8s.io/v1beta1 PodMetrics."""
    containers = {
        each["name"]: {name: thousandths(value) for name, value in each["usage"].items()}
        for each in obj["containers"]
    }
    return Figures(datetime.fromisoformat(obj["timestamp"]), float(obj["window"].rstrip("s")), containers)


def thousandths(quantity: object) -> int:
    """A quantity, rounded up (resource.Quantity's MilliValue)."""
    return ceil(amount(str(quantity)) * 1000)

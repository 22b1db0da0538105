"""What holds for resources of every kind: names, labels, quotas, locks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.state import kind_of, ref_to
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from mockcloud.cloud.core.catalogue import Catalogue
    from mockcloud.cloud.core.state import R, State
    from mockcloud.cloud.core.values import Labels, Resource, ResourceKind

_KEY: Final = re.compile(
    r"(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
)
_VALUE: Final = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")


def unique_name(state: State, made: type[R], name: str, but: int | None = None) -> None:
    """Refusal INVALID for no name, NOT_UNIQUE where another than `but` has it."""
    if not name:
        raise Refusal(Why.INVALID, "name is required", "name")
    other = state.named(made, name)
    if other is not None and other.id != but:
        raise Refusal(Why.NOT_UNIQUE, f"{kind_of(other)} name '{name}' is already used", "name")


def check_new_name(state: State, resource: Resource, name: str) -> None:
    """For one that there is; Refusal as of unique_name, WRONG_KIND for AWS' balancers: names are for life."""
    if isinstance(resource, Balancer) and resource.kind.is_elastic and name != resource.name:
        raise Refusal(Why.WRONG_KIND, f"load balancer {resource.name} is AWS': its name is for life", "name")
    unique_name(state, type(resource), name, but=resource.id)


def check_labels(labels: Labels) -> Labels:
    """Keys and values by Kubernetes' grammar, as clouds have it; Refusal INVALID."""
    for key, value in labels.items():
        if not _KEY.fullmatch(key) or not _VALUE.fullmatch(value):
            raise Refusal(Why.INVALID, f"label '{key}: {value}' is malformed", "labels")
    return dict(labels)


def check_room(state: State, catalogue: Catalogue, kind: ResourceKind) -> None:
    """Refusal QUOTA where there are as many as one project gets."""
    most = catalogue.quotas.get(kind)
    if most is not None and len(state.tables[kind]) >= most:
        raise Refusal(Why.QUOTA, f"{kind} limit exceeded: {most}", kind)


def check_unlocked(state: State, resource: Resource, now: float) -> None:
    """Refusal LOCKED while an operation runs on it."""
    ref = ref_to(resource)
    operation = state.last_operation.get(ref)
    if operation is not None and operation.is_running(now):
        raise Refusal(Why.LOCKED, f"{ref.kind} {ref.id} is locked: {operation.command} runs")

"""Names of elbv2's resources: ARNs, made of names and the core's ids, and read back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from mockcloud.cloud.aws.account import arn
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic.names import hexadecimal
from mockcloud.cloud.core.elastic_values import BalancerKind, Frontend, TargetGroup
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State

Named: TypeAlias = Balancer | TargetGroup | Frontend

_SERVICE: Final = "elasticloadbalancing"
_SHORT: Final = {BalancerKind.NETWORK: "net", BalancerKind.APPLICATION: "app"}
_BASE: Final = re.escape(arn(_SERVICE, ""))
_BALANCER: Final = re.compile(_BASE + r"loadbalancer/(?:net|app|gwy)/[^/]+/([0-9a-f]{16})")
_GROUP: Final = re.compile(_BASE + r"targetgroup/[^/]+/([0-9a-f]{16})")
_LISTENER: Final = re.compile(_BASE + r"listener/(?:net|app|gwy)/[^/]+/[0-9a-f]{16}/([0-9a-f]{16})")


def balancer_arn(balancer: Balancer) -> str:
    """arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/net/NAME/ID."""
    return arn(_SERVICE, f"loadbalancer/{_path(balancer)}")


def group_arn(group: TargetGroup) -> str:
    """...:targetgroup/NAME/ID."""
    return arn(_SERVICE, f"targetgroup/{group.name}/{hexadecimal(group.id)}")


def listener_arn(balancer: Balancer, frontend: Frontend) -> str:
    """...:listener/net/NAME/ID/ID."""
    return arn(_SERVICE, f"listener/{_path(balancer)}/{hexadecimal(frontend.id)}")


def _path(balancer: Balancer) -> str:
    return f"{_SHORT[balancer.kind]}/{balancer.name}/{hexadecimal(balancer.id)}"


def balancer_of(state: State, text: str) -> Balancer:
    """AwsError ValidationError for what is no such ARN, LoadBalancerNotFound."""
    found = state.find(Balancer, _number(_BALANCER, text, "load balancer"))
    if found is None or not found.kind.has_groups or balancer_arn(found) != text:
        raise AwsError("LoadBalancerNotFound", f"Load balancer '{text}' not found")
    return found


def group_of(state: State, text: str) -> TargetGroup:
    """AwsError ValidationError, TargetGroupNotFound."""
    found = state.find(TargetGroup, _number(_GROUP, text, "target group"))
    if found is None or group_arn(found) != text:
        raise AwsError("TargetGroupNotFound", f"Target group '{text}' not found")
    return found


def listener_of(state: State, text: str) -> tuple[Balancer, Frontend]:
    """With its balancer; AwsError ValidationError, ListenerNotFound."""
    found = state.find(Frontend, _number(_LISTENER, text, "listener"))
    balancer = state.find(Balancer, found.balancer) if found is not None else None
    if found is None or balancer is None or listener_arn(balancer, found) != text:
        raise AwsError("ListenerNotFound", f"Listener '{text}' not found")
    return balancer, found


def resource_of(state: State, text: str) -> Named:
    """Whatever has tags."""
    if _GROUP.fullmatch(text):
        return group_of(state, text)
    if _LISTENER.fullmatch(text):
        return listener_of(state, text)[1]
    return balancer_of(state, text)


def _number(form: re.Pattern[str], text: str, what: str) -> int:
    found = form.fullmatch(text)
    if found is None:
        raise AwsError("ValidationError", f"'{text}' is not a valid {what} ARN")
    return int(found[1], 16)

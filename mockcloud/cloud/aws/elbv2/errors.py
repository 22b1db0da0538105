"""The core's refusals in elbv2's words: the exceptions that its model has, where AWS raises them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.refusal import Refusal, Why
from mockcloud.cloud.core.values import ResourceKind

if TYPE_CHECKING:
    from mockcloud.cloud.aws.handling import Handler
    from mockcloud.cloud.service import CloudService

# By the reason and what it is about; the reason alone where that does not matter.
_CODES: Final[dict[tuple[Why, str] | Why, str]] = {
    (Why.NOT_FOUND, ResourceKind.BALANCER): "LoadBalancerNotFound",
    (Why.NOT_FOUND, ResourceKind.TARGET_GROUP): "TargetGroupNotFound",
    (Why.NOT_FOUND, ResourceKind.FRONTEND): "ListenerNotFound",
    (Why.NOT_FOUND, ResourceKind.CERTIFICATE): "CertificateNotFound",
    (Why.NOT_FOUND, ResourceKind.ADDRESS): "AllocationIdNotFound",
    (Why.NOT_UNIQUE, ResourceKind.BALANCER): "DuplicateLoadBalancerName",
    (Why.NOT_UNIQUE, ResourceKind.TARGET_GROUP): "DuplicateTargetGroupName",
    (Why.QUOTA, ResourceKind.BALANCER): "TooManyLoadBalancers",
    (Why.QUOTA, ResourceKind.TARGET_GROUP): "TooManyTargetGroups",
    (Why.QUOTA, "listeners"): "TooManyListeners",
    (Why.QUOTA, "targets"): "TooManyTargets",
    (Why.QUOTA, "tags"): "TooManyTags",
    Why.QUOTA: "OperationNotPermitted",
    Why.PROTECTED: "OperationNotPermitted",
    Why.LOCKED: "OperationNotPermitted",
    Why.IN_USE: "ResourceInUse",
    Why.ADDRESS_HELD: "ResourceInUse",
    Why.ADDRESS_TAKEN: "ResourceInUse",
    Why.NO_SPACE: "InvalidSubnet",
    Why.PORT_TAKEN: "DuplicateListener",
    Why.GROUP_TAKEN: "TargetGroupAssociationLimit",
    Why.PROTOCOL: "UnsupportedProtocol",
    Why.PROTOCOLS: "IncompatibleProtocols",
    Why.BAD_TARGET: "InvalidTarget",
    Why.CONFIGURATION: "InvalidConfigurationRequest",
    Why.WRONG_KIND: "InvalidConfigurationRequest",
}


def error_of(refusal: Refusal) -> AwsError:
    """ValidationError for what has no exception of its own."""
    code = _CODES.get((refusal.why, refusal.field)) or _CODES.get(refusal.why, "ValidationError")
    return AwsError(code, refusal.message)


def served(handler: Handler) -> Handler:
    """The handler, whose refusals are in elbv2's words."""

    @wraps(handler)
    def answered(cloud: CloudService, wanted: dict[str, Any]) -> dict[str, Any]:
        try:
            return handler(cloud, wanted)
        except Refusal as refusal:
            raise error_of(refusal) from refusal

    return answered

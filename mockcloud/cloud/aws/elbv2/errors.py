"""The core's refusals as elbv2's exceptions."""

from __future__ import annotations

from typing import Final

from mockcloud.cloud.core.refusal import Why
from mockcloud.cloud.core.values import ResourceKind

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
ERRORS: Final = {why: (code, 400) for why, code in _CODES.items()}

"""The core's refusals as elb's exceptions."""

from __future__ import annotations

from typing import Final

from mockcloud.cloud.core.refusal import Why
from mockcloud.cloud.core.values import ResourceKind

_CONFIGURATION: Final = ("InvalidConfigurationRequest", 409)
ERRORS: Final[dict[tuple[Why, str] | Why, tuple[str, int]]] = {
    (Why.NOT_FOUND, ResourceKind.BALANCER): ("LoadBalancerNotFound", 400),
    (Why.NOT_FOUND, ResourceKind.CERTIFICATE): ("CertificateNotFound", 400),
    (Why.NOT_FOUND, "listen_port"): ("ListenerNotFound", 400),
    (Why.NOT_UNIQUE, ResourceKind.BALANCER): ("DuplicateLoadBalancerName", 400),
    (Why.QUOTA, ResourceKind.BALANCER): ("TooManyLoadBalancers", 400),
    (Why.QUOTA, "tags"): ("TooManyTags", 400),
    (Why.QUOTA, "policies"): ("TooManyPolicies", 400),
    Why.QUOTA: _CONFIGURATION,
    Why.PROTECTED: ("OperationNotPermitted", 400),
    Why.PORT_TAKEN: ("DuplicateListener", 400),
    Why.PROTOCOL: ("UnsupportedProtocol", 400),
    Why.BAD_TARGET: ("InvalidInstance", 400),
    Why.NO_SPACE: ("InvalidSubnet", 400),
    Why.POLICY_EXISTS: ("DuplicatePolicyName", 400),
    Why.NO_POLICY: ("PolicyNotFound", 400),
    Why.NO_POLICY_TYPE: ("PolicyTypeNotFound", 400),
    Why.UNKNOWN_ATTRIBUTE: ("LoadBalancerAttributeNotFound", 400),
    Why.CONFIGURATION: _CONFIGURATION,
    Why.WRONG_KIND: _CONFIGURATION,
}

"""elb: policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws.elb import rendering
from mockcloud.cloud.aws.elb.balancers import change
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic import classic, policies
from mockcloud.cloud.core.elastic.policies import TLS_NEGOTIATION
from mockcloud.cloud.core.elastic_values import Policy

if TYPE_CHECKING:
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
# Without a balancer's name AWS describes samples of its own.
_SAMPLES: Final = tuple(
    Policy(f"ELBSample-{name}", TLS_NEGOTIATION, (("Reference-Security-Policy", name),))
    for name in ("ELBDefaultCipherPolicy", "OpenSSLDefaultCipherPolicy")
)


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateLoadBalancerPolicy."""
    given = tuple(
        (each.get("AttributeName", ""), each.get("AttributeValue", ""))
        for each in wanted.get("PolicyAttributes", [])
    )
    made = Policy(wanted["PolicyName"], wanted["PolicyTypeName"], given)
    change(cloud, wanted, lambda draft, b: policies.create(draft, b, made))
    return {}


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteLoadBalancerPolicy."""
    change(cloud, wanted, lambda draft, b: policies.delete(draft, b, wanted["PolicyName"]))
    return {}


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeLoadBalancerPolicies."""
    owner = wanted.get("LoadBalancerName")
    found = classic.named(cloud.state, owner).policies if owner else _SAMPLES
    names = wanted.get("PolicyNames")
    if names:
        missing = set(names) - {each.name for each in found}
        if missing:
            message = f"There is no policy with name {', '.join(sorted(missing))}"
            raise AwsError("PolicyNotFound", message)
        found = tuple(each for each in found if each.name in names)
    return {"PolicyDescriptions": [rendering.policy(each) for each in found]}


def of_backend(cloud: CloudService, wanted: Shape) -> Shape:
    """SetLoadBalancerPoliciesForBackendServer."""
    port, names = wanted["InstancePort"], wanted["PolicyNames"]
    change(cloud, wanted, lambda draft, b: policies.give_to_port(draft, b, port, names))
    return {}


def of_listener(cloud: CloudService, wanted: Shape) -> Shape:
    """SetLoadBalancerPoliciesOfListener."""
    port, names = wanted["LoadBalancerPort"], wanted["PolicyNames"]
    change(cloud, wanted, lambda draft, b: policies.give_to_listener(draft, b, port, names))
    return {}

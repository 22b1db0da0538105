"""elb: instances, and their health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mockcloud.cloud.aws import resources
from mockcloud.cloud.aws.elb import rendering
from mockcloud.cloud.aws.elb.balancers import change
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.core.elastic import classic
from mockcloud.cloud.core.elastic.classic_health import instance_state
from mockcloud.cloud.core.health import Health
from mockcloud.cloud.core.values import Family, Instance

if TYPE_CHECKING:
    from collections.abc import Sequence
    from ipaddress import IPv4Address

    from mockcloud.cloud.core.values import Balancer
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]


def register(cloud: CloudService, wanted: Shape) -> Shape:
    """RegisterInstancesWithLoadBalancer."""
    found = classic.named(cloud.state, wanted["LoadBalancerName"])
    numbers = [each.id for each in _asked(cloud, wanted["Instances"])]
    changed = cloud.run(lambda draft: classic.register(draft, found, numbers, cloud.catalogue))
    return {"Instances": rendering.instances(changed)}


def deregister(cloud: CloudService, wanted: Shape) -> Shape:
    """DeregisterInstancesFromLoadBalancer."""
    classic.named(cloud.state, wanted["LoadBalancerName"])
    numbers = [each.id for each in _asked(cloud, wanted["Instances"])]
    changed = change(cloud, wanted, lambda draft, b: classic.deregister(draft, b, numbers))
    return {"Instances": rendering.instances(changed)}


def describe_health(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeInstanceHealth: of those that are asked for, registered or not, else of all that are."""
    balancer = classic.named(cloud.state, wanted["LoadBalancerName"])
    asked = wanted.get("Instances")
    found = (
        _asked(cloud, asked)
        if asked
        else [cloud.state.get(Instance, number) for number in classic.instances_of(balancer)]
    )
    return {"InstanceStates": [_state(cloud, balancer, each) for each in found]}


def _state(cloud: CloudService, balancer: Balancer, instance: Instance) -> Shape:
    ip = _reached_at(cloud, balancer, instance)
    known = Health()
    if balancer.listeners:  # they have one check in common
        known = cloud.health(balancer.id, ip, balancer.listeners[0].port)
    found = instance_state(cloud.state, balancer, instance, known, cloud.clock.now())
    return {
        "InstanceId": resources.instance_id(instance.id),
        "State": found.state,
        "ReasonCode": found.reason,
        "Description": found.description,
    }


def _reached_at(cloud: CloudService, balancer: Balancer, instance: Instance) -> IPv4Address | None:
    if balancer.network is not None:
        return instance.at(balancer.network)
    address = cloud.state.addresses_of(instance).get(Family.V4)
    return address.ip if address is not None else None  # type: ignore[return-value]  # a v4 address


def _asked(cloud: CloudService, given: Sequence[Shape]) -> list[Instance]:
    found = []
    for each in given:
        text = each.get("InstanceId", "")
        instance = resources.find_instance(cloud.state, text)
        if instance is None:
            raise AwsError("InvalidInstance", f"Could not find EC2 instance {text}.")
        found.append(instance)
    return found

"""elbv2: load balancers."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import AddressValueError, IPv4Address
from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import places, resources
from mockcloud.cloud.aws.elbv2 import arns, rendering
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, by_number, page
from mockcloud.cloud.aws.tagging import read_tags
from mockcloud.cloud.core import balancers as any_kind
from mockcloud.cloud.core import security_groups
from mockcloud.cloud.core.elastic import balancers
from mockcloud.cloud.core.elastic.attributes import balancer_attributes
from mockcloud.cloud.core.elastic.balancers import NewElastic
from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockcloud.cloud.core.elastic.balancers import PlaceWish
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
PAGE: Final = 400
BAD_MARKER: Final = AwsError("ValidationError", "The specified marker is not valid")


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateLoadBalancer."""
    kind = wanted.get("Type", "application")
    if kind not in (BalancerKind.NETWORK, BalancerKind.APPLICATION):
        raise AwsError("InvalidConfigurationRequest", f"this cloud has no load balancers of type '{kind}'")
    _only_ipv4(wanted)
    public = wanted.get("Scheme", "internet-facing") == "internet-facing"
    where = _places(cloud, wanted, public=public)
    rules = places.security_groups(cloud, wanted.get("SecurityGroups", []))
    if kind == BalancerKind.APPLICATION and not rules and where:
        default = security_groups.named(cloud.state, where[0].network, security_groups.DEFAULT_NAME)
        rules = [default.id] if default is not None else []
    tags = read_tags(wanted.get("Tags", []))
    made = NewElastic(wanted["Name"], BalancerKind(kind), where, public, rules, tags)
    found, _ = cloud.run(lambda draft: balancers.create(draft, made, cloud.catalogue))
    return {"LoadBalancers": [rendering.balancer(cloud, found)]}


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeLoadBalancers."""
    names, texts = wanted.get("Names"), wanted.get("LoadBalancerArns")
    if names and texts:
        message = "Load balancer names and load balancer ARNs cannot be specified at the same time"
        raise AwsError("ValidationError", message)
    found = [each for each in cloud.state.all(Balancer) if each.kind.has_groups]
    if texts:
        chosen = {arns.balancer_of(cloud.state, text).id for text in texts}
        found = [each for each in found if each.id in chosen]
    elif names:
        missing = set(names) - {each.name for each in found}
        if missing:
            said = ", ".join(sorted(missing))
            raise AwsError("LoadBalancerNotFound", f"Load balancers '[{said}]' not found")
        found = [each for each in found if each.name in names]
    wish = PageWish(wanted.get("PageSize", PAGE), wanted.get("Marker"), BAD_MARKER)
    rows, marker = page(found, lambda each: by_number(each.id), wish)
    return {"LoadBalancers": [rendering.balancer(cloud, each) for each in rows], "NextMarker": marker}


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteLoadBalancer; one that is not there is gone already."""
    text = wanted["LoadBalancerArn"]
    try:
        found = arns.balancer_of(cloud.state, text)
    except AwsError as error:
        if error.code == "LoadBalancerNotFound":
            return {}
        raise
    if found.protected:
        message = f"Load balancer '{text}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    cloud.run(lambda draft: any_kind.delete(draft, found))
    return {}


def describe_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeLoadBalancerAttributes."""
    found = arns.balancer_of(cloud.state, wanted["LoadBalancerArn"])
    return rendering.attributes(balancer_attributes(found))


def modify_attributes(cloud: CloudService, wanted: Shape) -> Shape:
    """ModifyLoadBalancerAttributes."""
    found = arns.balancer_of(cloud.state, wanted["LoadBalancerArn"])
    given = read_attributes(wanted)
    changed = cloud.run(lambda draft: balancers.change_attributes(draft, found, given))
    return rendering.attributes(balancer_attributes(changed))


def set_security_groups(cloud: CloudService, wanted: Shape) -> Shape:
    """SetSecurityGroups."""
    found = arns.balancer_of(cloud.state, wanted["LoadBalancerArn"])
    rules = places.security_groups(cloud, wanted["SecurityGroups"])
    changed = cloud.run(lambda draft: balancers.set_security_groups(draft, found, rules))
    shown = rendering.balancer(cloud, changed)
    enforced = "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"
    return {"SecurityGroupIds": shown["SecurityGroups"], enforced: shown[enforced]}


def set_subnets(cloud: CloudService, wanted: Shape) -> Shape:
    """SetSubnets."""
    found = arns.balancer_of(cloud.state, wanted["LoadBalancerArn"])
    _only_ipv4(wanted)
    where = _places(cloud, wanted, public=found.public)
    changed = cloud.run(lambda draft: balancers.set_places(draft, found, where, cloud.catalogue))
    return {"AvailabilityZones": rendering.zones(cloud, changed.places), "IpAddressType": "ipv4"}


def read_attributes(wanted: Shape) -> dict[str, str]:
    """Of a request that changes some."""
    return {each["Key"]: each.get("Value", "") for each in wanted["Attributes"] if "Key" in each}


def _only_ipv4(wanted: Shape) -> None:
    if wanted.get("IpAddressType", "ipv4") != "ipv4":
        message = "You must specify subnets with an associated IPv6 CIDR block."
        raise AwsError("InvalidConfigurationRequest", message)


def _places(cloud: CloudService, wanted: Shape, *, public: bool) -> Sequence[PlaceWish]:
    subnets, mappings = wanted.get("Subnets", []), wanted.get("SubnetMappings", [])
    if subnets and mappings:
        message = "Subnets and subnet mappings cannot be specified at the same time"
        raise AwsError("ValidationError", message)
    found = [places.place_in(cloud, each) for each in subnets]
    return found or [_mapped(cloud, each, public=public) for each in mappings]


def _mapped(cloud: CloudService, mapping: Shape, *, public: bool) -> PlaceWish:
    where = places.place_in(cloud, mapping.get("SubnetId", ""))
    allocation, private = mapping.get("AllocationId"), mapping.get("PrivateIPv4Address")
    if (allocation and not public) or (private and public):
        what, scheme = (
            ("Elastic IP address", "internal") if allocation else ("private IPv4 address", "internet-facing")
        )
        message = f"You cannot specify an {what} for a load balancer with the scheme '{scheme}'"
        raise AwsError("InvalidConfigurationRequest", message.replace("an private", "a private"))
    if allocation:
        address = resources.find_address(cloud.state, allocation)
        if address is None:
            raise AwsError("AllocationIdNotFound", f"The allocation ID '{allocation}' does not exist")
        return replace(where, address=address.id)
    return replace(where, ip=_ipv4(private)) if private else where


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except AddressValueError as error:
        raise AwsError("ValidationError", f"'{text}' is not a valid IPv4 address") from error

"""elb: load balancers as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mockcloud.cloud.aws import account, places
from mockcloud.cloud.aws.default_vpc import default_vpc
from mockcloud.cloud.aws.elb import rendering
from mockcloud.cloud.aws.elb.checks import read_check, shown_check
from mockcloud.cloud.aws.elb.listeners import read_listeners
from mockcloud.cloud.aws.errors import AwsError
from mockcloud.cloud.aws.paging import PageWish, by_number, page
from mockcloud.cloud.aws.tagging import read_tags, tag_list
from mockcloud.cloud.core import balancers as any_kind
from mockcloud.cloud.core import security_groups
from mockcloud.cloud.core.elastic import balancers, classic
from mockcloud.cloud.core.elastic.balancers import MOST_TAGS, NewElastic, PlaceWish
from mockcloud.cloud.core.elastic.tags import tag, untag
from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.values import Balancer, ResourceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Shape = dict[str, Any]
PAGE: Final = 400
BAD_MARKER: Final = AwsError("ValidationError", "The specified marker is not valid")
_SCHEMES: Final = {"internet-facing": True, "internal": False}


def create(cloud: CloudService, wanted: Shape) -> Shape:
    """CreateLoadBalancer."""
    public = _SCHEMES.get(wanted.get("Scheme") or "internet-facing")
    if public is None:
        message = f"'{wanted['Scheme']}' is not a scheme: expected internet-facing or internal"
        raise AwsError("InvalidScheme", message)
    where = _places(cloud, wanted)
    rules = places.security_groups(cloud, wanted.get("SecurityGroups", []))
    if not rules:
        default = security_groups.named(cloud.state, where[0].network, security_groups.DEFAULT_NAME)
        rules = [default.id] if default is not None else []
    listeners = read_listeners(cloud, wanted["Listeners"])
    tags = read_tags(wanted.get("Tags", []))
    made = NewElastic(wanted["LoadBalancerName"], BalancerKind.CLASSIC, where, public, rules, tags)
    found = cloud.run(lambda draft: classic.create(draft, made, listeners, cloud.catalogue))
    return {"DNSName": rendering.balancer(cloud, found)["DNSName"]}


def _places(cloud: CloudService, wanted: Shape) -> list[PlaceWish]:
    subnets, zones = wanted.get("Subnets", []), wanted.get("AvailabilityZones", [])
    if bool(subnets) is bool(zones):
        message = "Either AvailabilityZones or SubnetIds must be specified, and not both"
        raise AwsError("ValidationError", message)
    if subnets:
        return [places.place_in(cloud, each) for each in subnets]
    return [_default_place(cloud, each) for each in zones]


def _default_place(cloud: CloudService, name: str) -> PlaceWish:
    zone, network = account.zones(cloud.catalogue).get(name), default_vpc(cloud)
    part = next((each for each in network.subnets if zone is not None and each.zone == zone.name), None)
    if zone is None or part is None:
        message = f"Requested AvailabilityZone '{name}' is not valid: it has no default subnet"
        raise AwsError("ValidationError", message)
    return PlaceWish(zone.name, network.id, part.range)


def describe(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeLoadBalancers: classic ones, and Hetzner's, which are as these are."""
    names = wanted.get("LoadBalancerNames")
    if names:
        found = [classic.named(cloud.state, name) for name in names]
    else:
        found = [each for each in cloud.state.all(Balancer) if not each.kind.has_groups]
    wish = PageWish(wanted.get("PageSize", PAGE), wanted.get("Marker"), BAD_MARKER)
    rows, marker = page(found, lambda each: by_number(each.id), wish)
    return {
        "LoadBalancerDescriptions": [rendering.balancer(cloud, each) for each in rows],
        "NextMarker": marker,
    }


def delete(cloud: CloudService, wanted: Shape) -> Shape:
    """DeleteLoadBalancer; one that is not there is gone already."""
    found = balancers.of_name(cloud.state, wanted["LoadBalancerName"], BalancerKind.CLASSIC)
    if found is not None:
        cloud.run(lambda draft: any_kind.delete(draft, found))
    return {}


def attach_subnets(cloud: CloudService, wanted: Shape) -> Shape:
    """AttachLoadBalancerToSubnets."""
    where = [places.place_in(cloud, each) for each in wanted["Subnets"]]
    changed = change(cloud, wanted, lambda draft, b: classic.attach(draft, b, where, cloud.catalogue))
    return {"Subnets": [places.subnet_id(each) for each in changed.places]}


def detach_subnets(cloud: CloudService, wanted: Shape) -> Shape:
    """DetachLoadBalancerFromSubnets."""
    where = [places.place_in(cloud, each) for each in wanted["Subnets"]]
    changed = change(cloud, wanted, lambda draft, b: classic.detach(draft, b, where, cloud.catalogue))
    return {"Subnets": [places.subnet_id(each) for each in changed.places]}


def apply_security_groups(cloud: CloudService, wanted: Shape) -> Shape:
    """ApplySecurityGroupsToLoadBalancer."""
    rules = places.security_groups(cloud, wanted["SecurityGroups"])
    changed = change(cloud, wanted, lambda draft, b: balancers.set_security_groups(draft, b, rules))
    return {"SecurityGroups": rendering.balancer(cloud, changed)["SecurityGroups"]}


def configure_check(cloud: CloudService, wanted: Shape) -> Shape:
    """ConfigureHealthCheck."""
    check = read_check(wanted["HealthCheck"])
    changed = change(cloud, wanted, lambda draft, b: classic.configure_check(draft, b, check))
    return {"HealthCheck": shown_check(classic.check_of(changed))}


def add_tags(cloud: CloudService, wanted: Shape) -> Shape:
    """AddTags: to all of them, or none."""
    tags, most = read_tags(wanted["Tags"]), MOST_TAGS[BalancerKind.CLASSIC]
    found = [classic.named(cloud.state, name) for name in wanted["LoadBalancerNames"]]

    def command(draft: Draft) -> None:
        for each in found:
            tag(draft, each, tags, most)

    cloud.run(command)
    return {}


def remove_tags(cloud: CloudService, wanted: Shape) -> Shape:
    """RemoveTags."""
    keys = [each["Key"] for each in wanted["Tags"] if "Key" in each]
    found = [classic.named(cloud.state, name) for name in wanted["LoadBalancerNames"]]

    def command(draft: Draft) -> None:
        for each in found:
            untag(draft, each, keys)

    cloud.run(command)
    return {}


def describe_tags(cloud: CloudService, wanted: Shape) -> Shape:
    """DescribeTags."""
    return {
        "TagDescriptions": [
            {"LoadBalancerName": name, "Tags": tag_list(classic.named(cloud.state, name).labels)}
            for name in wanted["LoadBalancerNames"]
        ]
    }


def describe_limits(cloud: CloudService, _wanted: Shape) -> Shape:
    """DescribeAccountLimits."""
    size = cloud.catalogue.any_balancer_size(BalancerKind.CLASSIC)
    limits = {
        "classic-load-balancers": cloud.catalogue.quotas.get(ResourceKind.BALANCER),
        "classic-listeners": size.listeners,
        "classic-registered-instances": size.targets,
    }
    return {"Limits": [{"Name": name, "Max": str(most)} for name, most in limits.items() if most is not None]}


def change(cloud: CloudService, wanted: Shape, command: Callable[[Draft, Balancer], Balancer]) -> Balancer:
    """Run a command on the balancer that a request names."""
    found = classic.named(cloud.state, wanted["LoadBalancerName"])
    return cloud.run(lambda draft: command(draft, found))

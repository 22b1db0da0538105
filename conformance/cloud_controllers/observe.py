"""What a cloud controller manager has done, in the cloud and in the cluster, without what chance gives."""

import json
import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from conformance.cloud_controllers.site import Site

QUIET_SECONDS: Final = 1.0
LONGEST_SECONDS: Final = 90.0
_BY_CHANCE: Final = frozenset(
    (
        *("CreatedTime", "DNSName", "CanonicalHostedZoneName", "CanonicalHostedZoneNameID"),
        *("VPCId", "VpcId", "Subnets", "TargetGroupArn", "LoadBalancerArns"),
    )
)


Row = dict[str, Any]


class NotQuiet(Exception):
    """A controller goes on and on."""


def settle(site: Site) -> None:
    """Return when nothing has changed for a while, in the cloud or of what the controller tells."""
    end = time.monotonic() + LONGEST_SECONDS
    since, last = time.monotonic(), None
    while time.monotonic() - since < QUIET_SECONDS:
        changes = [each for each in site.cloud.calls() if "/Describe" not in str(each["path"])]
        told = [each["metadata"]["resourceVersion"] for each in site.get("events,services,nodes")]
        if (now := (len(changes), told)) != last:
            since, last = time.monotonic(), now
        if time.monotonic() > end:
            raise NotQuiet
        time.sleep(0.1)


def observed(site: Site) -> Row:
    """By names that both sides have in common."""
    for each in site.get("services"):
        uid = each["metadata"]["uid"].replace("-", "")
        site.balancers[f"a{uid}"[:32]] = f"BALANCER({each['metadata']['name']})"
    groups = site.ec2.describe_security_groups()["SecurityGroups"]
    found = {
        **_network(site),
        **_classic(site),
        **{f"security group {each['GroupName']}": _security_group(each) for each in groups},
        **_cluster(site),
    }
    text = json.dumps(found, default=str, sort_keys=True)
    for each in groups:
        text = text.replace(each["GroupId"], f"GROUP({each['GroupName']})")
    for number, each in enumerate(site.instances):
        text = text.replace(each["InstanceId"], f"INSTANCE({number})")
    for name, service in site.balancers.items():
        text = text.replace(name, service)
    told: Row = json.loads(text)
    for each in told.values():
        if "rules" in each:
            each["rules"].sort(key=repr)
    return told


def _network(site: Site) -> Row:
    balancers = site.elbv2.describe_load_balancers()["LoadBalancers"]
    groups = site.elbv2.describe_target_groups()["TargetGroups"]
    names = {each["TargetGroupArn"]: each["TargetGroupName"] for each in groups}
    return {
        **{f"nlb {each['LoadBalancerName']}": _network_balancer(site, each, names) for each in balancers},
        **{f"target group {each['TargetGroupName']}": _target_group(site, each) for each in groups},
    }


def _network_balancer(site: Site, row: Row, names: Mapping[str, str]) -> Row:
    arn = {"LoadBalancerArn": row["LoadBalancerArn"]}
    attributes = site.elbv2.describe_load_balancer_attributes(**arn)["Attributes"]
    listeners = site.elbv2.describe_listeners(**arn)["Listeners"]
    return {
        "scheme": row["Scheme"],
        "zones": [(each["ZoneName"], each["SubnetId"]) for each in row["AvailabilityZones"]],
        "attributes": _pairs(attributes),
        "tags": _tags(site, row["LoadBalancerArn"]),
        "listeners": {
            f"{each['Protocol']} {each['Port']}": {
                "group": names[each["DefaultActions"][0]["TargetGroupArn"]],
                "certificates": [c["CertificateArn"] for c in each.get("Certificates", ())],
                "policy": each.get("SslPolicy"),
                "tags": _tags(site, each["ListenerArn"]),
            }
            for each in listeners
        },
    }


def _target_group(site: Site, row: Row) -> Row:
    arn = {"TargetGroupArn": row["TargetGroupArn"]}
    health = site.elbv2.describe_target_health(**arn)["TargetHealthDescriptions"]
    return {
        **_kept(row),
        "attributes": _pairs(site.elbv2.describe_target_group_attributes(**arn)["Attributes"]),
        "tags": _tags(site, row["TargetGroupArn"]),
        "targets": sorted(
            (each["Target"]["Id"], each["Target"]["Port"], each["TargetHealth"].get("Reason", ""))
            for each in health
        ),
    }


def _classic(site: Site) -> Row:
    found: Row = {}
    for row in site.elb.describe_load_balancers()["LoadBalancerDescriptions"]:
        name = row["LoadBalancerName"]
        attributes = site.elb.describe_load_balancer_attributes(LoadBalancerName=name)
        tags = site.elb.describe_tags(LoadBalancerNames=[name])["TagDescriptions"][0]["Tags"]
        found[f"classic {name}"] = {
            **_kept(row),
            "ListenerDescriptions": sorted(row["ListenerDescriptions"], key=repr),
            "Instances": sorted(each["InstanceId"] for each in row["Instances"]),
            "subnets": sorted(row["Subnets"]),
            "attributes": attributes["LoadBalancerAttributes"],
            "tags": _pairs(tags),
        }
    return found


def _security_group(row: Row) -> Row:
    rules = [
        (each["IpProtocol"], each.get("FromPort"), each.get("ToPort"), source, told.get("Description"))
        for each in row["IpPermissions"]
        for key, kind in (("IpRanges", "CidrIp"), ("UserIdGroupPairs", "GroupId"))
        for told in each[key]
        for source in (told[kind],)
    ]
    tags = _pairs(row.get("Tags", ()))
    return {"rules": rules, "tags": tags, "description": row["Description"]}


def _cluster(site: Site) -> Row:
    services = {
        f"service {each['metadata']['name']}": {
            "finalizers": each["metadata"].get("finalizers"),
            "status": each["status"],
        }
        for each in site.get("services")
    }
    numbers = {each["PrivateDnsName"]: number for number, each in enumerate(site.instances)}
    nodes = {
        f"node {numbers[each['metadata']['name']]}": {
            "labels": each["metadata"].get("labels"),
            "spec": each["spec"],
            "addresses": each["status"].get("addresses"),
        }
        for each in site.get("nodes")
    }
    events = {
        (
            each["involvedObject"]["name"],
            each["type"],
            each["reason"],
            each["message"],
            each["source"]["component"],
        )
        for each in site.get("events")
        if each["involvedObject"]["kind"] != "Lease"
    }
    return {**services, **nodes, "events": sorted(events)}


def _tags(site: Site, arn: str) -> dict[str, str]:
    return _pairs(site.elbv2.describe_tags(ResourceArns=[arn])["TagDescriptions"][0]["Tags"])


def _pairs(rows: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in rows}


def _kept(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in _BY_CHANCE}


def differences(real: object, box: object, path: str = "") -> Iterable[str]:
    """Each place where they differ, with what stands there."""
    if isinstance(real, dict) and isinstance(box, dict):
        for key in sorted({*real, *box}):
            yield from differences(real.get(key), box.get(key), f"{path}/{key}")
    elif isinstance(real, list) and isinstance(box, list) and real != box:
        alone = [[each for each in one if each not in other] for one, other in ((real, box), (box, real))]
        yield f"{path}:\n  real alone: {alone[0]}\n  box alone:  {alone[1]}"
    elif real != box:
        yield f"{path}:\n  real: {real}\n  box:  {box}"

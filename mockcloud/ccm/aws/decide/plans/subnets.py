"""The subnets that a balancer is in: one a zone."""

from collections.abc import Iterable, Sequence

from mockcloud.ccm.aws.decide.seen import Subnet
from mockcloud.ccm.aws.decide.wanted import names
from mockcloud.ccm.aws.decide.wanted.annotations import Annotations
from mockcloud.ccm.aws.decide.wanted.refusal import Refused

ROLES = {True: "kubernetes.io/role/internal-elb", False: "kubernetes.io/role/elb"}


def chosen_subnets(subnets: Sequence[Subnet], given: Annotations, cluster: str) -> tuple[str, ...]:
    """Those that the Service names, else one a zone, by zone. Refused where there is none."""
    if "subnets" in given.values:
        return _named(subnets, given.listed("subnets"))
    best: dict[str, Subnet] = {}
    for subnet in _candidates(subnets, cluster, internal=given.internal):
        before = best.get(subnet.zone)
        if before is None or _rank(subnet, cluster, ROLES[given.internal]) < _rank(
            before, cluster, ROLES[given.internal]
        ):
            best[subnet.zone] = subnet
    found = tuple(each.id for _, each in sorted(best.items()) if each.regular)
    if not found:
        msg = "could not find any suitable subnets for creating the ELB"
        raise Refused(msg)
    return found


def _candidates(subnets: Iterable[Subnet], cluster: str, *, internal: bool) -> list[Subnet]:
    """The cluster's own and those of no cluster; for a public balancer, public ones."""
    own = [
        each
        for each in subnets
        if names.is_of_cluster(each.tags, cluster) or not names.is_of_any_cluster(each.tags)
    ]
    unknown = next((each.id for each in own if each.public is None), None)
    if unknown is not None:
        msg = f"could not locate routing table for subnet {unknown}"
        raise Refused(msg)
    return [each for each in own if internal or each.public]


def _rank(subnet: Subnet, cluster: str, role: str) -> tuple[bool, bool, str]:
    """The tag of the role first, then the cluster's, then the id."""
    return role not in subnet.tags, not names.is_of_cluster(subnet.tags, cluster), subnet.id


def _named(subnets: Iterable[Subnet], wanted: Sequence[str]) -> tuple[str, ...]:
    if not wanted:
        msg = "unable to resolve empty subnet slice"
        raise Refused(msg)
    by_id = [each.id for each in subnets if each.id in wanted]
    by_name = [each.id for each in subnets if each.tags.get("Name") in wanted and each.id not in by_id]
    found = (*by_id, *by_name)
    if len(found) != len(wanted):
        msg = f"expected to find {len(wanted)}, but found {len(found)} subnets"
        raise Refused(msg)
    return found

import pytest

from mockcloud.ccm.aws.decide.plans.subnets import chosen_subnets
from mockcloud.ccm.aws.decide.seen import Subnet
from mockcloud.ccm.aws.decide.wanted.annotations import PREFIX, annotations_of
from mockcloud.ccm.aws.decide.wanted.refusal import Refused

OWN = {"kubernetes.io/cluster/lab": "shared"}
PUBLIC = {"kubernetes.io/role/elb": "1"}


def subnet(key, zone="a", *, public=True, regular=True, **tags):
    return Subnet(
        f"subnet-{key}",
        zone,
        "10.0.0.0/24",
        public,
        regular,
        {k: v for d in tags.values() for k, v in d.items()},
    )


def chosen(*subnets, **annotations):
    given = annotations_of({f"{PREFIX}{key}": value for key, value in annotations.items()})
    return chosen_subnets(subnets, given, "lab")


def test_one_a_zone_by_zone():
    """The role's tag decides first, then the cluster's, then the id."""
    assert chosen(subnet(2, "b"), subnet(1, "a")) == ("subnet-1", "subnet-2")
    assert chosen(subnet(1), subnet(2, x=OWN), subnet(3, x=PUBLIC)) == ("subnet-3",)
    assert chosen(subnet(1), subnet(2, x=OWN)) == ("subnet-2",)
    assert chosen(subnet(2), subnet(1)) == ("subnet-1",)


def test_public_balancers_are_in_public_subnets():
    """Internal ones in any."""
    assert chosen(subnet(1, public=False), subnet(2)) == ("subnet-2",)
    assert chosen(subnet(1, public=False), subnet(2), internal="true") == ("subnet-1",)


def test_another_clusters_subnets_and_zones_without_balancers_are_left_out():
    """None of no cluster is; where nothing is left it is refused."""
    other = {"kubernetes.io/cluster/other": "owned"}
    assert chosen(subnet(1, x=other), subnet(2)) == ("subnet-2",)
    assert chosen(subnet(1, "wavelength", regular=False), subnet(2)) == ("subnet-2",)
    with pytest.raises(Refused, match="could not find any suitable subnets for creating the ELB"):
        chosen(subnet(1, public=False))
    with pytest.raises(Refused, match="could not locate routing table for subnet subnet-1"):
        chosen(subnet(1, public=None))


def test_subnets_that_are_named():
    """By id or by Name; each has to be there."""
    named = subnet(2, "b", public=False, x={"Name": "front"})
    assert chosen(subnet(1), named, subnets="front,subnet-1") == ("subnet-1", "subnet-2")
    with pytest.raises(Refused, match="expected to find 2, but found 1 subnets"):
        chosen(subnet(1), named, subnets="front,back")
    with pytest.raises(Refused, match="unable to resolve empty subnet slice"):
        chosen(subnet(1), subnets=" ")

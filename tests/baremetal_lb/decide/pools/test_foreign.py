"""What pools have that is somebody else's."""

from ipaddress import ip_address

from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.decide.pools.foreign import late_overlaps, reserved_in_pools
from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.pools import Pool, PoolConfig
from baremetal_lb.model.reasons import Refusal

CONFIG = PoolConfig((Pool("lab", (parse_entry("10.0.0.0/24"),)),))


def test_an_address_that_nobody_gets_is_told_with_its_pool_and_the_reason():
    """One that is in no pool matters to nobody."""
    node = Refusal(Reason.NODE_ADDRESS, "", "belongs to node n")
    reserved = {ip_address("10.0.0.5"): node, ip_address("10.9.0.5"): node}
    assert list(reserved_in_pools(CONFIG, reserved)) == [
        'pool "lab" has 10.0.0.5, which belongs to node n: it is never given'
    ]


def test_an_overlap_that_came_later_is_told_with_what_would_follow():
    """Overlaps of theirs with each other are none of ours."""
    theirs = [
        Claimed("the pods of n", parse_entry("10.0.0.128/25")),
        Claimed("m", parse_entry("10.0.0.128/25")),
    ]
    said = list(late_overlaps(CONFIG, theirs))
    assert len(said) == 2
    assert said[0].startswith('pool "lab": 10.0.0.0/24 overlaps with 10.0.0.128/25 of the pods of n; a new')
    assert list(late_overlaps(CONFIG, [Claimed("x", parse_entry("10.1.0.0/24"))])) == []

"""Who holds which address."""

from dataclasses import replace
from ipaddress import ip_address

from baremetal_lb.decide.ipam.allocations import Allocations, Holding
from baremetal_lb.decide.ipam.usage.sharing import SharingTerms
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.model.addresses import Family
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.conflicts import Occupant
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.pools import Pool, PoolConfig
from baremetal_lb.model.reasons import Refusal
from baremetal_lb.model.services import ServicePort

ONE, TWO, V6 = ip_address("10.0.0.1"), ip_address("10.0.0.2"), ip_address("fd00::1")
WEB, DB = ObjectKey("x", "web"), ObjectKey("x", "db")
LAB = Pool("lab", (parse_entry("10.0.0.1-10.0.0.2"), parse_entry("fd00::1-fd00::2")))


def terms(service, key=None):
    return SharingTerms(service, "1", key, None, frozenset(), None)


def books(pool=LAB, reserved=()):
    made = Allocations()
    never = Refusal(Reason.RESERVED, "", "is never given")
    made.configure(PoolConfig((pool,)), dict.fromkeys(reserved, never))
    return made


def free(made, family=Family.V4):
    usage = made.usage(made.config.pools[0], family)
    return made.lowest_free(usage)


def test_what_is_claimed_is_held_and_not_free():
    """Of two families IPv4 comes first."""
    made = books()
    made.claim(terms(WEB), (V6, ONE), "lab")
    assert made.holdings[WEB] == Holding((ONE, V6), "lab")
    assert (free(made), str(free(made, Family.V6))) == (TWO, "fd00::2")
    assert made.usage(LAB, Family.V4).in_use == 1


def test_what_is_released_is_free_again():
    """By who holds it; others cannot."""
    made = books()
    made.claim(terms(WEB), (ONE,), "lab")
    assert made.release(DB, (ONE,), 0.0) == []
    assert made.release(WEB, (ONE,), 0.0) == [ONE]
    assert (free(made), made.occupancy(ONE), made.usage(LAB, Family.V4).in_use) == (ONE, None, 0)


def test_an_address_that_cools_down_is_free_when_that_is_over():
    """And says when."""
    made = books(replace(LAB, cooldown=10.0))
    made.claim(terms(WEB), (ONE,), "lab")
    made.release(WEB, (ONE,), 100.0)
    assert (free(made), made.next_wake(), made.wake(109.9)) == (TWO, 110.0, [])
    assert made.wake(110.0) == [ONE]
    assert free(made) == ONE


def test_an_address_in_quarantine_goes_to_nobody_new():
    """When nobody of ours holds it any more, it is tried again after a while."""
    made = books()
    made.claim(terms(WEB), (ONE,), "lab")
    assert made.begin_quarantine(ONE, Occupant(b"\x02", "somebody")) == [WEB]
    assert made.quarantined(LAB, Family.V4) == 1
    made.release(WEB, (ONE,), 0.0)
    assert (free(made), made.next_wake()) == (TWO, made.quarantine_period)
    assert made.wake(made.quarantine_period) == [ONE]
    assert (free(made), made.quarantined(LAB, Family.V4)) == (ONE, 0)


def test_a_quarantine_ends_where_the_address_is_ours_after_all():
    """Its holder keeps it."""
    made = books()
    made.claim(terms(WEB), (ONE,), "lab")
    made.begin_quarantine(ONE, Occupant(b"\x02", "somebody"))
    made.end_quarantine(ONE)
    assert (ONE in made.quarantine, made.holdings[WEB].addresses) == (False, (ONE,))


def test_what_is_reserved_is_never_free():
    """A node has it."""
    made = books(reserved=[ONE])
    assert free(made) == TWO
    assert made.usage(LAB, Family.V4).reserved == 1


def test_other_pools_under_the_same_holdings():
    """What none of them has is in no pool; it is not forgotten."""
    made = books()
    made.claim(terms(WEB), (ONE,), "lab")
    made.configure(PoolConfig((Pool("new", (parse_entry("10.0.0.2"),)),)), {})
    assert made.holdings[WEB] == Holding((ONE,), None)
    made.configure(PoolConfig((LAB,)), {})
    assert (made.holdings[WEB].pool, free(made)) == ("lab", TWO)


def test_a_foreign_services_address_is_not_given():
    """Another load balancer's, or an external IP."""
    made = books()
    made.see_foreign_service(DB, {ONE: "has it as an external IP"}, 0.0)
    assert free(made) == TWO
    assert "external IP" in made.stranger_on(ONE, WEB)
    assert made.stranger_on(ONE, DB) is None
    made.see_foreign_service(DB, {}, 0.0)
    assert free(made) == ONE


def test_an_address_is_shared_by_those_with_its_key():
    """The lowest such; a Service without the key is told who has it."""
    made = books()
    made.claim(terms(WEB, "k"), (ONE,), "lab")
    usage = made.usage(LAB, Family.V4)
    assert list(made.occupancy(ONE).holders) == [WEB]
    assert made.lowest_shared(usage, terms(DB, "k"), free(made)) == ONE
    assert made.lowest_shared(usage, terms(DB, "other"), free(made)) is None
    assert made.clash(ONE, terms(DB, "k")) is None
    assert str(made.clash(ONE, terms(DB))) == "10.0.0.1: in use by x/web"


def test_why_a_key_is_not_enough_is_told():
    """Its port is another's."""
    made, port = books(), frozenset({ServicePort("TCP", 80)})
    made.claim(replace(terms(WEB, "k"), ports=port), (ONE,), "lab")
    usage = made.usage(LAB, Family.V4)
    asks = replace(terms(DB, "k"), ports=port)
    assert "port TCP/80 is in use by x/web" in str(made.sharing_refusal(usage, asks))
    assert made.lowest_shared(usage, asks, TWO) is None
    assert made.sharing_refusal(usage, terms(DB, "other")) is None


def test_what_somebody_else_has_is_not_shared_either():
    """Until the quarantine ends."""
    made = books()
    made.claim(terms(WEB, "k"), (ONE,), "lab")
    usage = made.usage(LAB, Family.V4)
    made.begin_quarantine(ONE, Occupant(b"\x02", "somebody"))
    assert made.lowest_shared(usage, terms(DB, "k"), TWO) is None
    made.end_quarantine(ONE)
    assert made.lowest_shared(usage, terms(DB, "k"), TWO) == ONE


def test_each_family_of_each_pool_has_its_own_usage():
    """In the order of the pools."""
    made = books()
    assert {(each.pool.name, each.free_list.family) for each in made.usages()} == {
        *(("lab", Family.V4), ("lab", Family.V6)),
    }

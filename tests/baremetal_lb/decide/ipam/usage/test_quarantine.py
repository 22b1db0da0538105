"""Addresses that somebody outside of the cluster has: what becomes of them, and of who was given one."""

from tests.baremetal_lb.fakes.paper_cluster import STRANGER

V6 = "fd00:96::1"
LAB = "name: lab, addresses: [10.0.0.1-10.0.0.3]"
PERIOD = 300.0


def test_another_address_is_given_and_nobody_gets_the_first(cluster):
    """The Event names who has it; after a while it is tried again."""
    cluster.pools(LAB).create("a").events()
    cluster.in_use("10.0.0.1")
    assert cluster.has("a") == "10.0.0.2"
    assert cluster.says("a") == 'Allocated: 10.0.0.2 from pool "lab"'
    assert cluster.texts() == [
        f'"default/a" gets another IP: 10.0.0.1: {STRANGER}',
        'Assigned IP ["10.0.0.2"]',
    ]
    cluster.in_use().create("b").create("c")
    assert [cluster.has("b"), cluster.has("c")] == ["10.0.0.3", ""]
    assert cluster.says("c") == (
        'AddressInUse: pool "lab": full: 2 of 3 IPv4 addresses in use, 1 quarantined (somebody else has them)'
    )
    cluster.wait(PERIOD - 1)
    assert cluster.has("c") == ""
    cluster.wait(1)
    assert cluster.has("c") == "10.0.0.1"


def test_who_asked_for_it_keeps_it(cluster):
    """He knows why; the condition Announced says what is wrong. Nobody joins him there."""
    cluster.pools(LAB).create("a", load_balancer_ip="10.0.0.1", asks={"allow-shared-ip": "k"})
    cluster.events()
    cluster.in_use("10.0.0.1").wait(PERIOD * 3)
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.events() == []
    cluster.create("b", ports="TCP/443", asks={"allow-shared-ip": "k"})
    cluster.create("c", ports="TCP/443", load_balancer_ip="10.0.0.1", asks={"allow-shared-ip": "k"})
    assert cluster.has("b") == "10.0.0.2"
    assert cluster.says("c") == f"AddressInUse: 10.0.0.1: {STRANGER}"
    cluster.in_use()
    assert cluster.has("c") == "10.0.0.1"


def test_where_there_is_no_other_it_stays(cluster):
    """And moves as soon as there is one."""
    cluster.pools("name: lab, addresses: [10.0.0.1-10.0.0.2]").create("a").create("b").events()
    cluster.in_use("10.0.0.1")
    assert cluster.has("a") == "10.0.0.1"
    assert cluster.says("a") == (
        f'Allocated: 10.0.0.1 from pool "lab"; 10.0.0.1: {STRANGER}; no other: '
        'pool "lab": full: 2 of 2 IPv4 addresses in use, 1 quarantined (somebody else has them)'
    )
    cluster.delete("b")
    assert cluster.has("a") == "10.0.0.2"


def test_it_was_ours_after_all(cluster):
    """Whoever had it is gone before the Service could leave: all is as before."""
    cluster.pools("name: lab, addresses: [10.0.0.1]").create("a", asks={"allow-shared-ip": "k"})
    before = cluster.says("a")
    cluster.in_use("10.0.0.1").create("b", ports="TCP/443", asks={"allow-shared-ip": "k"})
    assert cluster.has("b") == ""
    cluster.in_use()
    assert cluster.says("a") == before
    assert cluster.has("b") == "10.0.0.1"


def test_those_who_share_it_move_together(cluster):
    """To one address, as their key says."""
    cluster.pools(LAB)
    for name, port in (("a", 80), ("b", 443)):
        cluster.create(name, ports=f"TCP/{port}", asks={"allow-shared-ip": "k"})
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.1", "10.0.0.1"]
    cluster.in_use("10.0.0.1")
    assert [cluster.has("a"), cluster.has("b")] == ["10.0.0.2", "10.0.0.2"]


def test_of_two_families_only_the_one_changes(cluster):
    """The other address is as good as before."""
    cluster.pools("name: dual, addresses: [10.0.0.1-10.0.0.2, fd00::1-fd00::2]")
    cluster.create("a", ips=f"10.96.0.1 {V6}")
    cluster.in_use("fd00::1")
    assert cluster.has("a") == "10.0.0.1 fd00::2"


def test_two_families_move_to_another_pool_or_not_at_all(cluster):
    """A Service that has two is not left with one."""
    cluster.pools("name: one, addresses: [10.0.0.1, fd00::1]", "name: two, addresses: [10.1.0.1, fd01::1]")
    cluster.create("a", ips=f"10.96.0.1 {V6}")
    cluster.in_use("fd00::1")
    assert cluster.has("a") == "10.1.0.1 fd01::1"
    cluster.in_use("10.1.0.1")
    assert cluster.has("a") == "10.1.0.1 fd01::1"


def test_a_restart_learns_it_anew(cluster):
    """From what speakers still say of the addresses that were left."""
    cluster.pools(LAB).create("a").in_use("10.0.0.1").in_use()
    cluster.restart(left=["10.0.0.1", "10.0.0.2"], until=cluster.now + 60)
    cluster.create("b").create("c")
    assert [cluster.has(name) for name in "abc"] == ["10.0.0.2", "10.0.0.3", ""]
    cluster.wait(60)
    assert cluster.has("c") == "10.0.0.1"


def test_pools_change_under_a_quarantine(cluster):
    """It belongs to the address."""
    cluster.pools(LAB).create("a").in_use("10.0.0.1").in_use()
    cluster.pools("name: other, addresses: [10.0.0.1-10.0.0.2]").create("b")
    assert cluster.says("b").startswith('AddressInUse: pool "other": full: 1 of 2 IPv4 addresses in use')
    cluster.pools("name: far, addresses: [10.1.0.0/24]").wait(PERIOD)
    cluster.pools("name: other, addresses: [10.0.0.1-10.0.0.2]").create("c")
    assert sorted([cluster.has("b"), cluster.has("c"), cluster.has("a")]) == ["", "10.0.0.1", "10.0.0.2"]


def test_a_service_that_is_deleted_leaves_it_in_quarantine(cluster):
    """Its speaker may not have a chance to say more."""
    cluster.pools("name: lab, addresses: [10.0.0.1], cooldown: 10s").create("a").in_use("10.0.0.1").delete(
        "a"
    )
    cluster.create("b").wait(PERIOD - 1)
    assert cluster.has("b") == ""
    cluster.wait(1)
    assert cluster.has("b") == "10.0.0.1"

"""Services that wait, grouped by what they ask."""

from dataclasses import replace
from ipaddress import ip_address

from baremetal_lb.decide.ipam.pending import PendingQueue
from baremetal_lb.decide.ipam.requests import read
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.services import ServiceView

ADDRESS = ip_address("10.0.0.5")


def view(name, created="1", **fields):
    made = ServiceView(ObjectKey("x", name), "u", "1", created, is_load_balancer=True, **fields)
    return replace(made, cluster_ips=(ip_address("10.96.0.1"),))


def waiting(*views, prospects=(), has_some=False):
    queue = PendingQueue()
    for each in views:
        queue.enter(each, read(each), prospects, has_some=has_some)
    return queue


def test_those_who_ask_the_same_are_one_group_and_its_oldest_comes_first():
    """So a freed address costs one try for each wish."""
    queue = waiting(view("b", "2"), view("a", "3"), view("c", "1"))
    (wish,) = queue.wishes()
    assert (len(queue), queue.oldest(wish)) == (3, ("1", ObjectKey("x", "c")))
    queue.leave(ObjectKey("x", "c"))
    assert queue.oldest(wish) == ("2", ObjectKey("x", "b"))


def test_whoever_asks_something_else_or_has_other_prospects_is_another_group():
    """And who holds something meanwhile is one by itself."""
    queue = waiting(view("a"), view("b", load_balancer_ip="10.0.0.5"))
    queue.enter(view("c"), read(view("c")), ("pinned",), has_some=False)
    queue.enter(view("d"), read(view("d")), (), has_some=True)
    assert len(queue.wishes()) == 4


def test_a_freed_address_concerns_those_who_name_it_and_those_who_name_none():
    """Another address does not."""
    queue = waiting(view("any"), view("named", load_balancer_ip="10.0.0.5"))
    general, named = queue.wish(ObjectKey("x", "any")), queue.wish(ObjectKey("x", "named"))
    assert queue.concerned([ADDRESS]) == [named, general]
    assert queue.concerned([ip_address("10.0.0.6")]) == [general]
    queue.leave(ObjectKey("x", "named"))
    assert queue.concerned([ADDRESS]) == [general]


def test_a_reason_is_told_to_each_once():
    """To all, when it is another one; to those who are new, when it is the same."""
    queue = waiting(view("a"), view("b"))
    (wish,) = queue.wishes()
    assert queue.tell(wish, "full") == [ObjectKey("x", "a"), ObjectKey("x", "b")]
    queue.enter(view("c"), read(view("c")), (), has_some=False)
    assert queue.tell(wish, "full") == [ObjectKey("x", "c")]
    assert len(queue.tell(wish, "nothing left")) == 3


def test_who_does_not_wait_cannot_leave():
    """It may have been served meanwhile."""
    queue = waiting(view("a"))
    queue.leave(ObjectKey("x", "b"))
    assert (len(queue), ObjectKey("x", "a") in queue, ObjectKey("x", "b") in queue) == (1, True, False)
    assert queue.oldest("no such wish") is None

"""How often a status is written that somebody else keeps changing."""

from ipaddress import ip_address
from itertools import pairwise

from baremetal_lb.decide.controller.contention import AT_ONCE, FIRST, FORGIVEN, LONGEST, Contention
from baremetal_lb.model.objects import ObjectKey

KEY = ObjectKey("x", "a")
ONE, TWO = (ip_address("10.0.0.1"),), (ip_address("10.0.0.2"),)


def times_written(contention: Contention, until: float, every: float = 0.1) -> list[float]:
    """When we write against somebody who undoes each write at once."""
    now, found = 0.0, []
    while now < until:
        if not contention.wait(KEY, ONE, now):
            contention.see_written(KEY, ONE, now)
            found.append(now)
        now += every
    return found


def test_two_who_insist_write_ever_less_often():
    """A war at full speed would be ten thousand writes an hour and more; this is some twenty."""
    written = times_written(Contention(), 3600.0)
    pauses = [after - before for before, after in pairwise(written)]
    assert all(pause < 1.0 for pause in pauses[: AT_ONCE - 1])
    assert pauses[AT_ONCE - 1] >= FIRST - 0.1
    assert max(pauses) <= LONGEST + 0.2
    assert len(written) < 25


def test_a_person_who_edits_once_is_corrected_at_once():
    """Nor does it count what was given anew: other addresses are another matter."""
    contention = Contention()
    for at in range(AT_ONCE):
        assert contention.wait(KEY, ONE, at) == 0.0
        contention.see_written(KEY, ONE, at)
    assert contention.wait(KEY, ONE, AT_ONCE) > 0.0
    assert contention.wait(KEY, TWO, AT_ONCE) == 0.0


def test_what_is_long_ago_is_forgiven_and_what_is_gone_is_forgotten():
    """A new Service of the same name begins anew."""
    contention = Contention()
    for _ in range(AT_ONCE):
        contention.see_written(KEY, ONE, 0.0)
    assert contention.wait(KEY, ONE, FORGIVEN + 1) == 0.0
    contention.see_written(KEY, ONE, FORGIVEN + 1)
    assert contention.wait(KEY, ONE, FORGIVEN + 1) == 0.0
    for _ in range(AT_ONCE):
        contention.see_written(KEY, ONE, FORGIVEN + 2)
    contention.forget(KEY)
    assert contention.wait(KEY, ONE, FORGIVEN + 2) == 0.0

"""What goes on the wire and off it, and what is told of that when."""

from ipaddress import ip_address

import pytest

from baremetal_lb.decide.layer2.gratuitous import Lost, Won
from baremetal_lb.decide.layer2.ownership import Ruling
from baremetal_lb.link.ports import Ports
from baremetal_lb.link.responder_thread import Answering
from baremetal_lb.model.announcements import Standing, Verdict
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.run.speaker.announcements import Stage

VIP, VIP_6, WEB = ip_address("192.0.2.200"), ip_address("2001:db8::200"), ObjectKey("shop", "web")
OURS = Verdict(WEB, Standing.ANNOUNCED, (VIP, VIP_6), "node-1")
THEIRS = Verdict(WEB, Standing.OTHER_NODE, (VIP, VIP_6), "node-2")


class Scene:
    """A stage, what it shouted, and what it told."""

    def __init__(self) -> None:
        self.shouted: list[object] = []
        self.told: list[tuple[Verdict | None, Verdict]] = []
        self.ports = Ports(Answering())
        self.stage = Stage(self.ports, self, lambda *verdicts: self.told.append(verdicts))

    def tell(self, event: object) -> None:
        """As Shouting does."""
        self.shouted.append(event)

    def rules(self, before: Verdict | None, verdict: Verdict, lost: tuple = ()) -> None:
        self.stage.withdraw(Ruling(((before, verdict),), lost=frozenset(lost)))
        self.stage.tell()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_verdict_is_told_when_all_its_addresses_are_on_the_wire(scene: Scene) -> None:
    """Nothing is answered before; each address is shouted when it is."""
    scene.rules(None, OURS)
    assert (scene.told, scene.shouted, dict(scene.ports.tallies)) == ([], [], {})
    scene.stage.announce([VIP])
    assert (scene.told, scene.shouted) == ([], [Won(VIP)])
    scene.stage.announce([VIP_6])
    assert scene.told == [(None, OURS)]
    assert set(scene.ports.tallies) == {VIP, VIP_6}


def test_what_is_lost_goes_at_once(scene: Scene) -> None:
    """And is told."""
    scene.rules(None, OURS)
    scene.stage.announce([VIP, VIP_6])
    scene.shouted.clear()
    scene.rules(OURS, THEIRS, (VIP, VIP_6))
    assert sorted(scene.shouted, key=str) == sorted([Lost(VIP), Lost(VIP_6)], key=str)
    assert (scene.told[-1], dict(scene.ports.tallies)) == ((OURS, THEIRS), {})


def test_verdict_that_never_came_true_is_not_told_as_over(scene: Scene) -> None:
    """Somebody else had the address, until another node was elected for it."""
    scene.rules(None, OURS)
    scene.rules(OURS, THEIRS)
    assert scene.told == [(None, THEIRS)]


def test_neighbours_are_told_again_by_a_whole_burst(scene: Scene) -> None:
    """After a partition some of them have heard otherwise."""
    scene.stage.announce([VIP])
    scene.shouted.clear()
    scene.stage.announce_again([VIP])
    assert scene.shouted == [Lost(VIP), Won(VIP)]

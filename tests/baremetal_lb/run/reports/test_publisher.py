"""What speakers report reaches the Services without a storm."""

import asyncio
from ipaddress import ip_address

import pytest

from baremetal_lb.decide.pools.parse import parse_config
from baremetal_lb.decide.reports.aggregator import Gathering
from baremetal_lb.model.conflicts import Conflict, ConflictKind, Occupant
from baremetal_lb.model.objects import ObjectKey
from baremetal_lb.model.places import Place, Port
from baremetal_lb.model.reports import Left, Report
from baremetal_lb.run.reports.publisher import BATCH, PACE, Outlets, Relay

ADDRESSES = [ip_address("10.0.0.1") + at for at in range(35)]
TAKEN = Conflict(ADDRESSES[0], ConflictKind.IN_USE, bytes.fromhex("0200000000aa"), "eth0")
LEFT = Conflict(ip_address("10.0.0.200"), ConflictKind.IN_USE, bytes.fromhex("0200000000aa"), "eth0")


class Speakers:
    """Stands for the hearing: one report was there before."""

    def __init__(self, gathering: Gathering, first: Report) -> None:
        self.gathering, self.first = gathering, first
        self.on_news = lambda: None

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def catch_up(self) -> None:
        self.say(self.first)

    def say(self, report: Report) -> None:
        self.gathering.see_report(report, asyncio.get_running_loop().time())
        self.on_news()


class Controller:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.written: list[tuple[float, ObjectKey]] = []
        self.busy = False
        self.told: list[str] = []
        self.in_use: list[set] = []
        self.left: dict = {}
        self._news = asyncio.Event()

    def outlets(self) -> Outlets:
        def note(into: list, what: object) -> None:
            into.append(what)
            self._news.set()

        return Outlets(
            write=lambda key: note(self.written, (asyncio.get_running_loop().time(), key)),
            is_busy=lambda: self.busy,
            tell=lambda key, told: note(self.told, f"{key.name} {told.message.split(':')[0]}"),
            see_in_use=lambda found: note(self.in_use, set(found)),
            see_left=self.left.update,
        )

    async def until(self, holds) -> None:
        async with asyncio.timeout(30):
            while not holds():
                self._news.clear()
                await self._news.wait()


def announces(node: str, **more) -> Report:
    return Report(node, (Place(tuple(ADDRESSES), node, (Port("eth0", "02:00:00:00:00:01"),)),), **more)


@pytest.fixture
def gathering() -> Gathering:
    """Many Services, each with an address."""
    found = Gathering()
    found.see_pools(parse_config("address-pools: [{name: p, protocol: layer2, addresses: [10.0.0.0/24]}]"))
    for at, address in enumerate(ADDRESSES):
        found.see_service(ObjectKey("x", f"s{at}"), (address,), None)
    return found


async def test_many_that_change_at_once_are_written_one_after_the_other(gathering):
    """Each once, a few at a time; and again after a failover."""
    controller = Controller()
    speakers = Speakers(gathering, announces("node-1"))
    relay = Relay(speakers, gathering, controller.outlets())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(relay.run())
        await controller.until(lambda: len(controller.written) == len(ADDRESSES))
        times = [at for at, _ in controller.written]
        assert len({key for _, key in controller.written}) == len(ADDRESSES)
        assert times[-1] - times[0] >= (len(ADDRESSES) // BATCH) * BATCH / PACE * 0.9
        speakers.say(announces("node-2"))
        await controller.until(lambda: len(controller.written) == 2 * len(ADDRESSES))
        speakers.say(announces("node-2"))
        await asyncio.sleep(0.05)
        assert len(controller.written) == 2 * len(ADDRESSES)
        running.cancel()


async def test_what_is_more_urgent_goes_first(gathering):
    """While addresses are being given, nothing is written about who announces them."""
    controller = Controller()
    controller.busy = True
    relay = Relay(Speakers(gathering, announces("node-1")), gathering, controller.outlets())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(relay.run())
        await relay.caught_up.wait()
        await asyncio.sleep(0.15)
        assert controller.written == []
        controller.busy = False
        await controller.until(lambda: controller.written)
        running.cancel()


async def test_who_else_has_addresses_is_passed_on(gathering):
    """What was left before, once; what is in use now, whenever that changes."""
    controller = Controller()
    speakers = Speakers(gathering, Report("node-1", left=(Left(LEFT, 1_000),)))
    relay = Relay(speakers, gathering, controller.outlets())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(relay.run())
        await relay.caught_up.wait()
        who = "02:00:00:00:00:aa has it on eth0 (seen by node-1)"
        assert controller.left == {LEFT.address: (Occupant(LEFT.mac, who), 1_000)}
        speakers.say(Report("node-1", conflicts=(TAKEN,)))
        await controller.until(lambda: controller.in_use)
        speakers.say(Report("node-1", conflicts=(TAKEN,)))
        speakers.say(announces("node-1"))
        await controller.until(lambda: len(controller.in_use) > 1)
        assert controller.in_use == [{TAKEN.address}, set()]
        assert controller.told == []
        running.cancel()


async def test_a_no_that_lasts_is_told(gathering):
    """By the clock, though no speaker says anything more."""
    controller = Controller()
    relay = Relay(Speakers(gathering, Report("node-1", conflicts=(TAKEN,))), gathering, controller.outlets())
    async with asyncio.TaskGroup() as group:
        running = group.create_task(relay.run())
        await controller.until(lambda: controller.told)
        assert controller.told == ["s0 AddressInUse"]
        running.cancel()

"""Gratuitous frames wait while this speaker may not speak."""

import asyncio
from dataclasses import dataclass, field
from ipaddress import ip_address

from baremetal_lb.decide.layer2.gratuitous import Announcer, Won
from baremetal_lb.link.responder_thread import NO_END, Answering
from baremetal_lb.run.speaker.gratuitous import LOOK_AGAIN, Shouting

VIP, OTHER = ip_address("192.0.2.200"), ip_address("192.0.2.201")
BOUND = 5.0


@dataclass
class Wire:
    """Ports that keep what is sent; OTHER was lost meanwhile, so that nothing leaves for it."""

    answering: Answering = field(default_factory=Answering)
    sent: asyncio.Queue = field(default_factory=asyncio.Queue)

    def shout(self, address, where=None) -> int:
        if address == OTHER:
            return 0
        self.sent.put_nowait(address)
        return 2


async def test_paused_speaker_tells_nobody_of_its_addresses_until_it_has_a_lease():
    """Its peers may have taken over; what is sent is counted, and what is not ours any more is not."""
    wire, told = Wire(), []
    shouting = Shouting(Announcer(0.0), wire, lambda address, _now: told.append(address))
    wire.answering.lease = 0
    async with asyncio.timeout(BOUND), asyncio.TaskGroup() as group:
        running = group.create_task(shouting.run())
        shouting.tell(Won(OTHER))
        shouting.tell(Won(VIP))
        await asyncio.sleep(3 * LOOK_AGAIN)
        assert wire.sent.empty()
        wire.answering.lease = NO_END
        assert await wire.sent.get() == VIP
        await asyncio.sleep(0)
        running.cancel()
    wire.answering.stop()
    wire.answering.run()  # which closes what it has open
    assert told == [VIP]

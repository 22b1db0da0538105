"""The wall clock is set while a controller works: by an hour or two, as NTP or an admin may do."""

from datetime import UTC, datetime, timedelta

import pytest

from baremetal_lb.run import clock


class WallClock:
    """Stands for `datetime` where the time of day is read (the one place where it may be), and can be set."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self, zone: object = UTC) -> datetime:
        assert zone is UTC
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def wall(monkeypatch) -> WallClock:
    """The wall clock of this process, controllers in it included."""
    found = WallClock()
    monkeypatch.setattr(clock, "datetime", found)
    return found


@pytest.mark.parametrize("hours", [-2, 2])
async def test_a_cool_down_lasts_as_long_as_it_says(lab, wall, hours):
    """Set back, it does not last two hours longer; set forward, it is not over at once."""
    await lab.pools("name: lab, addresses: [10.0.0.1], cooldown: 3s")
    async with lab.controller():
        await lab.create("a")
        await lab.until(lambda: lab.has("a"))
        await lab.create("b")
        await lab.until(lambda: lab.says("b"))
        begin = clock.since_boot()
        await lab.delete("a")
        await lab.until(lambda: "CoolingDown" in lab.says("b"))
        wall.ahead = timedelta(hours=hours)
        await lab.create("c")  # whoever comes has all judged anew, by the clock as it is now
        await lab.until(lambda: lab.says("c"))
        await lab.until(lambda: lab.has("b"))
        assert clock.since_boot() - begin >= 3

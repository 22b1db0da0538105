"""What the ConfigMap is told about pools that have what is somebody else's."""

from ipaddress import ip_address

from baremetal_lb.decide.controller.commands import JudgeConfig, Record
from baremetal_lb.decide.controller.configuration import PoolConfiguration, parse
from baremetal_lb.decide.controller.events import ConfigMap
from baremetal_lb.decide.ipam.allocator import Allocator
from baremetal_lb.decide.pools.entries import parse_entry
from baremetal_lb.decide.pools.overlaps import Claimed
from baremetal_lb.model.api_names import Reason
from baremetal_lb.model.errors import ConfigRejected
from baremetal_lb.model.objects import ObjectKey, Subject
from baremetal_lb.model.reasons import Refusal

KEY = ObjectKey("system", "config")
PODS = Claimed("the pods of node b", parse_entry("10.0.1.0/24"))
ONE, TWO = ip_address("10.0.0.1"), ip_address("10.0.0.2")
RESERVED = {
    ONE: Refusal(Reason.NODE_ADDRESS, "10.0.0.1", "belongs to node b"),
    TWO: Refusal(Reason.RESERVED, "10.0.0.2", "is ruled out by --never-give"),
}


def config_map(pools: str, version: str = "1") -> ConfigMap:
    text = f"address-pools: [{{name: lab, protocol: layer2, addresses: [{pools}]}}]"
    return ConfigMap(Subject("ConfigMap", KEY, "u", version), text)


class Keeper(PoolConfiguration):
    """Takes down its Events, and judges at once."""

    def __init__(self) -> None:
        super().__init__(KEY, Allocator())
        self.told: list[str] = []

    def take(self, found, claimed) -> None:
        self._perform(super().take(found, claimed))

    def warn_of(self, reserved, claimed) -> None:
        self._perform(super().warn_of(reserved, claimed))

    def _perform(self, commands) -> None:
        for command in commands:
            match command:
                case Record(_, note):
                    self.told.append(f"{note.reason}: {note.message}")
                case JudgeConfig(text, claimed):
                    self._perform(self.see_result(_judged(text, claimed)))


def _judged(text, claimed):
    try:
        return parse(text, claimed)
    except ConfigRejected as exc:
        return exc


def keeper() -> tuple[Keeper, list[str]]:
    made = Keeper()
    return made, made.told


def test_a_range_that_comes_later_is_a_warning_once():
    """A new node's pods must not take away what is in force; the next version is judged by them."""
    config, told = keeper()
    config.take(config_map("10.0.0.0/16"), [])
    for _ in range(2):
        config.warn_of({}, [PODS])
    assert told == [
        'ConfigWarning: pool "lab": 10.0.0.0/16 overlaps with 10.0.1.0/24 of the pods of node b; '
        "a new version of this configuration, or a restart, would be refused"
    ]
    assert (config.loaded, config.stale) == (True, False)
    config.take(config_map("10.0.0.0/15", "2"), [PODS])
    assert told[1].startswith(
        "ConfigRejected: address-pools[0].addresses[0]: '10.0.0.0/15' overlaps with 10.0.1.0/24 of the pods"
    )
    assert (config.loaded, config.stale) == (True, True)


def test_an_address_of_a_node_is_a_warning_until_it_changes():
    """What the command line rules out is known to whoever wrote it."""
    config, told = keeper()
    config.take(config_map("10.0.0.0/24"), [])
    config.warn_of(RESERVED, [])
    config.warn_of({}, [])
    config.warn_of(RESERVED, [])
    text = 'ConfigWarning: pool "lab" has 10.0.0.1, which belongs to node b: it is never given'
    assert told == [text, text]


def test_nothing_is_said_before_a_configuration_is_in_force():
    """Nor of a ConfigMap that is not there."""
    config, told = keeper()
    config.warn_of(RESERVED, [PODS])
    config.take(None, [])
    assert (told, config.loaded, config.stale) == ([], False, True)

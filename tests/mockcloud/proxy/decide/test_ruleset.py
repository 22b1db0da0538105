"""A ruleset as a value: the names by which the kernel knows its parts."""

import re

import pytest

from mockcloud.proxy.decide.ruleset import Origin, PortName, Remembered, Route, Spread, Sticky
from mockcloud.proxy.decide.views import PortView, Protocol, ServiceKey, Target

HTTP = PortName.of(ServiceKey("default", "web"), PortView("http", Protocol.TCP, 80))
ENDPOINT = Target("fd00:10:244:1::5", 8080)
WORD = re.compile(r"[A-Za-z0-9./_-]+")  # what nft takes for one


@pytest.mark.parametrize(
    "name",
    [
        HTTP.label,
        Spread(Protocol.TCP, 3, local=True).chain,
        Remembered(HTTP, ENDPOINT, 60).chain,
        Remembered(HTTP, ENDPOINT, 60).memory,
        Sticky(HTTP, (ENDPOINT,), 60).chain,
        Route(Origin.LOCAL, None).chain,
        PortName(ServiceKey("a" * 63, "b" * 63), Protocol.SCTP, "c" * 63).label,
        PortName(ServiceKey("a", "b}; flush ruleset; {"), Protocol.TCP, "").label,
    ],
)
def test_a_name_is_one_word_to_nft_and_short_enough(name):
    """A colon would end it, and anything else might be a word of nft's own."""
    assert WORD.fullmatch(name)
    assert len(name) < 255 - len("affinity-") - 2 * len("ffff:")


def test_two_ports_have_two_names():
    """Also where what nft does not take was all that differed."""
    others = (
        PortName(ServiceKey("default", "web"), Protocol.UDP, "http"),
        PortName(ServiceKey("default", "web"), Protocol.TCP, ""),
        PortName(ServiceKey("default", "web_"), Protocol.TCP, "http"),
        PortName(ServiceKey("default", "web."), Protocol.TCP, "http"),
    )
    assert len({HTTP.label, *(each.label for each in others)}) == 5


def test_services_with_as_many_endpoints_share_a_chain():
    """And local endpoints are another choice."""
    assert Spread(Protocol.TCP, 3).chain == "pick-tcp-3"
    assert Spread(Protocol.TCP, 3, local=True).chain == "pick-local-tcp-3"
    assert Route(Origin.EXTERNAL, Spread(Protocol.TCP, 3)).chain == "external-pick-tcp-3"


def test_each_endpoint_of_a_sticky_service_remembers_for_itself():
    """For as long as the Service says."""
    sticky = Sticky(HTTP, (ENDPOINT, Target("fd00:10:244:1::6", 8080)), 60)
    assert [(each.target, each.seconds) for each in sticky.endpoints] == [
        *((target, 60) for target in sticky.targets)
    ]
    assert len({each.memory for each in sticky.endpoints}) == 2

"""The shape of the configuration."""

import pytest
from pydantic import ValidationError

from baremetal_lb.decide.pools.scalars import plain
from baremetal_lb.decide.pools.schema import LONGEST_NAME, BgpAdvertisement, Peer, PoolSection

GOOD = {"name": "lab", "protocol": "layer2", "addresses": ["10.0.0.1"]}


def test_keys_are_written_with_hyphens():
    """As MetalLB has them; with an underscore there is no such key."""
    assert PoolSection.model_validate({**GOOD, "auto-assign": plain("no")}).auto_assign is False
    with pytest.raises(ValidationError, match="auto_assign"):
        PoolSection.model_validate({**GOOD, "auto_assign": plain("no")})


def test_a_key_without_a_value_is_as_good_as_none():
    """As in Go."""
    assert PoolSection.model_validate({**GOOD, "interfaces": None}).interfaces == []


@pytest.mark.parametrize("name", ["", "a" * (LONGEST_NAME + 1), "a\tb"])
def test_a_name_can_be_shown(name):
    """It stands in messages and metrics."""
    with pytest.raises(ValidationError):
        PoolSection.model_validate({**GOOD, "name": name})


def test_what_is_not_used_yet_is_checked_all_the_same():
    """A person who moves from MetalLB keeps the peers in the text."""
    peer = {"my-asn": plain("64512"), "peer-asn": plain("64513"), "peer-address": "10.0.0.1"}
    assert Peer.model_validate(peer).peer_port == 179
    with pytest.raises(ValidationError):
        Peer.model_validate({**peer, "peer-port": plain("65536")})
    with pytest.raises(ValidationError):
        BgpAdvertisement.model_validate({"aggregation-length": plain("33")})

"""What is wrong with things, and who is met by it: a state and faults in, as a table."""

import pytest

from mockcloud.cloud.core.elastic_values import BalancerKind
from mockcloud.cloud.core.health import Health, HealthReason, HealthStatus
from mockcloud.cloud.faults import Outage
from mockcloud.cloud.outages import cut_off, silent_addresses, told_health
from tests.mockcloud.cloud.core.elastic.cloud import Cloud

HEALTHY, UNKNOWN = Health(HealthStatus.HEALTHY), Health()
FAILED = Health(HealthStatus.UNHEALTHY, reason=HealthReason.FAILED)


@pytest.fixture(scope="module")
def scene():
    """An instance and an address of a network balancer in each of two zones."""
    cloud = Cloud()
    cloud.near, cloud.far = cloud.instance("near"), cloud.instance("far", "nbg1")
    cloud.web = cloud.balancer(kind=BalancerKind.NETWORK, zones=("fsn1", "nbg1"))
    return cloud


@pytest.mark.parametrize(
    ("outages", "expected"),
    [
        pytest.param([], set(), id="none"),
        pytest.param([Outage(1, zone="fsn1")], {"near"}, id="zone"),
        pytest.param([Outage(1, zone="hel1")], set(), id="empty zone"),
        pytest.param([Outage(1, instance="far")], {"far"}, id="instance by name"),
        pytest.param([Outage(1, instance="1001")], {"near"}, id="instance by number"),
        pytest.param([Outage(1, instance="nobody")], set(), id="instance that is not there"),
        pytest.param([Outage(1, target="near", health="unhealthy")], set(), id="lie"),
        pytest.param([Outage(1, zone="fsn1"), Outage(2, instance="far")], {"near", "far"}, id="both"),
    ],
)
def test_who_is_cut_off(scene, outages, expected):
    """Who is frozen, or in a zone that is dead."""
    assert cut_off(scene.state, outages) == expected


@pytest.mark.parametrize(
    ("outages", "expected"),
    [
        pytest.param([], set(), id="none"),
        pytest.param([Outage(1, zone="nbg1")], {"198.18.0.2", "10.0.2.2", "10.0.1.3"}, id="one zone"),
        pytest.param([Outage(1, instance="near")], {"10.0.1.2"}, id="an instance only"),
    ],
)
def test_which_addresses_are_silent(scene, outages, expected):
    """A balancer's public and private address in a zone that is dead, and those of its instances."""
    assert {str(each) for each in silent_addresses(scene.state, outages)} == expected


@pytest.mark.parametrize(
    ("outage", "seen", "status", "reason"),
    [
        pytest.param(Outage(1, target="near", health="healthy"), FAILED, "healthy", None, id="a lie"),
        pytest.param(
            Outage(1, target="near", health="unhealthy"),
            HEALTHY,
            "unhealthy",
            HealthReason.FAILED,
            id="other lie",
        ),
        pytest.param(
            Outage(1, target="far", health="healthy"), FAILED, "unhealthy", HealthReason.FAILED, id="other's"
        ),
        pytest.param(
            Outage(1, zone="fsn1"), UNKNOWN, "unhealthy", HealthReason.TIMEOUT, id="dead, nobody looks"
        ),
        pytest.param(Outage(1, zone="fsn1"), HEALTHY, "healthy", None, id="dead, not yet noticed"),
        pytest.param(Outage(1, zone="nbg1"), UNKNOWN, "unknown", None, id="another zone"),
        pytest.param(Outage(1, instance="near"), UNKNOWN, "unhealthy", HealthReason.TIMEOUT, id="frozen"),
    ],
)
def test_what_is_believed_of_a_target(scene, outage, seen, status, reason):
    """A lie before the truth; where nobody looks, who is cut off has no answer."""
    place = (scene.network, scene.near.at(scene.network))
    found = told_health(scene.state, [outage], place, seen)
    assert (found.status, found.reason) == (status, reason)


def test_a_target_may_be_named_by_its_address(scene):
    """Also where it is no instance."""
    ip = scene.near.at(scene.network)
    lie = Outage(1, target=str(ip), health="healthy")
    assert told_health(scene.state, [lie], (None, ip), FAILED).status is HealthStatus.HEALTHY

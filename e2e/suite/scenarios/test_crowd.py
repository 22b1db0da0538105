"""Many Services at once."""

from __future__ import annotations

from e2e.suite.cluster.cluster import HTTP, load_balancer
from e2e.suite.cluster.preparation import NAMESPACE
from e2e.suite.cluster.services import addresses

SERVICES = 200
SAMPLE = 10
LABEL = "e2e=crowd"


def test_two_hundred_services_are_all_announced_and_go_again(cluster):
    """All get an address, sharing where the pool has fewer, and a sample answers; then none is left."""
    room = min(SERVICES, cluster.ground.size // 2)
    bodies = [_service(number, room) for number in range(SERVICES)]
    try:
        found = cluster.patient.until_announced(*cluster.patient.make(*bodies))
        reached = [(addresses(each)[0], each["spec"]["ports"][0]["port"]) for each in found]
        assert len(set(reached)) == SERVICES
        cluster.outside.ask_all(reached[:: SERVICES // SAMPLE])
    finally:
        cluster.delete_services(LABEL)
    assert cluster.names("--namespace", NAMESPACE, "services", f"--selector={LABEL}") == []


def _service(number: int, room: int):
    turn, key = divmod(number, room)
    body = load_balancer(
        f"crowd-{number}",
        annotations={"baremetal-lb.io/allow-shared-ip": f"crowd-{key}"},
        ports=[{**HTTP, "port": 8000 + turn}],
    )
    body["metadata"]["labels"] = dict([LABEL.split("=")])
    return body

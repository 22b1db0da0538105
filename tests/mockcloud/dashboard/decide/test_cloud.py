"""A cloud's rows: balancers with what they send to, calls, the bill."""

import pytest

from mockcloud.dashboard.decide.cloud import CallRow, shown

BILL = {"currency": "EUR", "hourly": "0.02", "so_far": "0.04", "rows": []}


def balancer(*ports: dict) -> dict:
    return {
        "name": "b",
        "kind": "network",
        "state": "active",
        "addresses": ["198.18.0.1"],
        "ports": list(ports),
    }


def port(*targets: dict) -> dict:
    return {"port": 80, "protocol": "TCP", "addresses": ["198.18.0.1"], "targets": list(targets)}


def target(address: str = "10.0.1.11", **fields: object) -> dict:
    told = {
        "address": address,
        "port": 30080,
        "instance": "node-1",
        "health": "healthy",
        "why": "",
        "draining": False,
    }
    return {**told, **fields}


@pytest.mark.parametrize(
    ("one", "rows"),
    [
        pytest.param(balancer(), [("", "", "", "")], id="no port"),
        pytest.param(balancer(port()), [("80/TCP", "", "", "")], id="no target"),
        pytest.param(
            balancer(port(target(), target("fd00::1", instance="", health="unhealthy", why="timeout"))),
            [
                ("80/TCP", "node-1 10.0.1.11:30080", "healthy", ""),
                ("80/TCP", "[fd00::1]:30080", "unhealthy", "timeout"),
            ],
            id="targets",
        ),
        pytest.param(
            balancer(port(target(draining=True))),
            [("80/TCP", "node-1 10.0.1.11:30080", "draining", "")],
            id="draining",
        ),
    ],
)
def test_each_target_has_a_row(one, rows):
    """With its own key: the page changes only what differs."""
    found = shown([one], [], BILL).targets
    assert [(each.port, each.target, each.health, each.why) for each in found] == rows
    assert len({each.key for each in found}) == len(found)


def test_calls_and_costs_are_told_as_they_are():
    """Times in UTC, money as text."""
    call = {"number": 7, "at": 0.5, "dialect": "hetzner", "method": "GET", "path": "/v1/servers"}
    calls = [{**call, "status": 429, "code": "rate_limit_exceeded", "fault": 3}]
    cost = {"what": "server", "name": "node-1", "hourly": "0.01", "so_far": "0.02"}
    found = shown([], calls, {**BILL, "rows": [cost, cost]})
    told = ("1970-01-01T00:00:00.500000+00:00", "hetzner", "GET /v1/servers", 429, "rate_limit_exceeded", "3")
    assert found.calls == (CallRow("7", *told),)
    assert [each.key for each in found.costs] == ["0", "1"]
    assert found.total == "0.02 EUR an hour, 0.04 EUR so far"

"""The answers word for word: bodies and headers are those that kube-proxy v1.34.4 gave."""

import json
from datetime import UTC, datetime

import pytest

from mockcloud.proxy.decide.views import Family, ServiceKey
from mockcloud.proxy.health.answers import FamilyHealth, about_proxy, about_rules, about_service, about_status

NOW = datetime(2026, 11, 21, 12, 0, 5, 250000, tzinfo=UTC)
EARLIER = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("endpoints", "healthy", "status"),
    [
        pytest.param(2, True, 200, id="endpoints"),
        pytest.param(0, True, 503, id="none"),
        pytest.param(2, False, 503, id="rules-late"),
    ],
)
def test_about_a_service(endpoints, healthy, status):
    """200 only for a healthy node with endpoints; the weight says how many."""
    found = about_service(ServiceKey("default", "web"), endpoints, healthy=healthy)
    assert found.status == status
    assert found.body == (
        '{\n\t"service": {\n\t\t"namespace": "default",\n\t\t"name": "web"\n\t},\n'
        f'\t"localEndpoints": {endpoints},\n\t"serviceProxyHealthy": {str(healthy).lower()}\n}}'
    )
    assert found.headers == {
        "Content-Type": "application/json",
        "X-Content-Type-Options": "nosniff",
        "X-Load-Balancing-Endpoint-Weight": str(endpoints),
    }


def test_about_the_proxy():
    """/healthz says whether the node is to stay, /livez does not; the time is fresh where all is well."""
    families = {Family.IPV4: FamilyHealth(EARLIER, healthy=True)}
    found = about_proxy(families, NOW, eligible=True)
    assert (found.status, found.body) == (
        200,
        '{"lastUpdated":"2026-11-21T12:00:05.250000Z","currentTime":"2026-11-21T12:00:05.250000Z",'
        '"nodeEligible":true,"healthy":true,'
        '"status":{"IPv4":{"lastUpdated":"2026-11-21T12:00:00.000000Z","healthy":true}}}',
    )
    leaving = about_proxy(families, NOW, eligible=False)
    assert (leaving.status, json.loads(leaving.body)["healthy"]) == (503, True)
    assert json.loads(leaving.body)["lastUpdated"] == "2026-11-21T12:00:00.000000Z"
    assert "nodeEligible" not in json.loads(about_proxy(families, NOW).body)
    late = about_proxy({Family.IPV4: FamilyHealth(EARLIER, healthy=False)}, NOW)
    assert (late.status, json.loads(late.body)["healthy"]) == (503, False)


@pytest.mark.parametrize(("programmed", "status"), [(True, 200), (False, 503)])
def test_about_the_rules(programmed, status):
    """Ours alone: whether they are as new as was asked for."""
    found = about_rules(programmed=programmed)
    assert (found.status, json.loads(found.body)) == (status, {"programmed": programmed})


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/proxyMode", 200, "nftables"),
        ("/healthz", 200, "ok"),
        ("/configz", 404, "404 page not found\n"),
    ],
)
def test_about_the_proxys_mode(path, status, body):
    """On its status port: text, and nothing else that kube-proxy has there."""
    found = about_status(path)
    assert (found.status, found.body) == (status, body)
    assert found.headers["Content-Type"] == "text/plain; charset=utf-8"

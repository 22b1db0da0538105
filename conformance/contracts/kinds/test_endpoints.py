"""EndpointSlices and Endpoints that the controllers make of Services and pods."""

import pytest
from conformance.harness.contract import contract
from conformance.harness.nodes import run_pod
from conformance.harness.side import Side
from testkit import objects


def pod(name: str, **spec: object) -> dict:
    main = objects.container("web", ports=[{"name": "http", "containerPort": 8080}])
    spec = {"automountServiceAccountToken": False, "nodeName": "node-1", **spec}
    return objects.pod(name, main, namespace=None, metadata={"labels": {"app": "web"}}, **spec)


def ordered(body: dict) -> list:
    """Slices and endpoints come in any order."""
    return [
        {**each, "endpoints": sorted(each["endpoints"] or (), key=lambda end: end["addresses"])}
        for each in sorted(body["items"], key=lambda each: each["addressType"])
    ]


SERVICES = {
    "plain": {"ports": [{"port": 80}]},
    "named": {"ports": [{"name": "web", "port": 80, "targetPort": "http"}]},
    "missing-name": {"ports": [{"port": 80, "targetPort": "nope"}]},
    "two": {
        "ports": [
            {"name": "a", "port": 80},
            {"name": "b", "port": 81, "protocol": "UDP", "appProtocol": "x.y/z"},
        ]
    },
    "headless": {"clusterIP": "None", "ports": [{"port": 80}]},
    "headless-without-ports": {"clusterIP": "None"},
    "dual": {"ipFamilyPolicy": "PreferDualStack", "ports": [{"port": 80}]},
    "publish": {"publishNotReadyAddresses": True, "ports": [{"port": 80}]},
    "nearest": {"trafficDistribution": "PreferClose", "ports": [{"port": 80}]},
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in SERVICES.items()])
@contract
def test_of_a_service(api: Side, spec: dict) -> None:
    """Three pods, one of them not ready: the slices, the old Endpoints, and what kubectl shows of both."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    for number in (1, 2, 3):
        where = {"nodeName": f"node-{1 + number % 2}", "hostname": f"h{number}", "subdomain": "web"}
        api.quietly("POST", api.path("pods"), pod(f"p{number}", **where))
        run_pod(api, f"p{number}", f"10.244.1.{number}", ready=number != 3)
    body = {
        "metadata": {"name": "web", "labels": {"x": "y"}, "annotations": {"n": "m"}},
        "spec": {"selector": {"app": "web"}, **spec},
    }
    api.quietly("POST", api.path("services"), body)
    families = 2 if "ipFamilyPolicy" in spec else 1

    def complete(body: dict) -> bool:
        return len(body["items"]) >= families and any(
            len(each["endpoints"] or ()) == 3 for each in body["items"]
        )

    found = api.wait(api.path("discovery.k8s.io/v1/endpointslices"), "slices", complete)
    api.record("slices", ordered(found))
    resolvable = "nope" not in str(spec)

    def written(body: dict) -> bool:
        return body["items"] and (not resolvable or body["items"][0].get("subsets"))

    legacy = api.wait(api.path("endpoints"), "endpoints", written)
    api.record("endpoints", legacy["items"])
    api.kubectl("get endpoints")
    api.kubectl("describe service web --show-events=false")


@contract
def test_follow_the_pods(api: Side) -> None:
    """Ready, terminating, gone; and no slice for a Service without a selector."""
    api.wait(api.path("serviceaccounts"), "the default account", lambda body: body["items"])
    path = api.path("discovery.k8s.io/v1/endpointslices")
    api.quietly(
        "POST",
        api.path("services"),
        {"metadata": {"name": "web"}, "spec": {"selector": {"app": "web"}, "ports": [{"port": 80}]}},
    )
    api.quietly(
        "POST", api.path("services"), {"metadata": {"name": "without"}, "spec": {"ports": [{"port": 80}]}}
    )
    api.record("empty", api.wait(path, "the empty slice", lambda body: body["items"])["items"])
    api.quietly("POST", api.path("pods"), pod("p"))
    run_pod(api, "p", "10.244.1.50")
    ready = api.wait(
        path,
        "the endpoint",
        lambda body: (
            body["items"][0]["endpoints"] and body["items"][0]["endpoints"][0]["conditions"]["ready"]
        ),
    )
    api.record("ready", ready["items"])
    api.quietly("DELETE", api.path("pods", "p"))
    gone = api.wait(
        path, "terminating", lambda body: body["items"][0]["endpoints"][0]["conditions"].get("terminating")
    )
    api.record("terminating", gone["items"])
    api.quietly("DELETE", api.path("pods", "p") + "?gracePeriodSeconds=0")
    api.record(
        "without pods", api.wait(path, "no endpoint", lambda body: not body["items"][0]["endpoints"])["items"]
    )
    api.quietly("DELETE", api.path("services", "web"))
    api.wait(path, "no slice", lambda body: not body["items"])


@contract
def test_mirrored(api: Side) -> None:
    """Hand-written Endpoints of a Service without selector become a slice."""
    api.quietly(
        "POST", api.path("services"), {"metadata": {"name": "db"}, "spec": {"ports": [{"port": 5432}]}}
    )
    subsets = [
        {
            "addresses": [{"ip": "192.0.2.10"}],
            "notReadyAddresses": [{"ip": "192.0.2.11"}],
            "ports": [{"port": 5432}],
        }
    ]
    api.create("create", "endpoints", {"metadata": {"name": "db", "labels": {"l": "m"}}, "subsets": subsets})
    path = api.path("discovery.k8s.io/v1/endpointslices")
    found = api.wait(
        path, "the mirror", lambda body: body["items"] and len(body["items"][0]["endpoints"]) == 2
    )
    api.record("slices", ordered(found))


SLICES = {
    "bare": {"addressType": "IPv4", "endpoints": [{"addresses": ["192.0.2.1"]}]},
    "ports": {"addressType": "IPv4", "endpoints": [], "ports": [{"port": 80}]},
    "no-type": {"endpoints": []},
    "type-junk": {"addressType": "Foo", "endpoints": []},
    "family": {"addressType": "IPv6", "endpoints": [{"addresses": ["192.0.2.1"]}]},
    "address-junk": {"addressType": "IPv4", "endpoints": [{"addresses": ["x"]}]},
    "no-addresses": {"addressType": "IPv4", "endpoints": [{"addresses": []}]},
    "loopback": {"addressType": "IPv4", "endpoints": [{"addresses": ["127.0.0.1"]}]},
    "port-twice": {"addressType": "IPv4", "endpoints": [], "ports": [{"port": 80}, {"port": 81}]},
    "no-endpoints": {"addressType": "IPv4"},
}


@pytest.mark.parametrize("content", [pytest.param(each, id=name) for name, each in SLICES.items()])
@contract
def test_written_by_hand(api: Side, content: dict) -> None:
    """A slice's defaults, or why it is none."""
    api.create("create", "discovery.k8s.io/v1/endpointslices", {"metadata": {"name": "s"}, **content})

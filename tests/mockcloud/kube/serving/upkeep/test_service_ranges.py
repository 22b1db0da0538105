"""ServiceCIDRs and IPAddresses of a running API, by kubectl."""

from __future__ import annotations

import json
import time

import pytest

RANGE = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "ServiceCIDR",
    "metadata": {"name": "more"},
    "spec": {"cidrs": ["10.97.0.0/28"]},
}
REASON = "jsonpath={.status.conditions[0].reason}"
MANAGED = {"ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io"}
PARENT = "jsonpath={.spec.parentRef.resource}/{.spec.parentRef.namespace}/{.spec.parentRef.name}"


@pytest.fixture(scope="module")
def api(kube_api_factory):
    return kube_api_factory()


def service(api, name: str, address: str):
    """What kubectl says when a Service asks for the address."""
    return api.kubectl(
        "create", "service", "clusterip", name, "--tcp=80", f"--clusterip={address}", check=False
    )


def until(api, wanted: str, *words: str) -> None:
    """Until kubectl prints that."""
    end = time.monotonic() + 60
    while (said := api.kubectl(*words, check=False).stdout) != wanted:
        assert time.monotonic() < end, said
        time.sleep(0.05)


@pytest.mark.kubectl
def test_a_second_range(api):
    """It is asked for addresses once it is ready, and stays while a Service has one of them."""
    api.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "servicecidr/kubernetes")
    refused = api.kubectl(
        "create", "service", "clusterip", "early", "--tcp=80", "--clusterip=10.97.0.5", check=False
    )
    assert "the provided network does not match the current range" in refused.stderr
    api.kubectl("apply", "-f", "-", stdin=json.dumps(RANGE))
    api.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "servicecidr/more")
    words = ("create", "service", "clusterip", "far", "--tcp=80", "--clusterip=10.97.0.5")
    end = time.monotonic() + 60
    while api.kubectl(
        *words, check=False
    ).returncode:  # it is offered a moment after it says that it is ready
        assert time.monotonic() < end
    assert api.kubectl("get", "ipaddress", "10.97.0.5", "-o", PARENT).stdout == "services/default/far"
    api.kubectl("delete", "servicecidr", "more", "--wait=false")
    until(api, "Terminating", "get", "servicecidr", "more", "-o", REASON)
    assert service(api, "late", "10.97.0.6").returncode
    api.kubectl("delete", "service", "far")
    api.kubectl("wait", "--for=delete", "--timeout=60s", "servicecidr/more", "ipaddress/10.97.0.5")


@pytest.mark.kubectl
def test_addresses_are_kept_in_step(api):
    """A deleted one is made again, one of nothing goes; somebody's own keeps Services off its address."""
    assert api.kubectl("get", "ipaddress", "10.96.0.1", "-o", PARENT).stdout == "services/default/kubernetes"
    api.kubectl("delete", "ipaddress", "10.96.0.1")
    until(api, "services/default/kubernetes", "get", "ipaddress", "10.96.0.1", "-o", PARENT)
    own = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "IPAddress",
        "metadata": {"name": "10.96.0.9"},
        "spec": {"parentRef": {"resource": "things", "name": "mine"}},
    }
    api.kubectl("apply", "-f", "-", stdin=json.dumps(own))
    assert "provided IP is already allocated" in service(api, "mine", "10.96.0.9").stderr
    stray = {
        **own,
        "metadata": {
            "name": "10.96.0.8",
            "labels": MANAGED,
        },
    }
    api.kubectl("apply", "-f", "-", stdin=json.dumps(stray))
    api.kubectl("wait", "--for=delete", "--timeout=60s", "ipaddress/10.96.0.8")
    api.kubectl("delete", "ipaddress", "10.96.0.9")
    assert service(api, "mine", "10.96.0.9").returncode == 0
    api.kubectl("delete", "service", "mine")
    api.kubectl("wait", "--for=delete", "--timeout=60s", "ipaddress/10.96.0.9")

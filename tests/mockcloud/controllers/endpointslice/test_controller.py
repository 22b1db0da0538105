"""EndpointSlices and Endpoints on the real embedded API."""

import pytest

from mockcloud.client.resources import DEPLOYMENTS, ENDPOINT_SLICES, ENDPOINTS, NODES, PODS, SERVICES
from testkit import objects


def service(namespace, name="web", ports=({"port": 80, "targetPort": "http"},), **spec):
    spec = {"selector": {"app": "web"}, "ports": list(ports), **spec}
    return objects.service(name, namespace=namespace, metadata={"labels": {"team": "a"}}, **spec)


def addresses(lab, **conditions):
    """The addresses in all slices whose conditions are such."""
    return {
        endpoint["addresses"][0]
        for each in lab.of(ENDPOINT_SLICES)
        for endpoint in each.get("endpoints") or ()
        if conditions.items() <= endpoint["conditions"].items()
    }


def subsets(lab, part="addresses", name="web"):
    found = lab.one(ENDPOINTS, name)
    return {each["ip"] for subset in (found or {}).get("subsets") or () for each in subset.get(part) or ()}


def pod_addresses(lab):
    return {pod["status"].get("podIP") for pod in lab.pods()} - {None}


@pytest.fixture
async def web(lab, make_deployment):
    """A Deployment of three ready pods and a Service in front of it; all of it is seen."""
    await lab.client.create(DEPLOYMENTS, make_deployment())
    await lab.client.create(SERVICES, service(lab.namespace))
    await lab.until(
        lambda: len(addresses(lab, ready=True)) == 3 and addresses(lab, ready=True) == pod_addresses(lab)
    )
    await lab.becomes(lambda: subsets(lab), pod_addresses(lab))
    return lab


async def test_ready_pods_are_endpoints_with_all_that_is_known(web):
    """Labels and owner as upstream; the named target port is the pod's own number; node, zone, pod."""
    await web.client.patch(NODES, "node-1", {"metadata": {"labels": {"topology.kubernetes.io/zone": "z1"}}})
    await web.until(lambda: "zone" in str(web.of(ENDPOINT_SLICES)))
    (found,) = web.of(ENDPOINT_SLICES)
    meta = found["metadata"]
    assert meta["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert [(owner["kind"], owner["name"], owner["controller"]) for owner in meta["ownerReferences"]] == [
        ("Service", "web", True)
    ]
    assert found["ports"] == [{"name": "", "port": 8080, "protocol": "TCP"}]
    endpoint = next(each for each in found["endpoints"] if each["nodeName"] == "node-1")
    pod = next(each for each in web.pods() if each["spec"]["nodeName"] == "node-1")
    target = {"kind": "Pod", "namespace": web.namespace, "name": pod["metadata"]["name"]}
    assert endpoint == {
        "addresses": [pod["status"]["podIP"]],
        "conditions": {"ready": True, "serving": True, "terminating": False},
        "nodeName": "node-1",
        "zone": "z1",
        "targetRef": {**target, "uid": pod["metadata"]["uid"]},
    }


async def test_a_pod_that_is_not_ready_is_there_but_not_ready(web):
    """A failed probe moves it to notReadyAddresses, and back."""
    pod = web.pods()[0]
    address = pod["status"]["podIP"]
    await web.set_ready(pod, False)
    await web.until(lambda: addresses(web, ready=False, serving=False) == {address})
    await web.until(lambda: subsets(web, "notReadyAddresses") == {address})
    await web.set_ready(pod, True)
    await web.until(lambda: len(addresses(web, ready=True)) == 3)
    await web.until(lambda: len(subsets(web)) == 3)


async def test_a_terminating_pod_serves_but_is_not_ready(web):
    """Until its agent ends it; in Endpoints it is gone at once."""
    web.alive.clear()
    pod = web.pods()[0]
    await web.client.delete(PODS, pod["metadata"]["name"], namespace=web.namespace)
    address = pod["status"]["podIP"]
    await web.until(lambda: addresses(web, ready=False, serving=True, terminating=True) == {address})
    await web.until(lambda: address not in subsets(web))


async def test_a_service_that_goes_takes_its_endpoints_along(web):
    """Endpoints by the controller, slices by garbage collection."""
    await web.client.delete(SERVICES, "web", namespace=web.namespace)
    await web.until(lambda: not web.of(ENDPOINT_SLICES) and not web.of(ENDPOINTS))


async def test_an_edited_slice_is_put_right(web):
    """Somebody empties the slice by hand: it is filled again."""
    (found,) = web.of(ENDPOINT_SLICES)
    await web.patch(ENDPOINT_SLICES, found["metadata"]["name"], {"endpoints": []})
    await web.until(lambda: addresses(web, ready=True) == pod_addresses(web))


async def test_headless_and_early_services(lab, make_deployment):
    """Label service.kubernetes.io/headless; publishNotReadyAddresses makes pods ready before they are."""
    lab.ready = False
    spec = {"clusterIP": "None", "publishNotReadyAddresses": True}
    await lab.client.create(SERVICES, service(lab.namespace, **spec))
    await lab.client.create(DEPLOYMENTS, make_deployment(replicas=2))
    await lab.until(lambda: len(addresses(lab, ready=True, serving=False)) == 2)
    await lab.until(lambda: len(subsets(lab)) == 2)
    for kind in (ENDPOINT_SLICES, ENDPOINTS):
        assert lab.of(kind)[0]["metadata"]["labels"]["service.kubernetes.io/headless"] == ""


async def test_endpoints_that_a_user_writes_stay_and_are_mirrored_to_slices(lab):
    """A Service without a selector: whoever reads only slices finds the user's addresses, and their end."""
    await lab.client.create(SERVICES, service(lab.namespace, selector=None))
    written = {
        "apiVersion": "v1",
        "kind": "Endpoints",
        "metadata": {"namespace": lab.namespace, "name": "web"},
        "subsets": [{"addresses": [{"ip": "192.0.2.1"}, {"ip": "2001:db8::1"}], "ports": [{"port": 80}]}],
    }
    await lab.client.create(ENDPOINTS, written)
    await lab.until(lambda: addresses(lab, ready=True) == {"192.0.2.1", "2001:db8::1"})
    assert {each["addressType"] for each in lab.of(ENDPOINT_SLICES)} == {"IPv4", "IPv6"}
    await lab.becomes(lambda: subsets(lab), {"192.0.2.1", "2001:db8::1"})
    await lab.patch(
        ENDPOINTS, "web", {"subsets": [{**written["subsets"][0], "addresses": [{"ip": "192.0.2.9"}]}]}
    )
    await lab.until(lambda: addresses(lab, ready=True) == {"192.0.2.9"})
    await lab.client.delete(ENDPOINTS, "web", namespace=lab.namespace)
    await lab.until(lambda: not lab.of(ENDPOINT_SLICES))

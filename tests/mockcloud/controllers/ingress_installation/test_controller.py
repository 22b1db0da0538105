"""The Ingress controller's pod, on the real embedded API."""

from mockcloud.client.resources import DEPLOYMENTS, INGRESS_CLASSES, INGRESSES, NAMESPACES, SERVICES
from mockcloud.cluster_defaults import INGRESS_NAME, INGRESS_NAMESPACE

BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
PLACE = (INGRESS_NAMESPACE, INGRESS_NAME)


async def test_it_comes_with_the_first_ingress(lab):
    """A lab has the class from the beginning, which an Ingress gets that names none, and nothing else."""
    await lab.until(lambda: ("", "mockcloud") in lab.informers[INGRESS_CLASSES].items)
    assert ("", INGRESS_NAMESPACE) not in lab.informers[NAMESPACES].items
    metadata = {"name": "web", "namespace": lab.namespace}
    made = await lab.client.create(INGRESSES, {"metadata": metadata, "spec": {"defaultBackend": BACKEND}})
    try:
        assert made["spec"]["ingressClassName"] == "mockcloud"
        await lab.until(lambda: PLACE in lab.informers[DEPLOYMENTS].items)
        assert lab.informers[SERVICES].items[PLACE]["spec"]["externalTrafficPolicy"] == "Local"
    finally:
        await lab.client.delete(INGRESSES, "web", namespace=lab.namespace)
        await lab.client.delete(NAMESPACES, INGRESS_NAMESPACE)
        await lab.until(lambda: ("", INGRESS_NAMESPACE) not in lab.informers[NAMESPACES].items)

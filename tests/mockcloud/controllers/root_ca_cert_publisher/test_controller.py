"""The ConfigMap that every namespace has, on the real embedded API."""

from mockcloud.client.resources import CONFIG_MAPS

NAME = "kube-root-ca.crt"


async def test_a_namespace_gets_the_authorities_and_gets_them_back(lab):
    """They are there without asking, and again after somebody deleted or bent them."""
    await lab.until(lambda: lab.one(CONFIG_MAPS, NAME))
    authorities = lab.one(CONFIG_MAPS, NAME)["data"]["ca.crt"]
    assert authorities.startswith("-----BEGIN CERTIFICATE-----")
    await lab.patch(CONFIG_MAPS, NAME, {"data": {"ca.crt": "x"}})
    await lab.becomes(lambda: lab.one(CONFIG_MAPS, NAME)["data"], {"ca.crt": authorities})
    first = lab.one(CONFIG_MAPS, NAME)["metadata"]["uid"]
    await lab.client.delete(CONFIG_MAPS, NAME, namespace=lab.namespace)
    await lab.until(
        lambda: (lab.one(CONFIG_MAPS, NAME) or {"metadata": {"uid": first}})["metadata"]["uid"] != first
    )

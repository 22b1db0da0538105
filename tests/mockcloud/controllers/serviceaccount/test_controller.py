"""The account that every namespace has, on the real embedded API."""

from mockcloud.client.resources import SERVICE_ACCOUNTS


async def accounts(lab):
    found = await lab.client.list(SERVICE_ACCOUNTS, namespace=lab.namespace)
    return [each["metadata"]["name"] for each in found["items"]]


async def test_a_namespace_gets_its_account_and_gets_it_back(lab):
    """`default` is there without asking, and again after somebody deleted it."""
    await lab.until(lambda: lab.one(SERVICE_ACCOUNTS, "default"))
    first = lab.one(SERVICE_ACCOUNTS, "default")["metadata"]["uid"]
    await lab.client.delete(SERVICE_ACCOUNTS, "default", namespace=lab.namespace)
    await lab.until(
        lambda: (
            (lab.one(SERVICE_ACCOUNTS, "default") or {"metadata": {"uid": first}})["metadata"]["uid"] != first
        )
    )
    assert await accounts(lab) == ["default"]

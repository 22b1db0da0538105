"""Quotas on the real embedded API: what admission charges, the controller gives back."""

import pytest

from mockcloud.client.errors import ApiError
from mockcloud.client.resources import PODS, RESOURCE_QUOTAS
from testkit import objects


async def test_what_is_gone_is_free_again(lab):
    """And what was there before the quota counts from the start."""
    await lab.client.create(PODS, objects.pod("a", namespace=lab.namespace))
    body = objects.made(
        "ResourceQuota", "q", metadata={"namespace": lab.namespace}, spec={"hard": {"pods": "2"}}
    )
    await lab.client.create(RESOURCE_QUOTAS, body)
    await lab.until(lambda: used(lab) == "1")
    await lab.client.create(PODS, objects.pod("b", namespace=lab.namespace))
    with pytest.raises(ApiError, match="exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"):
        await lab.client.create(PODS, objects.pod("c", namespace=lab.namespace))
    await lab.client.delete(PODS, "a", namespace=lab.namespace, grace_seconds=0)
    await lab.until(lambda: used(lab) == "1")
    await lab.client.create(PODS, objects.pod("c", namespace=lab.namespace))
    await lab.until(lambda: used(lab) == "2")


def used(lab):
    found = lab.one(RESOURCE_QUOTAS, "q")
    return found and found.get("status", {}).get("used", {}).get("pods")

"""A role that gathers others, on the real embedded API."""

from mockcloud.client.resources import CLUSTER_ROLES


async def test_a_role_that_is_labelled_is_gathered(lab):
    """`view` shows what an add-on's role lets see, as long as that is there."""
    rule = {"verbs": ["get"], "apiGroups": ["example.com"], "resources": ["things"]}
    labels = {"rbac.authorization.k8s.io/aggregate-to-view": "true"}
    await lab.client.create(
        CLUSTER_ROLES, {"metadata": {"name": "things-view", "labels": labels}, "rules": [rule]}
    )
    for name in ("view", "edit", "admin"):
        await lab.becomes(lambda name=name: rule in lab.one(CLUSTER_ROLES, name)["rules"], True)
    await lab.client.delete(CLUSTER_ROLES, "things-view")
    for name in ("view", "edit", "admin"):
        await lab.until(lambda name=name: rule not in lab.one(CLUSTER_ROLES, name)["rules"])

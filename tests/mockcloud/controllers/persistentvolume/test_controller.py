"""Volumes that are made for claims, on the real embedded API (binding by hand: conformance)."""

from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, PODS
from testkit import objects

STORED = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


async def test_a_claim_has_a_volume_for_as_long_as_it_lives(api, lab):
    """Of the default class; its pod starts then, and when both are gone the volume goes with its files."""
    metadata = {"namespace": lab.namespace, "name": "data"}
    mounted = [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]
    await lab.client.create(PODS, objects.pod("p", namespace=lab.namespace, volumes=mounted))
    made = await lab.client.create(PERSISTENT_VOLUME_CLAIMS, {**STORED, "metadata": metadata})
    assert made["spec"]["storageClassName"] == "standard"
    name = f"pvc-{made['metadata']['uid']}"
    await lab.becomes(lambda: lab.one(PERSISTENT_VOLUMES, name)["status"]["phase"], "Bound")
    await lab.becomes(lambda: lab.one(PERSISTENT_VOLUME_CLAIMS, "data")["status"]["phase"], "Bound")
    await lab.becomes(lambda: lab.one(PODS, "p")["status"]["phase"], "Running")
    folder = api.kubeconfig.parent / "claims" / name
    (folder / "deep").mkdir(parents=True)
    (folder / "deep" / "file").write_text("kept")
    await lab.client.delete(PERSISTENT_VOLUME_CLAIMS, "data", namespace=lab.namespace)
    await lab.becomes(
        lambda: "deletionTimestamp" in lab.one(PERSISTENT_VOLUME_CLAIMS, "data")["metadata"], True
    )
    assert folder.exists()
    await lab.client.delete(PODS, "p", namespace=lab.namespace, grace_seconds=0)
    await lab.becomes(lambda: lab.one(PERSISTENT_VOLUMES, name), None)
    assert lab.one(PERSISTENT_VOLUME_CLAIMS, "data") is None
    assert not folder.exists()

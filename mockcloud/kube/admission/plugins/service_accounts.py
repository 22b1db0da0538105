"""ServiceAccount: whose identity a pod has, and the volume in which it finds its token."""

from collections.abc import Awaitable, Callable
from random import Random
from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Mutating
from mockcloud.kube.auth.service_accounts.issuing import POD_SECONDS
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.names import generated

DEFAULT: Final = "default"
VOLUME_STEM: Final = "kube-api-access-"
MOUNT_PATH: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
ROOT_CA: Final = "kube-root-ca.crt"
LOOK_SECONDS: Final = 0.02
LOOKS: Final = 50
"""The account `default` comes a moment after its namespace: its controller makes it."""

Pause = Callable[[float], Awaitable[None]]
"""Wait for so many seconds."""


def service_account(store: Store, rng: Random, pause: Pause) -> Mutating:
    """The member: a new pod gets the account `default` where it names none, and its account must be there."""

    async def admit(write: Attributes) -> JsonObject:
        if write.kind is not POD or not write.writes_all or write.operation is not Operation.CREATE:
            return write.object
        spec = object_at(write.object, "spec")
        name = spec.get("serviceAccountName") or DEFAULT
        account = await _account(store, write.namespace, name, pause)
        if account is None:
            where = f"error looking up service account {write.namespace}/{name}"
            raise refusals.forbidden(POD, write.name, f'{where}: serviceaccount "{name}" not found')
        spec = {**spec, "serviceAccountName": name, "serviceAccount": name}
        if not spec.get("imagePullSecrets") and account.get("imagePullSecrets"):
            spec["imagePullSecrets"] = account["imagePullSecrets"]
        if _mounts_token(spec, account):
            spec = with_token(spec, generated(VOLUME_STEM, rng.choice))
        return {**write.object, "spec": spec}

    return admit


def with_token(spec: JsonObject, name: str) -> JsonObject:
    """The pod's spec with the token's volume in each container that mounts nothing else there."""
    volumes = objects_at(spec, "volumes")
    names = (each.get("name") or "" for each in volumes)
    present = next((each for each in names if each.startswith(VOLUME_STEM)), None)
    mount = {"name": present or name, "readOnly": True, "mountPath": MOUNT_PATH}
    changed: JsonObject = {}
    for key in ("initContainers", "containers"):
        containers = objects_at(spec, key)
        mounted = [_with_mount(container, mount) for container in containers]
        if any(new is not old for new, old in zip(mounted, containers, strict=True)):
            changed[key] = mounted
    if changed and present is None:
        changed["volumes"] = [*volumes, token_volume(name)]
    return {**spec, **changed}


def token_volume(name: str) -> JsonObject:
    """The volume: the token, the authority of the API's certificate, and the pod's namespace."""
    field = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}
    sources: list[JsonObject] = [
        {"serviceAccountToken": {"expirationSeconds": POD_SECONDS, "path": "token"}},
        {"configMap": {"name": ROOT_CA, "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": field}]}},
    ]
    return {"name": name, "projected": {"sources": sources, "defaultMode": 0o644}}


async def _account(store: Store, namespace: str, name: str, pause: Pause) -> JsonObject | None:
    for _ in range(LOOKS):
        found = store.get(SERVICE_ACCOUNT.storage, (namespace, name))
        if found is not None:
            return found.object
        if name != DEFAULT:
            return None
        await pause(LOOK_SECONDS)
    return None


def _mounts_token(spec: JsonObject, account: JsonObject) -> bool:
    """The pod's word counts, then the account's."""
    for holder in (spec, account):
        stated = holder.get("automountServiceAccountToken")
        if stated is not None:
            return bool(stated)
    return True


def _with_mount(container: JsonObject, mount: JsonObject) -> JsonObject:
    mounts = objects_at(container, "volumeMounts")
    if any(each.get("mountPath") == MOUNT_PATH for each in mounts):
        return container
    return {**container, "volumeMounts": [*mounts, mount]}

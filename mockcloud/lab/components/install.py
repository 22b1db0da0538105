"""Installs baremetal-lb as Helm would: the manifest's objects, a key and a pool, once; waits for its pods."""

from __future__ import annotations

import argparse
import asyncio
import logging
import secrets
from base64 import b64encode
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

import yaml

from mockcloud import logs
from mockcloud.arguments import add_kubeconfig, kubeconfig
from mockcloud.client.informer import Informer
from mockcloud.client.resources import DAEMON_SETS, DEPLOYMENTS, EVENTS, PODS, Resource
from mockcloud.client.rest import ApiError, Client
from mockcloud.cluster_defaults import BAREMETAL_LB_NAMESPACE as NAMESPACE
from mockcloud.lab.components.rollout import is_ready, waits_for

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

LOG: Final = logging.getLogger("mockcloud.install")
Object = dict[str, Any]
CONFIG_MAP: Final = "config"
SECRET: Final = "baremetal-lb-membership"
MANIFEST: Final = "baremetal-lb.yaml"
RELEASE: Final = "baremetal-lb"
_FOLDER: Final = "mockcloud.lab.components"
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_CLUSTER_WIDE: Final = frozenset({"Namespace", "ClusterRole", "ClusterRoleBinding"})
_WORKLOADS: Final = {"DaemonSet": DAEMON_SETS, "Deployment": DEPLOYMENTS}
_KEY_BYTES: Final = 32
_QUIET: Final = 2.0  # after that long without a change it is said what is waited for


def main(argv: list[str]) -> int:
    """Create what is missing, leave what is there (somebody may have edited it); end when all pods are ready.

    Until then the log's last line says what is waited for.
    """
    parser = argparse.ArgumentParser(prog="install")
    add_kubeconfig(parser)
    parser.add_argument("--speaker-option", action="append", default=[], help="one more word for speakers")
    parser.add_argument("--controller-option", action="append", default=[], help="and for controllers")
    parser.add_argument("addresses", nargs="+")
    options = parser.parse_args(argv)
    logs.configure()
    namespace, *others = objects(options.speaker_option, options.controller_option)
    wanted = [namespace, key(), pool(options.addresses), *others]  # before those that would wait for them
    asyncio.run(_install(kubeconfig(options), wanted))
    return 0


def objects(speaker_options: Sequence[str], controller_options: Sequence[str] = ()) -> Iterator[Object]:
    """Those of the manifest, as a lab has them: its daemons are told more, and Helm may take them over."""
    more = {"DaemonSet": speaker_options, "Deployment": controller_options}
    text = resources.files(_FOLDER).joinpath(MANIFEST).read_text()
    for each in yaml.load_all(text, _LOADER):
        for container in each["spec"]["template"]["spec"]["containers"] if each["kind"] in more else ():
            container["args"] = [*container["args"], *more[each["kind"]]]
        yield _with_owner(each)


def _with_owner(obj: Object) -> Object:
    """With what `helm upgrade --install` asks of objects that are there before its first release."""
    metadata = obj["metadata"]
    labels = {**metadata.get("labels", {}), "app.kubernetes.io/managed-by": "Helm"}
    release = {"meta.helm.sh/release-name": RELEASE, "meta.helm.sh/release-namespace": NAMESPACE}
    annotations = {**metadata.get("annotations", {}), **release}
    return {**obj, "metadata": {**metadata, "labels": labels, "annotations": annotations}}


def pool(addresses: Sequence[str]) -> Object:
    """The ConfigMap with the lab's one pool."""
    entries = "".join(f"  - {entry}\n" for entry in addresses)
    text = f"address-pools:\n- name: lab\n  protocol: layer2\n  addresses:\n{entries}"
    return _with_owner(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": CONFIG_MAP, "namespace": NAMESPACE},
            "data": {"config": text},
        }
    )


def key() -> Object:
    """The Secret with a new key for heartbeats, as the chart makes one: random bytes as base64 text."""
    text = b64encode(secrets.token_bytes(_KEY_BYTES))
    return _with_owner(
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": SECRET, "namespace": NAMESPACE},
            "type": "Opaque",
            "data": {"secretkey": b64encode(text).decode()},
        }
    )


def resource_of(obj: Mapping[str, Any]) -> Resource:
    """Where an object of the manifest lives."""
    kind = str(obj["kind"])
    return Resource(obj["apiVersion"], f"{kind.lower()}s", kind not in _CLUSTER_WIDE)


async def _install(path: str, wanted: Sequence[Object]) -> None:
    async with Client.from_kubeconfig(path) as client:
        for body in wanted:
            try:
                await client.create(resource_of(body), body)
            except ApiError as exc:
                if exc.status != 409:
                    raise
        names = {each["metadata"]["name"] for each in wanted if each["kind"] in _WORKLOADS}
        await _Rollout(client, names).finish()


class _Rollout:
    """The workloads of these names, and their pods, until all are ready."""

    def __init__(self, client: Client, names: set[str]) -> None:
        self._client, self._names = client, names
        self._workloads = [Informer(client, each, namespace=NAMESPACE) for each in _WORKLOADS.values()]
        self._pods = Informer(client, PODS, namespace=NAMESPACE)
        self._changed = asyncio.Event()

    async def finish(self) -> None:
        async with asyncio.TaskGroup() as group:
            watching = [
                group.create_task(each.run(lambda *_: self._changed.set()), name="watch what is installed")
                for each in (*self._workloads, self._pods)
            ]
            await self._until_ready()
            for each in watching:
                each.cancel()

    async def _until_ready(self) -> None:
        said = ""
        while not self._all_ready():
            self._changed.clear()
            try:
                async with asyncio.timeout(_QUIET):
                    await self._changed.wait()
            except TimeoutError:
                if (now := await self._waits_for()) != said:
                    LOG.info("%s", now)
                    said = now

    def _found(self) -> list[Object]:
        found = (obj for each in self._workloads for obj in each.items.values())
        return [obj for obj in found if obj["metadata"]["name"] in self._names]

    def _all_ready(self) -> bool:
        found = self._found()
        return len(found) == len(self._names) and all(map(is_ready, found))

    async def _waits_for(self) -> str:
        found = await self._client.list(EVENTS, namespace=NAMESPACE, field_selector="type=Warning")
        newest_last = sorted(found["items"], key=lambda each: each.get("lastTimestamp") or "")
        return waits_for(self._found(), self._pods.items.values(), newest_last)

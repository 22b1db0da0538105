"""One pod's: its volumes, files and variables, and each container's mounts."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import Any, Final

from tenacity import AsyncRetrying, retry_if_exception, wait_random_exponential

from mockcloud.client.clock import utc_now
from mockcloud.client.errors import ApiError
from mockcloud.client.informer import may_pass
from mockcloud.client.resources import PERSISTENT_VOLUME_CLAIMS, PERSISTENT_VOLUMES, Resource
from mockcloud.client.rest import Client
from mockcloud.images.catalogue import Entry
from mockcloud.images.installed import Places
from mockcloud.node.confinement.render import confinement
from mockcloud.node.confinement.seccomp import SeccompMissing
from mockcloud.node.container_config.host_paths import HostPaths
from mockcloud.node.container_config.image_files import image_files
from mockcloud.node.container_config.launch import (
    APPLETS,
    TOOLS_FOLDER,
    BadContainer,
    Image,
    Prepared,
    base_variables,
    prepare,
)
from mockcloud.node.container_config.objects import ClusterObjects
from mockcloud.node.container_config.pod_files import BadMount, PodFiles, absolute
from mockcloud.node.container_config.programs import why_closed
from mockcloud.node.container_config.tokens import PodTokens
from mockcloud.node.pods.downward.fields import Place, PodFields
from mockcloud.node.pods.environment.services import service_variables, visible
from mockcloud.node.pods.environment.variables import Known, NoVariable, variables
from mockcloud.node.pods.files.hosts import HostName, host_network_file, hosts_file, label
from mockcloud.node.pods.files.resolv_conf import ClusterDns, name_switch, parse, pod_resolv_conf, render
from mockcloud.node.pods.files.sources import Claim, Files, Keys, Kind
from mockcloud.node.pods.files.volumes import volume_folder, volume_name
from mockcloud.node.pods.rendering import Find, NoVolume, Origins
from mockcloud.node.pods.security import Security, as_user_of_image
from mockcloud.node.pods.spec import ContainerSpec, KeyRef, PodSpec
from mockcloud.node.sandbox.maker import START
from mockcloud.node.sandbox.memory import MemoryVolumes
from mockcloud.node.sandbox.namespaces import in_own_thread
from mockcloud.node.sandbox.tree import hidden, is_inside
from mockcloud.node.sandbox.view import Bind, View, make_view
from mockcloud.pod_ids import PodIds

Object = dict[str, Any]
HOST_RESOLV_CONF: Final = Path("/etc/resolv.conf")
HOST_HOSTS: Final = Path("/etc/hosts")
HOST_NSSWITCH: Final = Path("/etc/nsswitch.conf")
SHELL: Final = "/bin/sh"


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """What all pods of a node share."""

    node_name: str
    node_ips: tuple[str, ...]
    capacity: Mapping[str, str]
    cluster_dns: ClusterDns
    claims: Path  # the folder of claimed volumes
    tools: Path  # small programs that pods find
    places: Places  # where real servers are
    extra_folders: frozenset[str]  # what those, and the commands installed beside us, need
    ids: PodIds
    host: HostPaths  # what pods may mount of the node
    memory: MemoryVolumes  # of all its pods
    warm: Mapping[str, Path]  # program of an image -> the socket of an interpreter that has it


class PodStarter:
    """One pod's."""

    def __init__(
        self, client: Client, objects: ClusterObjects, setting: NodeConfig, spec: PodSpec, folder: Path
    ) -> None:
        self._client = client
        self._objects = objects
        self._setting = setting
        self._spec = spec
        self._files = PodFiles(folder, setting.claims, spec, setting.ids, setting.host, setting.memory)
        self._references = _references(spec)
        self.tokens = PodTokens(client, spec, lambda: utc_now().timestamp())

    def refers_to(self, kind: Kind, name: str) -> bool:
        """Whether the pod is made from that object."""
        return (kind, name) in self._references

    @property
    def hostname(self) -> str:
        """What the pod's kernel says; ValueError, in kubelet's words, where that cannot be."""
        return self._setting.node_name if self._spec.dns.host_network else self._host_name().kernel

    async def watch(self) -> None:
        """Return when all is known that the pod is made from."""
        await self._objects.ready(files=bool(self._references))

    async def make_volumes(self, obj: Object) -> None:
        """Before the sandbox is; NoVolume where one cannot be had yet."""
        await self.watch()
        await self._find_claims()
        await self.tokens.renew()
        self._files.make(self._origins(obj, ()))

    def refresh(self, obj: Object, ips: tuple[str, ...]) -> None:
        """An object that the pod is made from has changed, or the pod's own labels."""
        self._files.refresh(self._origins(obj, ips))

    def write_etc(self, ips: tuple[str, ...]) -> None:
        """When the pod has its addresses."""
        spec, setting = self._spec, self._setting
        host = parse(_read(HOST_RESOLV_CONF))
        conf = pod_resolv_conf(spec.dns, spec.namespace, setting.cluster_dns, host)
        if spec.dns.host_network:
            hosts = host_network_file(_read(HOST_HOSTS), spec.host_aliases)
        else:
            hosts = hosts_file(self._host_name(), ips, spec.host_aliases)
        files = {
            "hosts": hosts,
            "hostname": f"{self.hostname}\n",
            "nsswitch.conf": name_switch(_read(HOST_NSSWITCH)),
            "resolv.conf": render(conf),
        }
        self._files.write_etc(files)

    async def prepare(
        self, obj: Object, container: ContainerSpec, entry: Entry, ips: tuple[str, ...]
    ) -> tuple[Prepared, int]:
        """What to start, and a descriptor of its mount view; BadContainer, ViewError, OSError."""
        await self.watch()
        if (
            not self._files.has_etc()
        ):  # the agent before us made the sandbox, and was gone before it wrote them
            self.write_etc(ips)
        if container.refusal:
            raise BadContainer(container.refusal)
        if not self._setting.ids.single and (closed := why_closed()):
            raise BadContainer(closed)
        image = Image(self._setting.node_name, entry, self._setting.places.find)
        env = self._variables(obj, container, ips, image)
        prepared = prepare(self._spec, container, image, env)
        try:
            security = self._security(container, image)
        except ValueError as error:
            raise BadContainer(str(error)) from error
        prepared = prepared.confined(await self._confinement(security))
        try:
            await self._find_claims()
            self._files.clear_last_words(container)
            binds = self._files.binds(container, env)
        except (BadMount, NoVolume) as error:
            raise BadContainer(str(error)) from error
        folder = absolute(container.working_dir or image.working_dir)
        own = (
            () if image.root else (*self._shared_binds(), *_image_binds(prepared, image, self._setting.tools))
        )
        view = View(
            (*binds, *own),
            image_files(image.server, security.uid) if image.server else (),
            () if folder == "/" else (folder,),
            root=self._setting.ids.first,
            base=image.root,
            read_only=container.security.read_only_root,
        )
        staging = self._files.folder / "root"
        staging.mkdir(exist_ok=True)
        return prepared, await in_own_thread(lambda: self._make_view(view, staging))

    def _make_view(self, view: View, staging: Path) -> int:
        self._setting.memory.enter()
        return make_view(view, staging)

    def last_words(self, container: ContainerSpec) -> str:
        """What the container's last run left as its message."""
        return self._files.last_words(container)

    def _security(self, container: ContainerSpec, image: Image) -> Security:
        """The image's own user, where it has one.

        Where there is one id only, a server that would change its user has it from the start.
        """
        if image.root:
            return as_user_of_image(container.security, *image.entry.ids)
        if self._setting.ids.single and image.server and image.server.user and not container.security.uid:
            return replace(container.security, uid=image.server.user.uid)
        return container.security

    async def _confinement(self, security: Security) -> dict[str, Any]:
        try:
            return await asyncio.to_thread(confinement, security, self._setting.ids)
        except (ValueError, SeccompMissing) as error:
            raise BadContainer(str(error)) from error

    def _variables(
        self, obj: Object, container: ContainerSpec, ips: tuple[str, ...], image: Image
    ) -> dict[str, str]:
        spec = self._spec
        services = visible(self._objects.services.values(), spec.namespace, links=spec.service_links)
        known = Known(self._find, self._fields(obj, ips), service_variables(services))
        try:
            return {**base_variables(self.hostname, image), **variables(container, known)}
        except (NoVariable, ValueError) as error:  # ValueError: what is no quantity, or no base64
            raise BadContainer(str(error)) from error

    def _shared_binds(self) -> list[Bind]:
        """The tools, and our own programs where they are in a folder that pods do not see."""
        ours = {sys.prefix, sys.base_prefix, str(START.parent), os.path.realpath(sys.executable)}
        ours |= {folder for folder in self._setting.extra_folders if not is_inside(folder, sys.prefix)}
        return [
            Bind(str(self._setting.tools), TOOLS_FOLDER),
            *(Bind(path, path) for path in hidden(ours)),
        ]

    def _host_name(self) -> HostName:
        spec = self._spec
        domain = f"{spec.subdomain}.{spec.namespace}.svc.{self._setting.cluster_dns.domain}"
        name = spec.hostname or label(spec.name)
        return HostName(name, domain if spec.subdomain else "", spec.hostname_as_fqdn)

    def _origins(self, obj: Object, ips: tuple[str, ...]) -> Origins:
        return Origins(self._find, self._fields(obj, ips), self.tokens.text)

    def _fields(self, obj: Object, ips: tuple[str, ...]) -> PodFields:
        setting = self._setting
        place = Place(setting.node_name, setting.node_ips, ips, setting.capacity)
        return PodFields(self._spec, obj["metadata"], self._spec.account, place)

    @property
    def _find(self) -> Find:
        return self._objects.finder(self._spec.namespace)

    async def _find_claims(self) -> None:
        """Which folder each claim stands for; NoVolume where it has no volume, or none of a lab's kinds."""
        for name in (each.content.name for each in self._spec.volumes if isinstance(each.content, Claim)):
            claim = await self._found(PERSISTENT_VOLUME_CLAIMS, name, self._spec.namespace)
            try:
                volume = await self._found(PERSISTENT_VOLUMES, volume_name(claim))
                self._files.claimed[name] = volume_folder(volume, self._setting.node_name)
            except ValueError as error:
                raise NoVolume(str(error)) from error

    async def _found(self, resource: Resource, name: str, namespace: str | None = None) -> Object:
        found: Object = {}
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception(may_pass), wait=wait_random_exponential(multiplier=0.1, max=5)
            ):
                with attempt:
                    found = await self._client.get(resource, name, namespace)
        except ApiError as error:
            raise NoVolume(error.message) from error
        return found


def _image_binds(prepared: Prepared, image: Image, tools: Path) -> Iterator[Bind]:
    """The image's own programs: busybox as its shell, and a binary where pods see nothing else."""
    if shell := image.shell(prepared.start.env):
        yield Bind(os.path.realpath(shell), SHELL)
    program = PurePath(prepared.start.argv[0])
    its_own = program.is_absolute() and os.path.lexists(tools / APPLETS / program.name)
    if image.busybox and its_own and not os.path.exists(program):  # the image has it at that place
        yield Bind(os.path.realpath(image.busybox), str(program))
    server = image.server
    if server is not None and server.paths:
        if found := image.find(server):
            yield from (Bind(os.path.realpath(found), path) for path in server.paths)
    elif server is not None and (path := prepared.start.argv[0]) in server.binaries:
        yield from (Bind(os.path.realpath(one), one) for one in hidden([path]))


def _references(spec: PodSpec) -> frozenset[tuple[Kind, str]]:
    """The ConfigMaps and Secrets that the pod is made from."""
    found: set[tuple[Kind, str]] = set()
    for volume in spec.volumes:
        if isinstance(volume.content, Files):
            found.update((one.kind, one.name) for one in volume.content.sources if isinstance(one, Keys))
    for container in (*spec.init_containers, *spec.containers):
        found.update((one.kind, one.name) for one in container.env_from)
        found.update(
            (one.source.kind, one.source.name) for one in container.env if isinstance(one.source, KeyRef)
        )
    return frozenset(found)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""

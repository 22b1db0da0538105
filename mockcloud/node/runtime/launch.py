"""A container's spec -> the program that its pod's holder is to start: argv, environment, descriptors."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from mockcloud.node.images import CatalogueError, Entry, Program, find, parse, run, unknown_image
from mockcloud.node.pods.spec import ContainerSpec, PodSpec
from mockcloud.node.sandbox.holder import Start
from mockcloud.node.sandbox.maker import PROGRAMS, PYTHON

BUILT_IN: Final = PROGRAMS.parent / "catalogue.yaml"
# Pods see the host's own programs; an ordinary user's PATH often lacks the system folders.
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
READY_FD: Final = 3  # after standard input, output and error


class UnknownImage(Exception):
    """No catalogue entry knows the image."""


class BadContainer(Exception):
    """The container's own spec cannot be carried out (kubelet's CreateContainerConfigError)."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pod runs, for its environment."""

    node_name: str
    host_ips: tuple[str, ...]
    pod_ips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A program to start; `says_ready` where it tells on READY_FD when it serves."""

    start: Start
    says_ready: bool


class Catalogue:
    """The user's entries, then the built-in ones; read anew for an unknown image, it may be new."""

    def __init__(self, extra: Path | None) -> None:
        """CatalogueError where a file cannot be used."""
        self._extra = extra
        self._entries = self._read()

    def find(self, image: str) -> Entry:
        """The image's entry; UnknownImage, with advice, where there is none."""
        entry = find(image, self._entries)
        if entry is None:
            try:
                self._entries = self._read()
            except CatalogueError as error:
                raise UnknownImage(str(error)) from error
            entry = find(image, self._entries)
        if entry is None:
            where = (
                f"{self._extra} or {BUILT_IN}"
                if self._extra
                else f"{BUILT_IN}, or a file given by --catalogue"
            )
            raise UnknownImage(unknown_image(image, where))
        return entry

    def _read(self) -> tuple[Entry, ...]:
        return tuple(entry for path in (self._extra, BUILT_IN) if path for entry in _read(path))


def prepare(pod: PodSpec, container: ContainerSpec, entry: Entry, place: Place) -> Prepared:
    """What to start for the container; BadContainer where its spec is not to be carried out."""
    if container.refusal:
        raise BadContainer(container.refusal)
    program = run(container, entry)
    env = {"PATH": PATH, "HOME": "/", "HOSTNAME": pod.hostname, **_variables(pod, container, place)}
    if program.program is Program.COMMAND:
        if not program.argv:
            msg = f'container {container.name}: image "{container.image}" needs a command, and has none'
            raise BadContainer(msg)
        return Prepared(Start("", program.argv, env, container.working_dir), says_ready=False)
    identity = {
        "POD_NAME": pod.name,
        "POD_NAMESPACE": pod.namespace,
        "NODE_NAME": place.node_name,
        "READY_FD": str(READY_FD),
    }
    ports = [
        *(word for port in program.tcp_ports for word in ("--port", str(port))),
        *(word for port in program.udp_ports for word in ("--udp-port", str(port))),
    ]
    argv = (*PYTHON, str(PROGRAMS / "http.py"), *ports)
    return Prepared(Start("", argv, {**env, **identity}), says_ready=True)


def open_log(folder: Path, container: str) -> int:
    """A descriptor that appends to the container's log."""
    return os.open(folder / f"{container}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _variables(pod: PodSpec, container: ContainerSpec, place: Place) -> dict[str, str]:
    fields = {
        "metadata.name": pod.name,
        "metadata.namespace": pod.namespace,
        "metadata.uid": pod.uid,
        "spec.nodeName": place.node_name,
        "status.hostIP": place.host_ips[0],
        "status.hostIPs": ",".join(place.host_ips),
        "status.podIP": place.pod_ips[0],
        "status.podIPs": ",".join(place.pod_ips),
    }
    return {
        one.name: _field(one.field_path, fields) if one.field_path else one.value for one in container.env
    }


def _field(path: str, fields: Mapping[str, str]) -> str:
    if path not in fields:
        msg = f"valueFrom.fieldRef {path!r}: expected one of {', '.join(fields)}"
        raise BadContainer(msg)
    return fields[path]


def _read(path: Path) -> tuple[Entry, ...]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        msg = f"{path}: {error}"
        raise CatalogueError(msg) from error
    return parse(document, str(path))

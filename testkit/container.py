"""A process in the file system of an image, started as a container runtime does it. As root; no registry."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from mockcloud.linux import (
    CLONE_NEWNS,
    MS_BIND,
    MS_REC,
    MS_SLAVE,
    PR_SET_NO_NEW_PRIVS,
    bound_capabilities,
    make_read_only,
    mount,
    prctl,
    unshare,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

# What daemons of an image need of an API to get ready ...
CLUSTER: Final = """
apiVersion: v1
kind: Namespace
metadata: {name: baremetal-lb-system}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config, namespace: baremetal-lb-system}
data: {config: "address-pools: [{name: lan, protocol: layer2, addresses: [192.0.2.0/28]}]"}
---
apiVersion: v1
kind: Node
metadata: {name: node-1}
"""
# ... and a speaker that uses no interface of this machine and no port that somebody else may have.
SPEAKER_ALONE: Final = (
    "--metrics-port=0",
    "--membership-port=0",
    "--interface-exclude=.",
    "--node-name=node-1",
)


@dataclass(frozen=True, slots=True)
class Confinement:
    """What a pod's security context says: uid, capabilities by number, allowPrivilegeEscalation."""

    uid: int
    capabilities: Collection[int] = ()
    may_gain: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """An image of an OCI archive (image-spec, image layout), unpacked."""

    root: Path
    config: dict[str, Any]  # User, Env, Entrypoint, Labels and so on
    digest: str
    compressed: int  # bytes of all layers

    @classmethod
    def unpack(cls, archive: Path, folder: Path) -> Self:
        """The one image of the archive, its files and their owners and capabilities below `folder`."""
        layout, root = folder / "layout", folder / "root"
        root.mkdir(parents=True)
        with tarfile.open(archive) as file:
            file.extractall(layout, filter="data")
        (described,) = json.loads((layout / "index.json").read_text())["manifests"]
        manifest = json.loads(_blob(layout, described["digest"]).read_text())
        config = json.loads(_blob(layout, manifest["config"]["digest"]).read_text())["config"]
        for layer in manifest["layers"]:
            unpack = ["tar", "--extract", "--numeric-owner", "--xattrs", "--xattrs-include=*"]
            subprocess.run([*unpack, "-C", root, "-f", _blob(layout, layer["digest"])], check=True)
        compressed = sum(layer["size"] for layer in manifest["layers"])
        return cls(root, config, described["digest"], compressed)

    def command(self, *arguments: str) -> list[str]:
        """The entrypoint with arguments, in the image's environment."""
        return ["env", *self.config["Env"], *self.config["Entrypoint"], *arguments]

    def enter(self, confinement: Confinement) -> Callable[[], None]:
        """For a child between fork and exec: into the image, read-only, with these rights only."""

        def confine() -> None:
            unshare(CLONE_NEWNS)
            mount("", "/", flags=MS_REC | MS_SLAVE)
            mount(str(self.root), str(self.root), flags=MS_BIND)
            mount("proc", str(self.root / "proc"), "proc")
            make_read_only(str(self.root), alone=True)
            os.chroot(self.root)
            os.chdir("/")
            bound_capabilities(confinement.capabilities)
            os.setgroups([])
            os.setgid(confinement.uid)
            os.setuid(confinement.uid)
            if not confinement.may_gain:
                prctl(PR_SET_NO_NEW_PRIVS, 1)

        return confine


def _blob(layout: Path, digest: str) -> Path:
    return layout / "blobs" / digest.replace(":", "/")

"""The whole cluster, as process 1 of its namespaces has it: what starts when, what is asked of it later."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Final

from e2e.real import hosts
from e2e.real.network import Network
from e2e.real.node import Node, NodeError
from e2e.real.node_files import NodeFiles
from mockcloud.cluster_defaults import API_PORT
from mockcloud.linux import mount, unmount
from testkit.control_planes.planes import ADMIN, ControlPlane
from testkit.kubectl import find_kubectl, kubectl_environment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_READY_SECONDS: Final = 120.0
_ETCD_PORTS: Final = (2379, 2380)
# No cloud is here, and nodes have the pod ranges that their files say.
_ABSENT: Final = ("node-ipam", "node-route", "cloud-node-lifecycle")
_AUDIT: Final = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules: [{level: Metadata}]
"""


class Cluster:
    """`up` once; then nodes can be hurt and images loaded. Its end is the end of process 1."""

    def __init__(self, folder: Path, programs: Path, count: int) -> None:
        """Namespaces and files; nothing runs."""
        self._folder = folder
        found = hosts.nodes(count)
        self.network = Network(found)
        self.network.live_on(hosts.CONTROL)
        users = {each.name: (f"system:node:{each.name}", "system:nodes") for each in found}
        users["kube-proxy"] = ("system:kube-proxy", "")
        (folder / "audit-policy.yaml").write_text(_AUDIT)
        self.plane = ControlPlane(
            folder / "control",
            programs,
            ports=[*_ETCD_PORTS, API_PORT],
            address=hosts.host(hosts.CONTROL).ips[0],
            users=users,
            absent=_ABSENT,
            api_options=(
                "--allow-privileged",
                "--kubelet-preferred-address-types=InternalIP",
                "--enable-admission-plugins=NodeRestriction",
                f"--audit-policy-file={folder / 'audit-policy.yaml'}",
                f"--audit-log-path={folder / 'audit.log'}",
            ),
        )
        snapshotter = _snapshotter(folder)
        self.nodes = {
            each.name: Node(
                NodeFiles(each, folder / each.name, programs, f"/{cgroup(folder)}/{each.name}", snapshotter),
                self.network,
            )
            for each in found
        }
        for node in self.nodes.values():
            # In memory: images are unpacked sooner, and nothing of them is to be removed in the end.
            mount("tmpfs", str(node.files.disk), "tmpfs")
            node.files.write({user: self.plane.kubeconfig(user) for user in (node.name, "kube-proxy")})

    def up(self, archives: Sequence[Path]) -> None:
        """All nodes Ready with these images; StartError or NodeError where it does not come to that."""
        for node in self.nodes.values():
            node.switch_on()
        with ThreadPoolExecutor(max_workers=1) as pool:
            loading = pool.submit(self.load, archives)
            self.plane.start()
            loading.result()
        for node in self.nodes.values():
            node.go()
        self._await("all nodes are Ready", self._not_ready)

    def load(self, archives: Sequence[Path]) -> None:
        """Into every node that is on, as soon as its containerd listens."""
        for archive in archives:
            for node in self.nodes.values():
                self._await(f"{node.name} has a containerd", node.not_listening)
                node.load(archive)

    def node(self, name: str) -> Node:
        """The node of that name; NodeError names those there are."""
        if name in self.nodes:
            return self.nodes[name]
        message = f"no node is called {name!r}: there are {', '.join(self.nodes)}"
        raise NodeError(message)

    def restart(self, name: str) -> None:
        """A node that was without power is switched on, and comes to be Ready."""
        node = self.node(name)
        node.switch_on()
        self._await(f"{name} has a containerd", node.not_listening)
        node.go()

    def _not_ready(self) -> str:
        command = [find_kubectl() or "kubectl", "get", "nodes", "-o", "json"]
        environment = kubectl_environment(self.plane.kubeconfig(ADMIN))
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            return done.stderr.strip()
        ready = {
            each["metadata"]["name"]
            for each in json.loads(done.stdout)["items"]
            for condition in each["status"].get("conditions", ())
            if condition["type"] == "Ready" and condition["status"] == "True"
        }
        return ", ".join(f"{name} is not Ready" for name in self.nodes if name not in ready)

    def _await(self, what: str, lacking: Callable[[], str]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while why := lacking():
            ended = [said for node in self.nodes.values() if (said := node.ended())]
            if ended or time.monotonic() > deadline:
                message = f"waiting until {what}: {'; '.join(ended) or why}"
                raise NodeError(message)
            time.sleep(0.1)


def cgroup(folder: Path) -> str:
    """The name of the cgroup that all containers of this cluster are below."""
    return f"baremetal-lb-real-{folder.name}"


def _snapshotter(folder: Path) -> str:
    """How containerd keeps layers: overlayfs where this file system lets it, else whole copies."""
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for name in ("lower", "upper", "work", "merged"):
            (Path(scratch) / name).mkdir()
        options = ",".join(f"{name}dir={scratch}/{name}" for name in ("lower", "upper", "work"))
        try:
            mount("overlay", f"{scratch}/merged", "overlay", options=options)
        except OSError:
            return "native"
        unmount(f"{scratch}/merged")
    return "overlayfs"

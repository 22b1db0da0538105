"""What a node's programs are told: containerd, the pod network (CNI), kubelet, kube-proxy. Only text."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from e2e.real import hosts, images
from mockcloud.cluster_defaults import CLUSTER_DNS4, CLUSTER_DOMAIN

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class NodeFiles:
    """The files of one node, in a folder of its own, and the commands that read them.

    What containerd and kubelet keep elsewhere (/run, /var/lib, /var/log) is the node's own by its mounts.
    """

    node: hosts.Node
    folder: Path
    programs: Path
    cgroup: str  # below which its containers are
    snapshotter: str

    @property
    def socket(self) -> Path:
        """Of its containerd."""
        return self.folder / "containerd.sock"

    @property
    def disk(self) -> Path:
        """What is on it stays when its power is cut: images, containers, volumes. Made here."""
        place = self.folder / "var-lib"
        place.mkdir(parents=True, exist_ok=True)
        return place

    @property
    def log(self) -> Path:
        """A folder with one file for each program."""
        return self.folder / "log"

    def write(self, kubeconfigs: dict[str, Path]) -> None:
        """All of them. `kubeconfigs`: those of the node itself and of kube-proxy, by user."""
        for name in ("cni", "log", "var-log"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "containerd.toml").write_text(self._containerd())
        (self.folder / "cni" / "10-pods.conflist").write_text(json.dumps(self._pod_network()))
        (self.folder / "kubelet.json").write_text(json.dumps(self._kubelet()))
        (self.folder / "resolv.conf").touch()
        (self.folder / "boot.json").write_text(json.dumps(self._boot(kubeconfigs)))

    def _boot(self, kubeconfigs: dict[str, Path]) -> dict[str, Any]:
        """What the node's process 1 reads (boot.py): a program that others wait for comes first."""
        ips = ",".join(self.node.ips)
        kubelet = [
            *(str(self.programs / "kubelet"), f"--config={self.folder / 'kubelet.json'}"),
            *(f"--kubeconfig={kubeconfigs[self.node.name]}", f"--hostname-override={self.node.name}"),
            *(f"--node-ip={ips}", "--v=1"),
        ]
        proxy = [
            *(str(self.programs / "kube-proxy"), f"--kubeconfig={kubeconfigs['kube-proxy']}"),
            *(f"--hostname-override={self.node.name}", "--proxy-mode=nftables"),
            *(f"--cluster-cidr={hosts.CLUSTER_CIDRS}", "--conntrack-max-per-core=0", "--oom-score-adj=0"),
        ]
        containerd = [str(self.programs / "containerd"), "--config", str(self.folder / "containerd.toml")]
        return {
            "hostname": self.node.name,
            "folder": str(self.folder),
            "path": str(self.programs),
            "first": {"containerd": containerd},
            "then": {"kubelet": kubelet, "kube-proxy": proxy},
        }

    def _containerd(self) -> str:
        # restrict_oom_score_adj: without CAP_SYS_RESOURCE nobody may lower it.
        return f"""\
version = 2
[grpc]
  address = "{self.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{images.PAUSE}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{self.snapshotter}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        BinaryName = "{self.programs / "runc"}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{self.programs / "cni"}"
    conf_dir = "{self.folder / "cni"}"
"""

    def _pod_network(self) -> dict[str, Any]:
        """Each pod at the end of a wire to its node; nodes route between their ranges."""
        ipam = {
            "type": "host-local",
            "ranges": [[{"subnet": each}] for each in self.node.pod_ranges],
            "routes": [{"dst": "0.0.0.0/0"}, {"dst": "::/0"}],
        }
        return {"cniVersion": "0.4.0", "name": "pods", "plugins": [{"type": "ptp", "ipam": ipam}]}

    def _kubelet(self) -> dict[str, Any]:
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": True}, "webhook": {"enabled": False}},
            "authorization": {"mode": "AlwaysAllow"},
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": self.cgroup,
            "cgroupsPerQOS": False,  # whose limits need cgroups that a machine with both versions lacks
            "enforceNodeAllocatable": [],
            "clusterDNS": [str(CLUSTER_DNS4)],
            "clusterDomain": CLUSTER_DOMAIN,
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "evictionHard": {},  # the machine's disk is not the node's
            "failCgroupV1": False,
            "failSwapOn": False,
            "imageGCHighThresholdPercent": 100,
            "localStorageCapacityIsolation": False,
            "makeIPTablesUtilChains": False,
            "resolvConf": str(self.folder / "resolv.conf"),
        }

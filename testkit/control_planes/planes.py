"""Control planes, each in a folder of its own: the embedded one, and a real one where its owner wants it."""

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mockcloud.cluster_defaults import CLUSTER_DOMAIN, SERVICE_CIDRS, SERVICES4, SERVICES6
from testkit import daemons
from testkit.api import KubeApi
from testkit.control_planes.processes import Processes, free_ports

ADMIN = "admin"
# No kubelet sends heartbeats here and no cloud exists; all else runs as in a cluster.
_ABSENT = ("node-lifecycle", "node-ipam", "node-route", "cloud-node-lifecycle")
_NO_ENDPOINTS = "--endpoint-reconciler-type=none"  # nothing in such a cluster could reach them


@contextmanager
def embedded(folder: Path) -> Iterator[Path]:
    """mockcloud's API and controllers; gives the kubeconfig."""
    with KubeApi(folder, ["--service-cidr", SERVICE_CIDRS]).running() as api:
        command = daemons.module("mockcloud.controllers", "--kubeconfig", str(api.kubeconfig))
        with daemons.running(command, log=folder / "controllers.log"):
            yield api.kubeconfig


@contextmanager
def real(
    folder: Path, programs: Path, options: Sequence[str] = (), *, controllers: bool = True
) -> Iterator[Path]:
    """etcd, kube-apiserver with these options more, and (`controllers`) kube-controller-manager and
    kube-scheduler, on loopback. Gives the kubeconfig.
    """
    plane = ControlPlane(
        folder,
        programs,
        ports=free_ports(3),
        absent=_ABSENT,
        api_options=(_NO_ENDPOINTS, *options),
        controllers=controllers,
    )
    try:
        plane.start()
        yield plane.kubeconfig(ADMIN)
    finally:
        plane.stop()


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A real one, with RBAC; `start` gives it back ready, `stop` ends it.

    `ports`: etcd's for clients and for peers (on 127.0.0.1), the API's (on `address`). `users`: name and
    groups, by what the kubeconfig of each is called. `absent`: controllers that do not run; without
    `controllers` none does, and nobody schedules.
    """

    folder: Path
    programs: Path
    ports: list[int]
    address: str = "127.0.0.1"
    users: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    api_options: tuple[str, ...] = ()
    controllers: bool = True
    _processes: Processes = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_processes", Processes(self.folder / "logs"))

    def kubeconfig(self, user: str) -> Path:
        """Where that user's is, for `admin` and each of `users`, once it was started."""
        return self.folder / ("kubeconfig" if user == ADMIN else f"kubeconfig-{user}")

    def start(self) -> None:
        """Ready is when the API says so; StartError where it does not come to that."""
        authority = trustme.CA()
        self._write_credentials(authority)
        self._processes.start("etcd", self._etcd())
        self._processes.start("kube-apiserver", self._apiserver())
        context = ssl.create_default_context()
        authority.configure_trust(context)
        self._processes.wait("the real API", lambda: _ready(f"{self.url}/readyz", context))
        if self.controllers:
            self._processes.start("kube-controller-manager", self._controller_manager())
            self._processes.start("kube-scheduler", self._scheduler())

    def stop(self) -> None:
        """End its programs."""
        self._processes.stop()

    @property
    def url(self) -> str:
        """Of the API."""
        return f"https://{self.address}:{self.ports[2]}"

    def _write_credentials(self, authority: trustme.CA) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # Pods call the API by the first address of each range of Services.
        names = [self.address, str(SERVICES4[1]), str(SERVICES6[1]), "kubernetes.default.svc"]
        serving = authority.issue_cert(*names)
        serving.private_key_and_cert_chain_pem.write_to_path(self.folder / "serving.pem")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "service-account.key").write_bytes(pem)
        users = {ADMIN: ("admin", "system:masters"), **self.users}
        tokens = [f'token-of-{user},{name},{user},"{groups}"\n' for user, (name, groups) in users.items()]
        (self.folder / "tokens.csv").write_text("".join(tokens))
        for user in users:
            self.kubeconfig(user).write_text(json.dumps(self._kubeconfig(user, authority)))

    def _kubeconfig(self, user: str, authority: trustme.CA) -> dict[str, object]:
        trusted = b64encode(authority.cert_pem.bytes()).decode()
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "real", "cluster": {"server": self.url, "certificate-authority-data": trusted}}
            ],
            "users": [{"name": user, "user": {"token": f"token-of-{user}"}}],
            "contexts": [{"name": "real", "context": {"cluster": "real", "user": user}}],
            "current-context": "real",
        }

    def _etcd(self) -> list[str | Path]:
        client, peer = (f"http://127.0.0.1:{port}" for port in self.ports[:2])
        return [
            *(self.programs / "etcd", "--data-dir", self.folder / "etcd", "--unsafe-no-fsync"),
            *("--listen-client-urls", client, "--advertise-client-urls", client),
            *("--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer),
            *("--initial-cluster", f"default={peer}"),
        ]

    def _apiserver(self) -> list[str | Path]:
        key = self.folder / "service-account.key"
        return [
            self.programs / "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{self.ports[0]}",
            f"--bind-address={self.address}",
            f"--secure-port={self.ports[2]}",
            f"--tls-cert-file={self.folder / 'serving.pem'}",
            f"--tls-private-key-file={self.folder / 'serving.pem'}",
            f"--cert-dir={self.folder / 'certificates'}",
            f"--token-auth-file={self.folder / 'tokens.csv'}",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
            f"--service-account-key-file={key}",
            f"--service-account-signing-key-file={key}",
            f"--service-cluster-ip-range={SERVICE_CIDRS}",
            *self.api_options,
        ]

    def _controller_manager(self) -> list[str | Path]:
        controllers = ",".join(["*", *(f"-{name}-controller" for name in self.absent)])
        return [
            self.programs / "kube-controller-manager",
            f"--kubeconfig={self.kubeconfig(ADMIN)}",
            f"--service-account-private-key-file={self.folder / 'service-account.key'}",
            f"--controllers={controllers}",
            "--leader-elect=false",
            "--secure-port=0",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
        ]

    def _scheduler(self) -> list[str | Path]:
        alone = ["--leader-elect=false", "--secure-port=0"]
        return [self.programs / "kube-scheduler", f"--kubeconfig={self.kubeconfig(ADMIN)}", *alone]


def _ready(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urlopen(url, context=context, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False

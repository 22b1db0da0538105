"""The two control planes: the embedded one and a real one, each in a folder of its own, on loopback only."""

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from mockcloud.cluster_defaults import CLUSTER_DOMAIN, SERVICE_CIDRS
from testkit import daemons
from testkit.api import KubeApi
from testkit.control_planes.processes import Processes, free_ports

_TOKEN = "conformance"
# No kubelet sends heartbeats here and no cloud exists; all else runs as in a cluster.
_ABSENT = ("node-lifecycle", "node-ipam", "node-route", "cloud-node-lifecycle")
_CONTROLLERS = ",".join(["*", *(f"-{name}-controller" for name in _ABSENT)])


@contextmanager
def embedded(folder: Path) -> Iterator[Path]:
    """mockcloud's API and controllers; gives the kubeconfig."""
    with KubeApi(folder, ["--service-cidr", SERVICE_CIDRS]).running() as api:
        command = daemons.module("mockcloud.controllers", "--kubeconfig", str(api.kubeconfig))
        with daemons.running(command, log=folder / "controllers.log"):
            yield api.kubeconfig


@contextmanager
def real(folder: Path, programs: Path) -> Iterator[Path]:
    """etcd, kube-apiserver, kube-controller-manager and kube-scheduler; gives the kubeconfig."""
    client_port, peer_port, api_port = free_ports(3)
    authority = trustme.CA()
    kubeconfig = _credentials(folder, authority, f"https://127.0.0.1:{api_port}")
    processes = Processes(folder / "logs")
    try:
        processes.start("etcd", _etcd(folder, programs, client_port, peer_port))
        processes.start("kube-apiserver", _apiserver(folder, programs, client_port, api_port))
        context = ssl.create_default_context()
        authority.configure_trust(context)
        processes.wait("the real API", lambda: _ready(f"https://127.0.0.1:{api_port}/readyz", context))
        processes.start("kube-controller-manager", _controller_manager(folder, programs, kubeconfig))
        alone = ["--leader-elect=false", "--secure-port=0"]
        processes.start("kube-scheduler", [programs / "kube-scheduler", f"--kubeconfig={kubeconfig}", *alone])
        yield kubeconfig
    finally:
        processes.stop()


def _credentials(folder: Path, authority: trustme.CA, server: str) -> Path:
    """Write what the programs need to know each other; gives the kubeconfig."""
    folder.mkdir(parents=True, exist_ok=True)
    authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(folder / "serving.pem")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "service-account.key").write_bytes(pem)
    (folder / "tokens.csv").write_text(f'{_TOKEN},admin,1,"system:masters"\n')
    cluster = {"server": server, "certificate-authority-data": b64encode(authority.cert_pem.bytes()).decode()}
    kubeconfig = folder / "kubeconfig"
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "real", "cluster": cluster}],
        "users": [{"name": "admin", "user": {"token": _TOKEN}}],
        "contexts": [{"name": "real", "context": {"cluster": "real", "user": "admin"}}],
        "current-context": "real",
    }
    kubeconfig.write_text(json.dumps(content))
    return kubeconfig


def _etcd(folder: Path, programs: Path, client_port: int, peer_port: int) -> list[str | Path]:
    client, peer = f"http://127.0.0.1:{client_port}", f"http://127.0.0.1:{peer_port}"
    command: list[str | Path] = [programs / "etcd", "--data-dir", folder / "etcd", "--unsafe-no-fsync"]
    command += ["--listen-client-urls", client, "--advertise-client-urls", client]
    return [
        *command,
        "--listen-peer-urls",
        peer,
        "--initial-advertise-peer-urls",
        peer,
        "--initial-cluster",
        f"default={peer}",
    ]


def _apiserver(folder: Path, programs: Path, etcd_port: int, port: int) -> list[str | Path]:
    key = folder / "service-account.key"
    return [
        programs / "kube-apiserver",
        f"--etcd-servers=http://127.0.0.1:{etcd_port}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--tls-cert-file={folder / 'serving.pem'}",
        f"--tls-private-key-file={folder / 'serving.pem'}",
        f"--cert-dir={folder / 'certificates'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--authorization-mode=RBAC",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        f"--service-cluster-ip-range={SERVICE_CIDRS}",
        "--endpoint-reconciler-type=none",
    ]


def _controller_manager(folder: Path, programs: Path, kubeconfig: Path) -> list[str | Path]:
    return [
        programs / "kube-controller-manager",
        f"--kubeconfig={kubeconfig}",
        f"--service-account-private-key-file={folder / 'service-account.key'}",
        f"--controllers={_CONTROLLERS}",
        "--leader-elect=false",
        "--secure-port=0",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]


def _ready(url: str, context: ssl.SSLContext) -> bool:
    try:
        with urlopen(url, context=context, timeout=2) as response:
            return bool(response.status == 200)
    except (URLError, OSError):
        return False

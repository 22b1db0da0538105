"""The process: what it writes, what it keeps over a restart, how it ends."""

import json
import socket
import ssl
import subprocess
import sys
from base64 import b64decode
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from testkit import daemons

ROOT = Path(__file__).parents[4]


def access(kubeconfig: Path) -> tuple[str, str, ssl.SSLContext]:
    """Server, token, and a TLS context that trusts the CA in the file and nothing else."""
    content = json.loads(kubeconfig.read_text())
    cluster = content["clusters"][0]["cluster"]
    ca = b64decode(cluster["certificate-authority-data"]).decode()
    return cluster["server"], content["users"][0]["user"]["token"], ssl.create_default_context(cadata=ca)


def get(address: str, path: str, token: str, context: ssl.SSLContext, *, name: str = "") -> dict:
    connection = HTTPSConnection(address, context=context, timeout=90)
    if name:  # another name of the server than the address that is dialled
        host, port = address.split(":")
        raw = socket.create_connection((host, int(port)))
        connection.sock = context.wrap_socket(raw, server_hostname=name)
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    body = json.loads(connection.getresponse().read())
    connection.close()
    return body


def test_files_are_for_their_owner_only(kube_api):
    """Keys, token and objects: a directory of 0700, files of 0600."""
    assert kube_api.data_dir.stat().st_mode & 0o777 == 0o700
    for name in ("kubeconfig", "ca.key", "server.pem", "token", "journal"):
        assert (kube_api.data_dir / name).stat().st_mode & 0o777 == 0o600, name


def test_a_restart_keeps_authority_token_and_objects(kube_api_factory):
    """The same process on the same data: clients notice nothing but the pause."""
    api = kube_api_factory()
    before = api.kubeconfig.read_bytes()
    server, token, context = access(api.kubeconfig)
    uid = get(server[8:], "/api/v1/namespaces/default", token, context)["metadata"]["uid"]
    assert api.stop() == 0
    api.start()
    assert api.kubeconfig.read_bytes() == before
    assert get(server[8:], "/api/v1/namespaces/default", token, context)["metadata"]["uid"] == uid
    assert "Traceback" not in api.log


def test_names_of_the_server_and_the_advertised_address(kube_api_factory, tmp_path):
    """A kubeconfig for the lab's inside; the certificate covers it; Service `kubernetes` leads there."""
    inside = tmp_path / "inside"
    api = kube_api_factory(
        "--kubeconfig", f"{inside}=https://192.168.10.10:6443", "--advertise-address", "192.168.10.10"
    )
    server, token, context = access(inside)
    assert server == "https://192.168.10.10:6443"
    dialled = f"127.0.0.1:{api.port}"
    for name in ("192.168.10.10", "kubernetes.default.svc", "10.96.0.1", "localhost"):
        get(dialled, "/version", token, context, name=name)
    with pytest.raises(ssl.SSLCertVerificationError):
        get(dialled, "/version", token, context, name="192.168.10.11")
    path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes"
    endpoint_slice = get(dialled, path, token, context)
    assert endpoint_slice["endpoints"][0]["addresses"] == ["192.168.10.10"]
    assert endpoint_slice["ports"] == [{"name": "https", "port": api.port, "protocol": "TCP"}]
    endpoints = get(dialled, "/api/v1/namespaces/default/endpoints/kubernetes", token, context)
    assert endpoints["subsets"][0]["addresses"] == [{"ip": "192.168.10.10"}]


def test_inherited_sockets_are_served(tmp_path):
    """The lab hands over sockets that listen in namespaces of its own."""
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        descriptors = [first.fileno(), second.fileno()]
        arguments = [argument for fd in descriptors for argument in ("--fd", str(fd))]
        arguments += ["--kubeconfig", str(tmp_path / "kubeconfig"), "--data-dir", str(tmp_path / "d")]
        # Ready is one newline, then the end: the descriptor is closed.
        command = daemons.module("mockcloud.kube", *arguments)
        process = daemons.start(command, log=tmp_path / "log", descriptors=descriptors)
        try:
            server, token, context = access(tmp_path / "kubeconfig")
            assert server == f"https://127.0.0.1:{first.getsockname()[1]}"
            for sock in (first, second):
                assert get(f"127.0.0.1:{sock.getsockname()[1]}", "/version", token, context)["major"] == "1"
        finally:
            process.terminate()
            assert process.wait(60) == 0


@pytest.mark.parametrize("taken", ["directory", "address"])
def test_what_is_taken_is_named(kube_api, tmp_path, taken):
    """Exit code 1 and one line that says what is in the way."""
    directory = kube_api.data_dir if taken == "directory" else tmp_path
    listen = "127.0.0.1:0" if taken == "directory" else f"127.0.0.1:{kube_api.port}"
    done = subprocess.run(
        [sys.executable, "-m", "mockcloud.kube", "--data-dir", str(directory), "--listen", listen],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 1
    expected = (
        "another process uses this data directory" if taken == "directory" else "Address already in use"
    )
    assert expected in done.stderr
    assert "Traceback" not in done.stderr

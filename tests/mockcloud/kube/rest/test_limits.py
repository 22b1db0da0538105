"""Attacks on a real server by whoever has the token: each is answered, and what is held stays bounded."""

import json
import socket
import ssl
from contextlib import ExitStack, suppress
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from .conftest import CONFIG_MAPS

PATCHES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
}
MIB = 1 << 20


def peak(kube_api) -> int:
    """The most memory that the server ever had, in MiB."""
    status = Path(f"/proc/{kube_api.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) // 1024


def test_copies_that_double_an_object(http, config_map, kube_api):
    """26 of them would be 8.7 GiB: 422 as kube-apiserver, nothing is changed, memory stays."""
    path = config_map()
    before = http("GET", path).content
    doubling = [{"op": "copy", "from": "", "path": f"/x{number}"} for number in range(26)]
    refused = http("PATCH", path, doubling, Content_Type=PATCHES["json"])
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")
    assert http("GET", path).content == before
    assert peak(kube_api) < 300


@pytest.mark.parametrize("medium", [*PATCHES.values(), "application/json", "application/yaml"])
@pytest.mark.parametrize("depth", [300, 3000])
def test_nested_bodies(http, config_map, medium, depth):
    """400 with a Status, whatever the type says that the body is."""
    nested = b"[" * depth + b"]" * depth
    content = b'[{"op":"add","path":"/x","value":%s}]' if medium == PATCHES["json"] else b'{"x":%s}'
    method, path = ("PATCH", config_map()) if "patch" in medium else ("POST", CONFIG_MAPS)
    refused = http(method, path, content % nested, Content_Type=medium)
    assert (refused.status, refused.body["kind"], refused.body["reason"]) == (400, "Status", "BadRequest")


def test_a_json_patch_that_nests_what_it_moves(http, config_map):
    """Depth may come from operations, too."""
    start = [{"op": "add", "path": "/a", "value": {}}]
    step = [
        {"op": "add", "path": "/b", "value": {}},
        {"op": "move", "from": "/a", "path": "/b/a"},
        {"op": "move", "from": "/b", "path": "/a"},
    ]
    refused = http("PATCH", config_map(), start + step * 1500, Content_Type=PATCHES["json"])
    assert (refused.status, refused.body["reason"]) == (422, "Invalid")


@pytest.mark.parametrize(("size", "status"), [(MIB - 100, 201), (MIB + 100, 422)])
@pytest.mark.parametrize(("plural", "field"), [("configmaps", "data"), ("secrets", "stringData")])
def test_data_of_one_mebibyte(http, plural, field, size, status):
    """ConfigMaps and Secrets hold 1 MiB."""
    body = {"metadata": {"name": http.fresh("big")}, field: {"a": "x" * size}}
    assert http("POST", f"/api/v1/namespaces/default/{plural}", body).status == status


def test_objects_of_one_and_a_half_mebibytes(http):
    """What etcd would not take is not kept: 413, and a Service's addresses are given back."""
    finalizers = [f"example.com/{number:060}" for number in range(25_000)]
    metadata = {"name": "huge", "finalizers": finalizers}
    refused = http("POST", CONFIG_MAPS, {"metadata": metadata})
    assert (refused.status, refused.body["reason"]) == (413, "RequestEntityTooLarge")
    assert "limit is 1572864" in refused.message
    spec = {"clusterIP": "10.96.0.77", "ports": [{"port": 80}]}
    services = "/api/v1/namespaces/default/services"
    assert http("POST", services, {"metadata": metadata, "spec": spec}).status == 413
    assert http("POST", services, {"metadata": {"name": "small"}, "spec": spec}).status == 201


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_of_more_than_three_mebibytes(http, chunked):
    """413 with a Status, whether the size is announced or found out."""
    body = b'{"metadata":{"name":"n"},"data":{"a":"%s"}}' % (b"x" * (3 << 20))
    connection = HTTPSConnection(http.host, context=http.context, timeout=90)
    headers = {"Authorization": f"Bearer {http.token}"}
    connection.request("POST", CONFIG_MAPS, iter([body]) if chunked else body, headers)
    refused = connection.getresponse()
    said = json.loads(refused.read())["message"]
    connection.close()
    assert (refused.status, said) == (413, "Request entity too large: limit is 3145728")


def test_a_list_merged_with_itself(http, config_map):
    """A strategic patch of 30,000 finalizers is compared by sets, not each with each."""
    path = config_map(finalizers=[f"example.com/{number}" for number in range(30_000)])
    more = {"metadata": {"finalizers": [f"example.com/{number}" for number in range(15_000, 45_000)]}}
    patched = http("PATCH", path, more, Content_Type=PATCHES["strategic"])
    assert patched.status == 200
    assert len(patched.body["metadata"]["finalizers"]) == 45_000
    gone = {"metadata": {"$deleteFromPrimitiveList/finalizers": more["metadata"]["finalizers"]}}
    patched = http("PATCH", path, gone, Content_Type=PATCHES["strategic"])
    assert len(patched.body["metadata"]["finalizers"]) == 15_000


def test_a_watcher_that_takes_nothing_is_cut(http, config_map, kube_api):
    """What waits for it is bounded in bytes; its connection is dropped, and the server goes on."""
    path = config_map()
    with ExitStack() as stack:
        raw = stack.enter_context(socket.create_connection(("127.0.0.1", kube_api.port), timeout=90))
        slow = stack.enter_context(http.context.wrap_socket(raw, server_hostname="127.0.0.1"))
        slow.sendall(
            f"GET {CONFIG_MAPS}?watch=true HTTP/1.1\r\nHost: x\r\n"
            f"Authorization: Bearer {http.token}\r\n\r\n".encode()
        )
        assert slow.recv(16).startswith(b"HTTP/1.1 200")
        for number in range(90):
            change = {"data": {"a": f"{number:03}" + "x" * (MIB - 1000)}}
            assert http("PATCH", path, change, Content_Type=PATCHES["merge"]).status == 200
        with suppress(ConnectionResetError, ssl.SSLEOFError):
            while slow.recv(1 << 16):
                pass
    assert "watch of configmaps cut, its client is too slow" in kube_api.log
    assert http("GET", CONFIG_MAPS).status == 200
    assert peak(kube_api) < 500

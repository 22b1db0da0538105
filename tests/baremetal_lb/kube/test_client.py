"""What the client makes of answers, and of no answer."""

import base64
import gc
import json
import os
from asyncio import sslproto
from pathlib import Path

import pytest
import trustme

from baremetal_lb.kube import missing_rights
from baremetal_lb.kube.client import TLS_BUFFER, Client
from baremetal_lb.kube.credential_files import in_memory
from baremetal_lb.kube.errors import (
    ApiError,
    ApiUnreachable,
    Conflict,
    KubeconfigError,
    NotFound,
    Refused,
    api_error,
    reason_of,
)
from baremetal_lb.kube.resources import CONFIG_MAPS, ENDPOINT_SLICES, NODES, SERVICES
from tests.baremetal_lb.fakes.flaky_api import FlakyApi, status


@pytest.mark.parametrize(
    ("resource", "target", "path"),
    [
        pytest.param(SERVICES, (), "/api/v1/services", id="all"),
        pytest.param(SERVICES, ("lab",), "/api/v1/namespaces/lab/services", id="namespace"),
        pytest.param(
            SERVICES, ("lab", "a", "status"), "/api/v1/namespaces/lab/services/a/status", id="status"
        ),
        pytest.param(NODES, (None, "n"), "/api/v1/nodes/n", id="cluster-scoped"),
        pytest.param(ENDPOINT_SLICES, (), "/apis/discovery.k8s.io/v1/endpointslices", id="group"),
    ],
)
def test_paths(resource, target, path):
    """As the API's conventions have them."""
    assert path == resource.path(*target)


@pytest.mark.parametrize(
    ("code", "reason", "kind", "again"),
    [
        (409, "Conflict", Conflict, False),
        (404, "NotFound", NotFound, False),
        (403, "Forbidden", Refused, False),
        (422, "Invalid", ApiError, False),
        (429, "TooManyRequests", ApiError, True),
        (500, "InternalError", ApiError, True),
    ],
)
async def test_a_status_becomes_an_error_by_meaning(tmp_path, code, reason, kind, again):
    """With the server's own reason and message, and whether it is worth a retry."""
    api = FlakyApi()
    api.lists.append(status(code, reason))
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        with pytest.raises(kind, match=f"{code} {reason}: as scripted") as caught:
            await client.get(CONFIG_MAPS, "a", "lab")
    assert again is caught.value.worth_retrying


@pytest.mark.parametrize(
    ("message", "right"),
    [
        pytest.param(
            'configmaps is forbidden: User "u" cannot get resource "configmaps" in API group ""',
            "get configmaps in namespace lab",
            id="rbac",
        ),
        pytest.param(
            'configmaps "a" is forbidden: unable to create new content in namespace lab because it '
            "is being terminated",
            "",
            id="a-namespace-that-goes",
        ),
        pytest.param('configmaps "a" is forbidden: exceeded quota: few', "", id="quota"),
    ],
)
async def test_a_right_is_said_to_be_missing_only_where_it_is(tmp_path, message, right):
    """403 has other reasons, which have words of their own."""
    api = FlakyApi()
    api.lists.append({**status(403, "Forbidden"), "message": message})
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        with pytest.raises(Refused) as caught:
            await client.get(CONFIG_MAPS, "a", "lab")
        assert str(caught.value.right or "") == right
        assert client.missing_rights.hindrances() == ([f"missing right: {right}"] if right else [])


async def test_a_missing_right_is_no_hindrance_once_it_is_given(tmp_path, monkeypatch):
    """Nor where nobody has wanted it for a while; all else that is answered says nothing of it."""
    refusal = {**status(403, "Forbidden"), "message": 'User "u" cannot get resource "configmaps"'}
    api = FlakyApi()
    api.lists.extend([refusal, status(500, "InternalError"), status(404, "NotFound"), refusal])
    async with api.running(tmp_path) as kubeconfig, await Client.connect(kubeconfig) as client:
        for expected in (True, True, False, True):
            with pytest.raises(ApiError):
                await client.get(CONFIG_MAPS, "a", "lab")
            assert bool(client.missing_rights.hindrances()) == expected
        monkeypatch.setattr(missing_rights, "LASTS", 0.0)
        assert client.missing_rights.hindrances() == []


def test_a_token_that_is_not_accepted_is_told_apart_from_a_right():
    """401 is about who we are."""
    assert str(api_error(401, b'{"reason": "Unauthorized", "message": "Unauthorized"}')).startswith(
        "the API does not know us: the token or certificate is not valid, or has expired (401 "
    )


def test_a_deadline_that_has_passed_has_words():
    """TimeoutError has none: a log line said `error=""`."""
    assert reason_of(TimeoutError()) == "no answer in time"
    assert reason_of(ApiUnreachable("refused")) == "refused"


def test_an_answer_that_is_no_status_is_quoted():
    """Proxies answer in HTML; a Retry-After is read."""
    error = api_error(502, b"<html>Bad Gateway</html>", "7")
    assert str(error) == "502 Unknown: <html>Bad Gateway</html>"
    assert error.retry_after == 7.0


async def test_nobody_there(tmp_path):
    """A refused connection is worth a retry, and the message says what was asked for."""
    api = FlakyApi()
    async with api.running(tmp_path) as kubeconfig:
        pass
    async with await Client.connect(kubeconfig) as client:
        with pytest.raises(ApiUnreachable, match="GET /api/v1/nodes/n: Cannot connect"):
            await client.get(NODES, "n")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("x: [", id="no-yaml"),
        pytest.param("just text", id="text"),
        pytest.param('{"current-context": "x"}', id="no-such-context"),
    ],
)
async def test_a_kubeconfig_that_is_none_says_so(tmp_path, content):
    """The message names the file."""
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    with pytest.raises(KubeconfigError, match=r"^kubeconfig '.*kubeconfig' \(--kubeconfig\)[^\n]+$"):
        await Client.connect(path)


async def test_outside_a_cluster_and_without_a_kubeconfig(monkeypatch, tmp_path):
    """The message says what was looked for, and what to type."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(
        KubeconfigError,
        match=r"^no cluster is named: give --kubeconfig FILE, or set KUBECONFIG; [^:]*$",
    ):
        await Client.connect()


async def test_a_pod_without_a_token_says_so(monkeypatch, tmp_path):
    """Whoever sets automountServiceAccountToken: false is not told of kubeconfigs."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(
        KubeconfigError,
        match=r"^the ServiceAccount of this pod \(auto.* must not be false\) is not usable: Service token",
    ):
        await Client.connect()


async def test_client_certificates_are_never_on_disk(tmp_path, monkeypatch):
    """A daemon that is killed at whatever moment leaves no key; nor does a second client in the process."""
    authority = trustme.CA()
    issued = authority.issue_cert("client")
    encode = lambda pem: base64.b64encode(pem.bytes()).decode()  # noqa: E731
    user = {
        "client-certificate-data": encode(issued.cert_chain_pems[0]),
        "client-key-data": encode(issued.private_key_pem),
    }
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": encode(authority.cert_pem)}
    path = tmp_path / "kubeconfig"
    contexts = [{"name": "x", "context": {"cluster": "c", "user": "u"}}]
    document = {"clusters": [{"name": "c", "cluster": cluster}], "users": [{"name": "u", "user": user}]}
    path.write_text(json.dumps({**document, "contexts": contexts, "current-context": "x"}))
    monkeypatch.setattr("tempfile.mkstemp", _no_file)
    monkeypatch.setattr("tempfile.mkdtemp", _no_file)
    before = set(os.listdir("/proc/self/fd"))
    for _ in range(2):
        async with await Client.connect(path):
            opened = set(os.listdir("/proc/self/fd")) - before
            assert not any("memfd" in os.readlink(f"/proc/self/fd/{fd}") for fd in opened if _is_open(fd))


async def test_what_is_renewed_later_is_not_on_disk_either(monkeypatch):
    """A credential plugin may bring another certificate in the midst of a daemon's life."""
    from kubernetes.aio.config import kube_config

    monkeypatch.setattr("tempfile.mkstemp", _no_file)
    with in_memory():
        pass

    path = kube_config._create_temp_file_with_content("a key")

    assert Path(path).read_text() == "a key"
    with in_memory():
        pass


def _no_file(*_, **__):
    pytest.fail("a temporary file is made")


def _is_open(fd):
    return os.path.lexists(f"/proc/self/fd/{fd}")


async def test_a_connection_does_not_keep_a_large_buffer_for_tls(kube_api):
    """256 KiB for each would be 6 MiB of a controller that writes many objects at once."""
    big = {"metadata": {"name": "big", "namespace": "default"}, "data": {"text": "x" * (5 * TLS_BUFFER)}}
    async with await Client.connect(kube_api.kubeconfig) as client:
        await client.create(CONFIG_MAPS, big)

        found = await client.get(CONFIG_MAPS, "big", "default")

        assert found["data"] == big["data"]
        kept = [len(each._ssl_buffer) for each in gc.get_objects() if isinstance(each, sslproto.SSLProtocol)]
        assert kept
        assert max(kept) == TLS_BUFFER

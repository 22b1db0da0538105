"""Kubeconfigs, good and bad."""

import base64
import ssl

import pytest
import trustme
import yaml

from mockcloud.client.errors import KubeconfigError
from mockcloud.client.kubeconfig import load_access, pod_access


def document(cluster=None, user=None, **more):
    return {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:6443/", **(cluster or {})}}],
        "users": [{"name": "u", "user": {"token": "secret"} if user is None else user}],
        **more,
    }


@pytest.fixture
def write(tmp_path):
    """Write a kubeconfig, and say where."""

    def written(content):
        path = tmp_path / "kubeconfig"
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return str(path)

    return written


def test_the_authority_may_be_inline_or_a_file_beside_the_kubeconfig(write, tmp_path):
    """And then only it is trusted."""
    pem = trustme.CA().cert_pem.bytes()
    inline = load_access(write(document({"certificate-authority-data": base64.b64encode(pem).decode()})))
    (tmp_path / "ca.pem").write_bytes(pem)
    beside = load_access(write(document({"certificate-authority": "ca.pem"})))
    for access in (inline, beside):
        assert access.server == "https://127.0.0.1:6443"
        assert access.token == "secret"
        assert access.tls
        assert access.tls.verify_mode == ssl.CERT_REQUIRED
        assert len(access.tls.get_ca_certs()) == 1


def test_a_token_may_be_in_a_file_and_verification_may_be_off(write, tmp_path):
    """What a user asks for in writing, a user gets."""
    (tmp_path / "token").write_text("from-a-file\n")
    access = load_access(write(document({"insecure-skip-tls-verify": True}, {"tokenFile": "token"})))
    assert access.token == "from-a-file"
    assert access.tls
    assert access.tls.verify_mode == ssl.CERT_NONE


def test_a_pod_has_it_from_its_environment_and_its_token_is_read_anew(tmp_path):
    """Its token is renewed while it runs."""
    (tmp_path / "ca.crt").write_bytes(trustme.CA().cert_pem.bytes())
    (tmp_path / "token").write_text("first\n")
    environment = {"KUBERNETES_SERVICE_HOST": "fd00::1", "KUBERNETES_SERVICE_PORT": "443"}
    access = pod_access(environment, tmp_path)
    assert (access.server, access.bearer()) == ("https://[fd00::1]:443", "first")
    (tmp_path / "token").write_text("second\n")
    assert access.bearer() == "second"
    with pytest.raises(KubeconfigError, match="this is no pod"):
        pod_access({}, tmp_path)
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(KubeconfigError, match=r"ca\.crt"):
        pod_access(environment, tmp_path)


def test_plain_http_needs_no_tls_and_a_context_without_user_no_token(write):
    """For a proxy such as `kubectl proxy`."""
    contexts = [{"name": "here", "context": {"cluster": "c"}}]
    access = load_access(write(document({"server": "http://127.0.0.1:8001"}, contexts=contexts)))
    assert (access.tls, access.token) == (None, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("a: [", "file: is not YAML", id="not-yaml"),
        pytest.param("- a", "expected a mapping, got list", id="a-list"),
        pytest.param({}, "contexts: has no entry named None", id="empty"),
        pytest.param(document(clusters=[]), "clusters: has no entry named 'c'", id="no-cluster"),
        pytest.param(document({"server": "127.0.0.1"}), "server: expected an http", id="no-url"),
        pytest.param(document({"certificate-authority-data": "%"}), "not base64", id="not-base64"),
        pytest.param(document({"certificate-authority-data": "YWJj"}), "no PEM certificate", id="not-pem"),
        pytest.param(
            document({"certificate-authority": "nope"}), "nope: No such file", id="no-such-authority"
        ),
        pytest.param(
            document(user={"tokenFile": "nope"}), "tokenFile: nope: No such file", id="no-such-token"
        ),
    ],
)
def test_a_bad_kubeconfig_is_refused_with_its_path_and_key(write, content, said):
    """The thing, its value and what was expected."""
    path = write(content)
    with pytest.raises(KubeconfigError, match=said) as caught:
        load_access(path)
    assert path in str(caught.value)

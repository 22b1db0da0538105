"""Certificates that are asked for, approved and signed (what is refused: conformance, test_api_kinds)."""

import json
from base64 import b64decode, b64encode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from mockcloud.kube.auth.certificate_requests import NotReadable, read_request
from mockcloud.kube.serving.certificates import RULES
from testkit.api import KubeApi

KEY = ec.generate_private_key(ec.SECP256R1())
PATIENCE = "--timeout=60s"


def request(name="jane", group="developers", dns=()):
    subject = [(NameOID.COMMON_NAME, name), (NameOID.ORGANIZATION_NAME, group)]
    names = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    builder = x509.CertificateSigningRequestBuilder().subject_name(names)
    if dns:
        names = x509.SubjectAlternativeName([x509.DNSName(each) for each in dns])
        builder = builder.add_extension(names, critical=False)
    made = builder.sign(KEY, hashes.SHA256())
    return b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


NODE = ("system:node:node-1", "system:nodes")
SERVER = ["digital signature", "server auth"]


@pytest.mark.parametrize(
    ("signer", "request_text", "usages", "why"),
    [
        pytest.param("kube-apiserver-client", request(), ["client auth"], None, id="client"),
        pytest.param(
            "kube-apiserver-client",
            request(),
            ["client auth", "server auth"],
            "invalid usage for client certificate: server auth",
            id="client-that-serves",
        ),
        pytest.param(
            "kube-apiserver-client",
            request(),
            ["digital signature"],
            "missing required usage for client certificate: client auth",
            id="no-client",
        ),
        pytest.param("kubelet-serving", request(*NODE, ["node-1"]), SERVER, None, id="node"),
        pytest.param(
            "kubelet-serving",
            request(*NODE),
            SERVER,
            "DNS or IP subjectAltName is required",
            id="nameless-node",
        ),
        pytest.param(
            "kubelet-serving",
            request("jane", "system:nodes", ["a"]),
            SERVER,
            "subject common name does not begin with system:node:",
            id="not-a-node",
        ),
        pytest.param(
            "kubelet-serving",
            request(dns=["a"]),
            SERVER,
            "subject organization is not system:nodes",
            id="not-of-the-nodes",
        ),
        pytest.param(
            "kube-apiserver-client-kubelet",
            request(*NODE, ["a"]),
            ["client auth"],
            "DNS subjectAltNames are not allowed",
            id="named-client",
        ),
    ],
)
def test_who_gets_none(signer, request_text, usages, why):
    """In kube-controller-manager's words."""
    assert RULES[f"kubernetes.io/{signer}"](read_request(request_text), frozenset(usages)) == why


def with_names(content):
    """A request whose subjectAltName holds that."""
    names = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), content)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).add_extension(names, False)
    return b64encode(builder.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("é", id="letters"),
        pytest.param(with_names(b"\x02\x01\x05"), id="a-number-for-names"),
        pytest.param(with_names(b"\x30\x03\x87\x01\x61"), id="an-address-of-one-byte"),
    ],
)
def test_what_is_no_request(text):
    """It is told from one by all of its parts, before it is stored."""
    with pytest.raises(NotReadable):
        read_request(text)


def test_a_signed_certificate_logs_its_user_in(tmp_path):
    """`kubectl certificate approve`, then a client that shows what was signed, and no token."""
    spec = {
        "request": request(),
        "signerName": "kubernetes.io/kube-apiserver-client",
        "usages": ["client auth"],
        "expirationSeconds": 3600,
    }
    head = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
    with KubeApi(tmp_path / "api").running() as api:
        api.kubectl(
            "create", "-f", "-", stdin=json.dumps({**head, "metadata": {"name": "jane"}, "spec": spec})
        )
        api.kubectl("certificate", "approve", "jane")
        api.kubectl("wait", "csr/jane", "--for=jsonpath={.status.certificate}", PATIENCE)
        text = api.kubectl("get", "csr", "jane", "-o", "jsonpath={.status.certificate}").stdout
        (tmp_path / "jane.pem").write_bytes(b64decode(text))
        pem = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        (tmp_path / "jane.key").write_bytes(KEY.private_bytes(*pem))
        files = ("--client-certificate", f"{tmp_path}/jane.pem", "--client-key", f"{tmp_path}/jane.key")
        trust = ("--kubeconfig=/dev/null", "--server", api.server, "--certificate-authority")
        who = (*trust, f"{api.data_dir}/ca.pem", *files, "auth", "whoami", "-o", "json")
        info = json.loads(api.kubectl(*who).stdout)["status"]["userInfo"]
    assert (info["username"], info["groups"]) == ("jane", ["developers", "system:authenticated"])

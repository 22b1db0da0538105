"""Kinds by which the API itself is told something: priorities, certificates, addresses, autoscalers."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from conformance.contracts.kinds.test_stored_kinds import named, of_the_cluster
from conformance.harness.contract import contract
from conformance.harness.side import Side
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FLOW = "flowcontrol.apiserver.k8s.io/v1"
NETWORK = "networking.k8s.io/v1"
CERTIFICATES = "certificates.k8s.io/v1/certificatesigningrequests"
KEY = ec.generate_private_key(ec.SECP256R1())


def dry(api: Side, plural: str, bodies: dict[str, dict[str, Any]]) -> None:
    for name, body in bodies.items():
        api.ask(name, "POST", f"/apis/{plural}?dryRun=All", {"metadata": {"name": "junk"}, **body})


def schema(*rules: dict[str, Any], **spec: Any) -> dict[str, Any]:
    level = {"priorityLevelConfiguration": {"name": "exempt"}}
    return {"spec": {**level, "rules": list(rules), **spec}}


RULE = {
    "subjects": [{"kind": "User", "user": {"name": "jane"}}],
    "resourceRules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"], "namespaces": ["a"]}],
}


@contract
def test_flow_schemas(api: Side) -> None:
    """Whose requests are of which priority."""
    body = {"metadata": {"name": "contract-flow"}, **schema(RULE)}
    with of_the_cluster(api, f"{FLOW}/flowschemas", body) as at:
        api.quietly(
            "PATCH", at, {"spec": {"matchingPrecedence": 9}}, Content_Type="application/merge-patch+json"
        )
        found = api.tried("GET", at)["body"]
        api.record("precedence", [found["spec"], found["metadata"]["generation"]])
        api.patch("junk", "merge", at, {"spec": {"matchingPrecedence": 1}})
    account = {"kind": "ServiceAccount", "serviceAccount": {"name": "A_", "namespace": ""}}
    odd = {"kind": "User", "group": {"name": "g"}}
    resource = {"verbs": ["*", "get"], "apiGroups": ["*", "a"], "resources": [], "namespaces": ["A_", "b"]}
    url = {"verbs": ["odd"], "nonResourceURLs": ["a", "/a b", "/a//b", "/*a", "/a/*", ""]}
    dry(
        api,
        f"{FLOW}/flowschemas",
        {
            "empty": {"spec": {}},
            "precedence": schema(RULE, matchingPrecedence=20000),
            "method": schema(RULE, distinguisherMethod={"type": "ByUser"}),
            "nobody": schema({}),
            "subjects": schema({**RULE, "subjects": [account, odd, {"kind": "Odd"}, {"kind": "Group"}]}),
            "resources": schema({**RULE, "resourceRules": [resource, {}]}),
            "urls": schema({"subjects": RULE["subjects"], "nonResourceRules": [url, {}]}),
        },
    )


def limited(**fields: Any) -> dict[str, Any]:
    return {"spec": {"type": "Limited", "limited": {"limitResponse": {"type": "Reject"}, **fields}}}


def queue(**sizes: int) -> dict[str, Any]:
    return limited(limitResponse={"type": "Queue", "queuing": sizes})


@contract
def test_priority_levels(api: Side) -> None:
    """How much of it is at work at once, and what waits."""
    body = {"metadata": {"name": "contract-level"}, **queue(queues=10, handSize=2)}
    with of_the_cluster(api, f"{FLOW}/prioritylevelconfigurations", body) as at:
        api.kubectl("get prioritylevelconfiguration contract-level")
        api.patch("shares", "merge", at, {"spec": {"limited": {"nominalConcurrencyShares": 7}}})
        api.patch("junk", "merge", at, {"spec": {"type": "Exempt"}})
    dry(
        api,
        f"{FLOW}/prioritylevelconfigurations",
        {
            "empty": {"spec": {}},
            "plain": limited(),
            "response": limited(limitResponse={"type": "Odd"}),
            "queues": queue(queues=4, handSize=8),
            "hand": queue(queues=1000, handSize=8),
            "no-queue": limited(limitResponse={"type": "Queue"}),
            "numbers": limited(nominalConcurrencyShares=-1, lendablePercent=200, borrowingLimitPercent=-1),
            "both": {"spec": {**limited()["spec"], "exempt": {}}},
            "none": {"spec": {"type": "Limited"}},
        },
    )


@contract
def test_addresses(api: Side) -> None:
    """Whose an address is never changes."""
    parent = {"resource": "services", "namespace": "contract", "name": "x"}
    body = {"metadata": {"name": "192.0.2.7"}, "spec": {"parentRef": parent}}
    with of_the_cluster(api, f"{NETWORK}/ipaddresses", body) as at:
        api.patch("parent", "merge", at, {"spec": {"parentRef": {"name": "y"}}})
        api.patch("label", "merge", at, {"metadata": {"labels": {"a": "b"}}})
        api.kubectl("get ipaddress 192.0.2.7")
    for name, junk in {
        "name": {"metadata": {"name": "192.0.2.007"}, "spec": {"parentRef": parent}},
        "long": {"metadata": {"name": "2001:db8:0::1"}, "spec": {"parentRef": parent}},
        "none": {"metadata": {"name": "192.0.2.8"}, "spec": {}},
        "empty": {"metadata": {"name": "192.0.2.8"}, "spec": {"parentRef": {"name": "a/b"}}},
    }.items():
        api.ask(name, "POST", f"/apis/{NETWORK}/ipaddresses?dryRun=All", junk)


@contract
def test_ranges_of_services(api: Side) -> None:
    """One of a family, and a second family later."""
    for name, cidrs in {
        "right": ["192.0.2.0/25", "2001:db8::/64"],
        "none": [],
        "three": ["192.0.2.0/25", "2001:db8::/64", "192.0.2.128/25"],
        "family": ["192.0.2.0/25", "192.0.2.128/25"],
        "bits": ["192.0.2.1/24"],
        "junk": ["192.0.2.1", "2001:db8::1/64"],
    }.items():
        body = {"metadata": {"name": "junk"}, "spec": {"cidrs": cidrs}}
        api.ask(name, "POST", f"/apis/{NETWORK}/servicecidrs?dryRun=All", body)


def autoscaler(*metrics: dict[str, Any], **spec: Any) -> dict[str, Any]:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    found = {"scaleTargetRef": target, "maxReplicas": 5, **spec}
    return {"metadata": {"name": "web"}, "spec": {**found, **({"metrics": list(metrics)} if metrics else {})}}


def metric(kind: str, key: str, target: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": kind, key: {"target": target, **fields}}


AVERAGE = {"type": "AverageValue", "averageValue": "5"}
POLICY = {"type": "Odd", "value": 0, "periodSeconds": 2000}
AUTOSCALERS = {
    "bare": autoscaler(),
    "numbers": autoscaler(minReplicas=7, maxReplicas=0),
    "target": autoscaler(scaleTargetRef={"kind": "", "name": "a/b"}),
    "cpu": autoscaler(
        metric("Resource", "resource", {"type": "Utilization", "averageUtilization": 5}, name="cpu")
    ),
    "no-amount": autoscaler(metric("Resource", "resource", {"type": "Odd"}, name="")),
    "pods": autoscaler(metric("Pods", "pods", AVERAGE, metric={"name": "requests"})),
    "pods-junk": autoscaler(metric("Pods", "pods", {"type": "Value", "value": "0"}, metric={"name": ""})),
    "mixed": autoscaler(metric("Pods", "external", AVERAGE, metric={"name": "requests"})),
    "unknown": autoscaler({"type": "Odd"}),
    "behavior": autoscaler(behavior={"scaleDown": {"stabilizationWindowSeconds": 5}}),
    "behavior-junk": autoscaler(
        behavior={
            "scaleUp": {"stabilizationWindowSeconds": 5000, "selectPolicy": "Odd", "policies": [POLICY]}
        }
    ),
}


@pytest.mark.parametrize("body", [pytest.param(each, id=name) for name, each in AUTOSCALERS.items()])
@contract
def test_autoscalers(api: Side, body: dict[str, Any]) -> None:
    """A HorizontalPodAutoscaler, or why it is none."""
    api.create("create", "autoscaling/v2/horizontalpodautoscalers", body, query="?dryRun=All")


@contract
def test_an_autoscaler(api: Side) -> None:
    """By kubectl, in both versions."""
    api.kubectl("create deployment web --image=nginx --replicas=0")
    api.kubectl("autoscale deployment web --min=2 --max=4 --cpu=70%")
    for version in ("v1", "v2"):
        found = api.tried("GET", api.path(f"autoscaling/{version}/horizontalpodautoscalers", "web"))
        api.record(version, found["body"]["spec"])
    api.quietly("DELETE", api.path("autoscaling/v2/horizontalpodautoscalers", "web"))


def request(name: str = "jane", group: str = "developers") -> str:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, name),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, group),
        ]
    )
    made = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(KEY, hashes.SHA256())
    return base64.b64encode(made.public_bytes(serialization.Encoding.PEM)).decode()


CLIENT = {"signerName": "kubernetes.io/kube-apiserver-client", "usages": ["client auth"]}
REQUEST = request()


@contract
def test_a_certificate(api: Side) -> None:
    """Asked for, approved and signed; what was decided stays."""
    plural = f"/apis/{CERTIFICATES}"
    at = f"{plural}/contract-jane"
    own = {"signerName": "example.com/signer", "usages": ["client auth"]}  # which is nobody's but ours
    spec = {**own, "request": REQUEST, "expirationSeconds": 3600, "username": "somebody"}
    api.ask("create", "POST", plural, named("jane", spec=spec))
    api.kubectl("get csr contract-jane")
    api.kubectl("get csr --field-selector=spec.signerName=example.com/other")
    api.patch("spec", "merge", at, {"spec": {"usages": ["server auth"]}})
    approved = {"conditions": [{"type": "Approved", "status": "True"}]}
    api.patch("not so", "merge", at + "/status", {"status": approved})
    api.kubectl("certificate approve contract-jane")
    denied = {"conditions": [*approved["conditions"], {"type": "Denied", "status": "True"}]}
    api.patch("denied", "merge", at + "/approval", {"status": denied})
    api.patch("withdrawn", "merge", at + "/approval", {"status": {"conditions": []}})
    api.patch("by approval", "merge", at + "/approval", {"status": {"certificate": CERTIFICATE}})
    api.patch("signed", "merge", at + "/status", {"status": {"certificate": CERTIFICATE}})
    api.patch("replaced", "merge", at + "/status", {"status": {"certificate": None}})
    api.kubectl("get csr contract-jane")
    api.ask("delete", "DELETE", at)


def certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jane")])
    since = datetime(2026, 12, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, KEY.public_key(), 1, since, since + timedelta(days=9))
    return base64.b64encode(made.sign(KEY, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)).decode()


CERTIFICATE = certificate()
CERTIFICATE_REQUESTS = {
    "right": {**CLIENT, "request": REQUEST},
    "no-request": {**CLIENT, "request": base64.b64encode(b"junk").decode()},
    "usages": {**CLIENT, "request": REQUEST, "usages": ["odd", "signing", "signing"]},
    "no-usages": {**CLIENT, "request": REQUEST, "usages": []},
    "signer": {**CLIENT, "request": REQUEST, "signerName": "signer"},
    "signer-junk": {**CLIENT, "request": REQUEST, "signerName": "example/A_"},
    "legacy": {**CLIENT, "request": REQUEST, "signerName": "kubernetes.io/legacy-unknown"},
    "short": {**CLIENT, "request": REQUEST, "expirationSeconds": 5},
    "masters": {**CLIENT, "request": request("root", "system:masters")},
}


@pytest.mark.parametrize("spec", [pytest.param(each, id=name) for name, each in CERTIFICATE_REQUESTS.items()])
@contract
def test_certificate_requests(api: Side, spec: dict[str, Any]) -> None:
    """A request, or why it is none."""
    api.ask("create", "POST", f"/apis/{CERTIFICATES}?dryRun=All", named("junk", spec=spec))

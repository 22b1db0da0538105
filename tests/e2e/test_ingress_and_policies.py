"""What docs/ingress.md and docs/network-policies.md tell to type, typed, in a lab of two nodes."""

from __future__ import annotations

import pytest
import trustme

from tests.e2e.reader import Reader, reading

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

WELCOME = "<h1>Welcome to nginx!</h1>"
ADDRESS = "jsonpath='{.status.loadBalancer.ingress[0].ip}'"
CLIENT = "192.168.10.100"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    with reading(Reader, "ingress", tmp_path_factory, "--nodes", "2") as found:
        yield found


@pytest.fixture(scope="module")
def address(reader):
    """Where Ingresses answer, once there is the first one, and what it leads to."""
    reader.type("kubectl create deployment web --image=nginx && kubectl expose deployment web --port=80")
    reader.type("kubectl create ingress web --rule='web.example.com/*=web:80'")
    reader.type("kubectl rollout status deployment web --timeout=60s")
    return reader.shows(f"kubectl get ingress web -o {ADDRESS}", ".")


def curl(host, address, path="/", scheme="http", *options):
    port = {"http": 80, "https": 443}[scheme]
    words = (*options, "-s", "--max-time", "5", "--resolve", f"{host}:{port}:{address}")
    return f"curl {' '.join(words)} {scheme}://{host}{path}"


def test_it_answers_at_the_address_that_kubectl_shows(reader, address):
    """By its host and no other; and the pods are told who asked."""
    reader.outside(curl("web.example.com", address, "/?a"), WELCOME)
    reader.outside(curl("other.example.com", address), "404: no Ingress has a rule for this host and path")
    listed = reader.type("kubectl get ingress web --no-headers").split()[:4]
    assert listed == ["web", "mockcloud", "web.example.com", address]
    reader.shows("kubectl logs deployment/web", f'"{CLIENT}"')


def test_it_follows_pods(reader, address):
    """None is 503, and says of which Service; one more is enough."""
    reader.type("kubectl scale deployment web --replicas=0")
    said = "503: port 80 of Service default/web has no ready endpoint"
    reader.outside(curl("web.example.com", address), said)
    reader.type("kubectl scale deployment web --replicas=2")
    reader.outside(curl("web.example.com", address), WELCOME)


def test_tls(reader, address, tmp_path):
    """The Secret's certificate, by the name that is asked for."""
    authority = trustme.CA()
    made = authority.issue_cert("tls.example.com")
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    made.private_key_pem.write_to_path(tmp_path / "tls.key")
    for pem in made.cert_chain_pems:
        pem.write_to_path(tmp_path / "tls.crt", append=True)
    files = f"--cert={tmp_path}/tls.crt --key={tmp_path}/tls.key"
    reader.type(f"kubectl create secret tls web-tls {files}")
    reader.type("kubectl create ingress tls --rule='tls.example.com/*=web:80,tls=web-tls'")
    options = ("--cacert", f"{tmp_path}/ca.pem")
    reader.outside(curl("tls.example.com", address, "/", "https", *options), WELCOME)


def test_what_leads_nowhere_is_said(reader, address):
    """As Events of the Ingress, which name what is wrong."""
    reader.type("kubectl create ingress odd --rule='odd.example.com/*=nobody:80'")
    said = "Service default/nobody is not there: requests for it are answered with 503"
    reader.shows("kubectl describe ingress odd", said)
    assert "ServiceUnusable" in reader.type("kubectl describe ingress odd")


DENIED = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: default-deny}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
"""
FRIENDS = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: friends}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{podSelector: {matchLabels: {role: friend}}}], ports: [{port: 80}]}]
"""
LOCKED = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: locked}
spec: {podSelector: {matchLabels: {role: locked}}, policyTypes: [Egress]}
"""
GET = "curl -s --max-time 3 http://web"


def apply(reader, *manifests):
    for each in manifests:
        reader.type(f"kubectl apply -f - <<'E'\n{each}\nE")


def reaches(reader, pod):
    """Whether the pod gets an answer of the Service."""
    return WELCOME in reader.type(f"kubectl exec {pod} -- sh -c '{GET} || true'")


@pytest.fixture(scope="module")
def askers(reader, address):
    """A pod for each of two roles; behind the Service there are pods on both nodes."""
    assert address
    for role in ("friend", "stranger"):
        reader.type(f"kubectl run {role} --image=busybox --labels=role={role} -- sleep infinity")
    reader.type("kubectl wait --for=condition=Ready pod friend stranger --timeout=60s")


def answered(reader):
    """Which of them are."""
    return {role for role in ("friend", "stranger") if reaches(reader, role)}


@pytest.mark.usefixtures("askers")
def test_a_policy_denies_another_allows_and_without_them_all_is_as_it_was(reader):
    """By the Service, whose pods are what is asked; what two policies allow adds up; the pods stay ready."""
    for manifests, wanted in (([], {"friend", "stranger"}), ([DENIED], set()), ([FRIENDS], {"friend"})):
        apply(reader, *manifests)
        reader.until(lambda: answered(reader), wanted)
    reader.type("kubectl wait --for=condition=Ready pod -l app=web --timeout=60s")
    reader.type("kubectl delete networkpolicy default-deny friends")
    reader.until(lambda: answered(reader), {"friend", "stranger"})


@pytest.mark.usefixtures("askers")
def test_a_pod_is_isolated_before_its_first_program_runs(reader):
    """What it does at once is refused, and its name servers answer all the same: they are its node."""
    apply(reader, LOCKED)
    place = """--overrides='{"spec": {"nodeName": "node-1"}}' --image=busybox --labels=role=locked"""
    reader.type(f"kubectl run first {place} -- sleep infinity")
    reader.type("kubectl wait --for=condition=Ready pod/first --timeout=60s")
    reader.until(lambda: reaches(reader, "first"), False)  # its node knows the policy
    program = "nslookup web >/dev/null && echo name; curl -s --max-time 3 http://web || echo refused"
    reader.type(f"kubectl run second {place} --restart=Never -- sh -c '{program}'")
    reader.shows("kubectl logs second", lambda said: said.split() == ["name", "refused"])

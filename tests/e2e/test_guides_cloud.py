"""What the guides say of clouds, typed in a lab that is one: AWS' balancers before Services.

As in test_guides.py: commands stand as the guides have them, and are typed until what they show is right.
"""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.e2e.reader import IP, Reader, reading

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]
pytest.importorskip("boto3")

CLIENT = "203.0.113.100"
HOST_NAME = r"a[0-9a-f]{31}-[0-9a-f]+(\.elb\.eu-central-1|\.eu-central-1\.elb)\.mockcloud\.test"


class CloudReader(Reader):
    """Somebody with a cluster at AWS."""

    def host_name(self, service):
        """What EXTERNAL-IP says, once the cloud has made the balancer."""
        path = "{.status.loadBalancer.ingress[0].hostname}"
        self.type(f"kubectl wait --for=jsonpath='{path}' service/{service} --timeout=60s")
        return self.type(f"kubectl get service {service} -o jsonpath='{path}'")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Three nodes in three zones, the controller in the box; health is looked at in fast motion."""
    with reading(CloudReader, "guides-cloud", tmp_path_factory, "--provider", "cloud") as found:
        found.type(
            "eval $(mockcloud cloud env --lab guides-cloud) && "
            """curl -sS --fail -d '{"rate": 20}' $AWS_ENDPOINT_URL/_mock/clock"""
        )
        yield found


def test_nodes_are_those_of_a_cloud_as_soon_as_the_lab_is_up(reader):
    """`up` returns when the controller has been at all of them: an EXTERNAL-IP, a type and a zone of AWS'."""
    lines = reader.type(
        "kubectl get nodes -o wide --no-headers"
        " -L node.kubernetes.io/instance-type,topology.kubernetes.io/zone"
    ).splitlines()

    assert len(lines) == 3
    for line, zone in zip(lines, "abc", strict=True):
        assert re.search(rf" 10\.0\.\d\.\d+ +198\.18\.0\.\d+ .* t3\.\w+ +eu-central-1{zone}$", line), line


def test_an_nlb_with_two_ports_is_pending_while_the_cloud_works_and_answers_by_its_name(reader):
    """service-discovery: nlb and internet-facing, `get svc -w`, curl of the host name, what it costs."""
    watch = subprocess.Popen(
        ["kubectl", "get", "svc", "-w"], env=reader.environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert watch.stdout.readline().startswith("NAME")
        assert watch.stdout.readline().startswith("kubernetes ")  # listed: whatever comes now is shown
        with reader.applied("service-discovery/api.yaml"):
            shown = (line for line in iter(watch.stdout.readline, "") if line.startswith("api-loadbalancer "))
            ports = r"80:3\d+/TCP,443:3\d+/TCP"
            pending = re.compile(rf"LoadBalancer +10\.96\S+ +<pending> +{ports}")
            assert pending.search(next(shown))
            made = next(line for line in shown if not pending.search(line))
            assert re.search(rf"LoadBalancer +10\.96\S+ +{HOST_NAME} +{ports}", made)

            name = reader.host_name("api-loadbalancer")
            assert name in reader.type("kubectl get svc api-loadbalancer")
            for port in (80, 443):
                reader.outside(f"curl -s --max-time 5 http://{name}:{port}/health", "request: GET /health")
            events = reader.type("kubectl describe svc api-loadbalancer")
            assert "EnsuredLoadBalancer" in events
            assert "aws-load-balancer-scheme" in events  # another controller's annotation is not passed over
            bill = reader.type("mockcloud cloud bill --lab guides-cloud")
            assert re.search(rf"^load balancer +{name[:32]} +0\.0225", bill, re.MULTILINE)
        assert "load balancer" not in reader.type("mockcloud cloud bill --lab guides-cloud")
    finally:
        watch.kill()
        watch.communicate()


def test_each_service_has_a_balancer_and_policy_local_keeps_the_clients_address(reader):
    """types-compared: `kubectl get svc public-web`, curl from outside and from a pod."""
    with reader.applied("types-compared/application.yaml -f types-compared/services.yaml"):
        first, second = (reader.host_name(each) for each in ("public-web", "public-web-local"))
        assert first != second
        reader.outside(f"curl -s --max-time 5 http://{first}", "pod: web-")
        reader.outside(f"curl -s --max-time 5 http://{second}", f"client: {CLIENT}:")
        reader.shows(f"kubectl exec frontend-pod -- curl -s --max-time 5 http://{first}", "pod: web-")


def test_without_an_annotation_the_balancer_is_a_classic_one(reader):
    """expose-pods: pods see an address of the private network, the balancer's or a node's."""
    with reader.applied("expose-pods/deployment.yaml"):
        name = reader.host_name("my-app")
        said = reader.outside(f"curl -s --max-time 5 http://{name}", "pod: my-app-")
        assert IP.search(said.partition("client: ")[2]).group().startswith("10.")
        shown = reader.type("mockcloud cloud balancers --lab guides-cloud")
        assert re.search(rf"^{name[:32]} +classic +active ", shown, re.MULTILINE)

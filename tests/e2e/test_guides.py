"""What five guides to Kubernetes Services tell their readers to type, typed: real kubectl, one lab for all.

Commands stand here as the guides have them; where they say <any-node-ip> or name an address, a test fills in
the lab's. Inside pods they are typed by `kubectl exec`, outside the cluster on the lab's client.
What they say of clouds: test_guides_cloud.py.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import contextmanager

import pytest

from tests.e2e.reader import IP, Reader, pods_in, reading

pytestmark = [pytest.mark.netns, pytest.mark.kubectl]

WELCOME = "<h1>Welcome to nginx!</h1>"


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """A lab of three nodes for all tests of this file."""
    with reading(Reader, "guides", tmp_path_factory) as found:
        yield found


@pytest.fixture(scope="class")
def guide(request, reader):
    """The guide's manifests in the lab, while its tests run."""
    with reader.applied(request.cls.FOLDER):
        yield reader


@pytest.fixture(scope="class")
def toolbox(guide):
    """A pod that is younger than the guide's Services: its environment knows them."""
    guide.type("kubectl run toolbox --image=busybox --command -- sleep infinity")
    guide.type("kubectl wait --for=condition=Ready pod/toolbox --timeout=60s")
    yield
    guide.type("kubectl delete pod toolbox")


class TestTypesOneByOne:
    """NodePort with nginx, headless with Redis, ExternalName; each in turn."""

    FOLDER = "types-one-by-one"

    def test_a_node_port_answers_on_every_node(self, guide):
        """Also where no pod runs."""
        where = {pod["spec"]["nodeName"] for pod in guide.json("pods -l app=nginx-app")["items"]}
        nodes = guide.node_ips()
        assert set(nodes) - where, "there is no node without a pod"
        for ip in nodes.values():
            guide.outside(f"curl -s http://{ip}:30080", WELCOME)

    def test_what_kubectl_shows_of_it(self, guide):
        """get svc, describe svc, get endpoints."""
        assert re.search(
            r"nginx-nodeport +NodePort +10\.96\S+ +<none> +80:30080/TCP", guide.type("kubectl get svc")
        )
        described = guide.type("kubectl describe svc nginx-nodeport")
        assert re.search(r"^Selector: +app=nginx-app$", described, re.MULTILINE)
        assert re.search(r"^NodePort: +<unset> +30080/TCP$", described, re.MULTILINE)
        pods = guide.json("pods -l app=nginx-app")["items"]
        line = next(
            each for each in guide.type("kubectl get endpoints").splitlines() if "nginx-nodeport" in each
        )
        assert {f"{pod['status']['podIP']}:80" for pod in pods} == set(line.split()[1].split(","))

    def test_a_headless_service_gives_every_pod_and_each_has_a_name(self, guide):
        """redis-0.redis is a certain pod; the plain name is all of them."""
        ips = {
            pod["metadata"]["name"]: pod["status"]["podIP"]
            for pod in guide.json("pods -l app=redis")["items"]
        }
        assert sorted(ips) == ["redis-0", "redis-1", "redis-2"]
        guide.shows("kubectl exec app -- nslookup redis", resolves_to(*ips.values()))
        for name, ip in ips.items():
            full = f"{name}.redis.default.svc.cluster.local"
            guide.shows(f"kubectl exec app -- nslookup {full}", resolves_to(ip))
            guide.shows(redis(name, "CONFIG GET dir"), "/data")

    def test_a_stateful_pod_comes_back_with_its_name_and_its_data(self, guide):
        """Another pod, on another node, with the same volume."""
        node = guide.json("pod redis-1")["spec"]["nodeName"]
        assert "+OK" in guide.type(redis("redis-1", "SET greeting hello"))
        guide.type(f"kubectl cordon {node}")
        guide.type("kubectl delete pod redis-1")
        guide.type("kubectl rollout status statefulset/redis --timeout=60s")
        guide.type(f"kubectl uncordon {node}")
        assert guide.json("pod redis-1")["spec"]["nodeName"] != node
        guide.shows(redis("redis-1", "GET greeting"), "hello")
        assert re.search(
            r"^data-redis-1 +Bound +pvc-\S+ +1Gi +RWO ", guide.type("kubectl get pvc"), re.MULTILINE
        )

    def test_a_client_from_the_servers_own_image(self, guide):
        """Its args are a command, as with the real image."""
        shown = guide.type_at_a_terminal(
            "kubectl run client --image=redis --restart=Never --rm -it -- nc -z -v redis-2.redis 6379"
        )
        assert "succeeded" in shown
        guide.type("kubectl wait --for=delete pod/client --timeout=60s")

    def test_an_external_name_is_an_alias(self, guide):
        """DNS says what it stands for; there is nothing else."""
        name, target = (
            "payment-service-db.default.svc.cluster.local",
            "mydb.abc123.us-east-1.rds.amazonaws.com.",
        )
        guide.shows(f"kubectl exec app -- nslookup {name}", f"{name}\tcanonical name = {target}")


class TestTypesCompared:
    """One application, exposed in every way."""

    FOLDER = "types-compared"

    def test_a_cluster_ip_by_its_short_and_its_full_name(self, guide):
        """From a pod; and both pods get their share."""
        for name in ("backend-api:80", "backend-api.default.svc.cluster.local:80"):
            guide.shows(f"kubectl exec frontend-pod -- curl http://{name}", "pod: backend-")
        guide.is_answered_by("app=backend", "frontend-pod", "http://backend-api:80")

    def test_a_node_port_on_each_worker(self, guide):
        """192.168.1.10 and its neighbours are other addresses here."""
        for ip in guide.node_ips().values():
            guide.outside(f"curl -s http://{ip}:30080", "pod: web-")

    def test_a_load_balancer_has_an_address_that_answers(self, guide):
        """`kubectl get svc public-web` shows it, `curl` reaches it, from outside and from a pod."""
        ip = guide.external_ip("public-web")
        assert re.search(
            rf"public-web +LoadBalancer +10\.96\S+ +{ip} +80:3\d+/TCP",
            guide.type("kubectl get svc public-web"),
        )
        guide.outside(f"curl -s http://{ip}", "pod: web-")
        guide.shows(f"kubectl exec frontend-pod -- curl -s http://{ip}", "pod: web-")

    def test_traffic_policy_local_keeps_the_clients_address(self, guide):
        """With Cluster, the pod may see a node instead."""
        ip = guide.external_ip("public-web-local")
        guide.outside(f"curl -s http://{ip}", "client: 192.168.10.100:")

    def test_nslookup_of_an_external_name_and_of_a_headless_service(self, guide):
        """An alias, and the pods' addresses."""
        guide.shows("kubectl exec app -- nslookup external-db", "canonical name = db.example.com.")
        ips = [pod["status"]["podIP"] for pod in guide.json("pods -l app=postgres")["items"]]
        guide.shows("kubectl exec app -- nslookup db-headless", resolves_to(*ips))
        one = "postgres-0.db-headless.default.svc.cluster.local"
        guide.shows(f"kubectl exec app -- nslookup {one}", resolves_to(ips[0]))

    def test_common_issues(self, guide):
        """A wrong selector shows as no endpoints, and mending it helps at once."""
        guide.type("""kubectl patch service backend-api -p '{"spec":{"selector":{"app":"misspelt"}}}'""")
        guide.shows("kubectl get endpoints backend-api", "<none>")
        guide.type("""kubectl patch service backend-api -p '{"spec":{"selector":{"app":"backend"}}}'""")
        guide.type(
            "kubectl wait --for=jsonpath='{.subsets[0].addresses[1].ip}' endpoints/backend-api --timeout=60s"
        )


class TestServiceDiscovery:
    """How pods find Services, and what Services lead to."""

    FOLDER = "service-discovery"

    def test_a_deleted_pod_is_replaced_at_another_address_and_endpoints_follow(self, guide):
        """The Service's own address stays."""
        address = guide.json("service api-service")["spec"]["clusterIP"]
        victim = guide.json("pods -l app=api")["items"][0]
        guide.type(f"kubectl delete pod {victim['metadata']['name']}")
        guide.type("kubectl rollout status deployment/api --timeout=60s")
        now = {pod["status"]["podIP"] for pod in guide.json("pods -l app=api")["items"]}
        assert victim["status"]["podIP"] not in now
        wanted = {f"{ip}:8080" for ip in now}
        guide.shows(
            "kubectl get endpoints api-service --no-headers",
            lambda line: set(line.split()[1].split(",")) == wanted,
        )
        assert guide.json("service api-service")["spec"]["clusterIP"] == address

    def test_a_throw_away_pod_calls_the_service(self, guide):
        """kubectl run --rm -it, at a terminal."""
        shown = guide.type_at_a_terminal(
            "kubectl run curl --image=curlimages/curl --rm -it -- curl http://api-service/health"
        )
        assert "request: GET /health" in shown
        assert 'pod "curl" deleted' in shown
        guide.type("kubectl wait --for=delete pod/curl --timeout=60s")

    def test_a_node_port_from_outside(self, guide):
        """Any node will do."""
        for ip in guide.node_ips().values():
            guide.outside(f"curl -s http://{ip}:30080/health", "request: GET /health")

    def test_get_svc_w_shows_the_address_come(self, guide):
        """Applied anew, the Service is pending first and has an address then; both of its ports answer."""
        guide.type("kubectl delete service api-loadbalancer")
        watch = subprocess.Popen(
            ["kubectl", "get", "svc", "-w", "--field-selector", "metadata.name=api-loadbalancer"],
            env=guide.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        guide.type("kubectl apply -f service-discovery/api.yaml")
        shown = []
        while not shown or not re.search(r"192\.168\.10\.\d+ ", shown[-1]):
            shown.append(watch.stdout.readline())
        watch.kill()
        watch.communicate()
        assert re.search(r"LoadBalancer +10\.96\S+ +192\.168\.10\.\d+ +80:3\d+/TCP,443:3\d+/TCP", shown[-1])
        ip = guide.external_ip("api-loadbalancer")
        guide.outside(f"curl -s http://{ip}/health", "request: GET /health")
        guide.outside(f"curl -s http://{ip}:443/health", "request: GET /health")

    @pytest.mark.parametrize(
        "name",
        [
            "api-service",
            "api-service.default",
            "api-service.default.svc",
            "api-service.default.svc.cluster.local",
        ],
    )
    def test_dns_names(self, guide, toolbox, name):
        """All forms of a Service's name, by nslookup, by the C library, and by curl."""
        ip = guide.json("service api-service")["spec"]["clusterIP"]
        guide.shows(f"kubectl exec toolbox -- nslookup {name}", resolves_to(ip))
        assert guide.type(f"kubectl exec toolbox -- getent hosts {name}").split()[0] == ip
        guide.shows(f"kubectl exec toolbox -- curl -s http://{name}", "pod: api-")

    def test_srv_records_and_dig(self, guide, toolbox):
        """The port of a name."""
        srv = "_http._tcp.api-service.default.svc.cluster.local"
        record = re.compile(r"0 \d+ 80 api-service\.default\.svc\.cluster\.local\.\n")
        guide.shows(f"kubectl exec toolbox -- dig +short {srv} SRV", record.fullmatch)
        ip = guide.json("service api-service")["spec"]["clusterIP"]
        assert guide.type("kubectl exec toolbox -- dig +short +search api-service") == f"{ip}\n"
        assert (
            guide.type(f"kubectl exec toolbox -- dig +short -x {ip}")
            == "api-service.default.svc.cluster.local.\n"
        )

    def test_environment_variables(self, guide, toolbox):
        """Those of the Services that were there before the pod."""
        ip = guide.json("service api-service")["spec"]["clusterIP"]
        said = guide.type(
            "kubectl exec toolbox -- sh -c 'echo $API_SERVICE_SERVICE_HOST $API_SERVICE_SERVICE_PORT'"
        )
        assert said == f"{ip} 80\n"
        assert "APP_SERVICE_SERVICE_PORT_GRPC=50051\n" in guide.type("kubectl exec toolbox -- env")

    def test_empty_endpoints_are_a_selector_that_matches_nothing(self, guide):
        """What to look at."""
        selector = guide.type("kubectl describe svc api-service | grep Selector")
        assert re.fullmatch(r"Selector: +app=api\n", selector)
        assert len(guide.type("kubectl get pods -l app=api --no-headers").splitlines()) == 2

    def test_psql_reaches_a_certain_pod(self, guide, toolbox):
        """By its name below the headless Service."""
        ips = {pod["status"]["podIP"] for pod in guide.json("pods -l app=postgres")["items"]}
        guide.shows("kubectl exec toolbox -- nslookup postgres-headless", resolves_to(*ips))
        for index in range(3):
            name = f"postgres-{index}.postgres-headless"
            query = f"kubectl exec toolbox -- psql -h {name} -U admin -At -c 'select inet_server_addr()'"
            ip = guide.json(f"pod postgres-{index}")["status"]["podIP"]
            guide.shows(query, f"{ip}\n")

    def test_session_affinity(self, guide, toolbox):
        """One pod for a client, always; without it, both."""
        assert len(set(guide.answers("toolbox", "http://api-sticky"))) == 1
        guide.is_answered_by("app=api", "toolbox", "http://api-service")

    def test_several_ports(self, guide, toolbox):
        """Each leads to its own."""
        for port in (80, 9090, 50051):
            guide.shows(f"kubectl exec toolbox -- curl -s http://app-service:{port}", "pod: myapp-")


class TestServiceBasics:
    """A first Deployment, and a Service of each type before it."""

    FOLDER = "service-basics"

    def test_each_type_is_reached_from_where_it_should_be(self, guide):
        """Inside, on a node's port, on an address of its own."""
        inside = guide.json("service sample-clusterip")["spec"]["clusterIP"]
        assert WELCOME in guide.lab.run("node-2", "curl", "-s", f"http://{inside}:8080")
        port = guide.json("service sample-nodeport")["spec"]["ports"][0]["nodePort"]
        for ip in guide.node_ips().values():
            guide.outside(f"curl -s http://{ip}:{port}", WELCOME)
        ip = guide.external_ip("sample-loadbalancer")
        guide.outside(f"curl -s http://{ip}:8080", WELCOME)

    def test_pods_share_the_load_and_more_of_them_take_part(self, guide):
        """`kubectl scale` is followed by the endpoints; each pod has a page of its own, as in guides."""
        ip = guide.external_ip("sample-loadbalancer")
        guide.type("kubectl scale deployment sample-app --replicas=4")
        guide.type("kubectl rollout status deployment/sample-app --timeout=60s")
        names = guide.names("app=sample-app")
        for name in names:
            page = "echo pod: $(hostname) > /usr/share/nginx/html/index.html"
            guide.type(f"kubectl exec {name} -- sh -c '{page}'")
        loop = f"for i in $(seq 60); do curl -s http://{ip}:8080; done"
        guide.outside(loop, lambda said: pods_in(said) == names)

    def test_the_headless_service_gives_the_pods(self, guide):
        """By DNS, from a pod."""
        pod = sorted(guide.names("app=sample-app"))[0]
        ips = [each["status"]["podIP"] for each in guide.json("pods -l app=sample-app")["items"]]
        guide.shows(f"kubectl exec {pod} -- nslookup sample-headless", resolves_to(*ips))

    def test_port_forward_from_your_own_terminal(self, guide):
        """To a Service that has no address outside."""
        with forwarded(guide, "service/sample-clusterip", 8080) as port:
            guide.shows(f"curl -s http://127.0.0.1:{port}/50x.html", "An error occurred.")


class TestExposePods:
    """One Deployment, from inside and from outside."""

    FOLDER = "expose-pods"

    def test_inside_outside_and_through_a_tunnel(self, guide):
        """ClusterIP, LoadBalancer, kubectl port-forward."""
        pod = sorted(guide.names("app=my-app"))[0]
        guide.shows(f"kubectl exec {pod} -- curl -s http://my-app-internal", "pod: my-app-")
        ip = guide.external_ip("my-app")
        guide.outside(f"curl -s http://{ip}", "pod: my-app-")
        with forwarded(guide, "deployment/my-app", 8080) as port:
            guide.shows(f"curl -s http://127.0.0.1:{port}", "pod: my-app-")

    def test_an_external_api_has_a_name_inside(self, guide):
        """Nothing is forwarded: it is DNS only."""
        pod = sorted(guide.names("app=my-app"))[0]
        alias = "external-api.default.svc.cluster.local\tcanonical name = api.example.com."
        guide.shows(f"kubectl exec {pod} -- nslookup external-api", alias)

    def test_logs_of_a_pod(self, guide):
        """What its program said."""
        guide.shows("kubectl logs deployment/my-app", "listening")


def redis(pod, command):
    """A command to a certain Redis pod, as a person without redis-cli types it."""
    typed = f'printf "{command}\\r\\nQUIT\\r\\n" | nc {pod}.redis 6379'
    return f"kubectl exec app -- sh -c '{typed}'"


def addresses(answer):
    """The addresses in what nslookup printed, without the server's."""
    return IP.findall(answer.partition("Name:")[2])


def resolves_to(*ips):
    """The question whether nslookup found these addresses, each once, and no other."""
    return lambda answer: sorted(addresses(answer)) == sorted(ips)


@contextmanager
def forwarded(guide, target, port):
    """`kubectl port-forward TARGET :PORT`: the local port."""
    process = subprocess.Popen(
        ["kubectl", "port-forward", target, f":{port}"],
        env=guide.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stdout.readline()
        yield int(re.search(r"127\.0\.0\.1:(\d+) ->", line).group(1))
    finally:
        process.terminate()
        process.communicate(timeout=90)

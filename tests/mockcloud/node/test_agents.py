"""Real agents, a real API, real packets: two nodes and a client in namespaces."""

import asyncio
import json
import signal
import time

import pytest

from mockcloud.client.resources import ENDPOINT_SLICES, EVENTS, NODES, PODS, SERVICES
from mockcloud.client.rest import ApiError, Client
from testkit import objects

pytestmark = [pytest.mark.netns]
NODE_1, NODE_2 = "192.168.10.11", "192.168.10.12"
HTTP = [{"containerPort": 80}]
REFUSED, TIMED_OUT = 7, 28  # how curl ends


@pytest.fixture
async def api(lab):
    """A client of the lab's API; pods and Services made by it are gone after the test."""
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        yield client
        for resource in (SERVICES, ENDPOINT_SLICES, PODS):
            for obj in (await client.list(resource, namespace="default"))["items"]:
                if obj["metadata"]["name"] != "kubernetes":
                    await client.delete(
                        resource, obj["metadata"]["name"], namespace="default", grace_seconds=1
                    )
        await until(lambda: no_pods(client))


async def no_pods(client):
    return not (await client.list(PODS, namespace="default"))["items"]


async def until(question, seconds=60.0):
    """The question's first true answer; AssertionError where it has none in time."""
    end = time.monotonic() + seconds
    while True:
        answer = await question()
        if answer:
            return answer
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.02)


def pod(name, node, *, image="traefik/whoami", spec=None, **container):
    main = objects.container("main", image=image, **container)
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 5, **(spec or {})}
    return objects.pod(name, main, metadata={"labels": {"app": "web"}}, **spec)


async def ready(client, name):
    async def is_ready():
        found = await client.get(PODS, name, "default")
        conditions = found.get("status", {}).get("conditions") or []
        return found if any(c["type"] == "Ready" and c["status"] == "True" for c in conditions) else None

    return await until(is_ready)


async def run_pod(client, name, node, **kwargs):
    """The running pod's addresses, IPv4 first."""
    await client.create(PODS, pod(name, node, **kwargs))
    return [one["ip"] for one in (await ready(client, name))["status"]["podIPs"]]


async def state(client, name):
    found = await client.get(PODS, name, "default")
    return (found.get("status", {}).get("containerStatuses") or [{"state": {}}])[0]


def service(name, number, **spec):
    addresses = {
        "clusterIP": f"10.96.7.{number}",
        "clusterIPs": [f"10.96.7.{number}", f"fd00:10:96::70{number}"],
        "ipFamilyPolicy": "RequireDualStack",
    }
    ports = [{"port": 80, "nodePort": 30700 + number}]
    return objects.service(name, **{"type": "LoadBalancer", "ports": ports, **addresses, **spec})


def endpoint_slice(name, kind, endpoints):
    listed = [{"addresses": [ip], "nodeName": node, "conditions": {"ready": True}} for ip, node in endpoints]
    ports = [{"name": "", "port": 80, "protocol": "TCP"}]
    return objects.endpoint_slice(name, *listed, family=kind, ports=ports)


async def expose(client, name, number, endpoints, **spec):
    """A Service with a load-balancer address, and hand-made slices of both families."""
    await client.create(SERVICES, service(name, number, **spec))
    ingress = [{"ip": f"192.168.10.{200 + number}"}, {"ip": f"fd00:10::{200 + number}"}]
    status = {"status": {"loadBalancer": {"ingress": ingress}}}
    await client.patch(SERVICES, name, status, namespace="default", subresource="status")
    for index, kind in enumerate(("IPv4", "IPv6")):
        found = [(ips[index], node) for ips, node in endpoints]
        await client.create(ENDPOINT_SLICES, endpoint_slice(name, kind, found))


def ask(lab, host, place):
    """The JSON answer of the pod that answers at `place` now."""
    return json.loads(lab.run(host, "curl", "-sgm3", "-H", "Accept: application/json", f"http://{place}/"))


async def answered(lab, host, place):
    """The same, once there is one: each node's rules follow a change within moments, and each by itself."""

    async def try_it():
        argv = ["curl", "-sgm1", "-H", "Accept: application/json", f"http://{place}/"]
        done = lab.ask(op="run", host=host, argv=argv, timeout=90)
        return json.loads(done["out"]) if done["rc"] == 0 else None

    return await until(try_it)


async def ends_with(lab, code, host, place):
    """Return when curl comes to end with that code in three seconds: that nobody is there takes more."""

    async def ended():
        return lab.exit_code(host, "curl", "-sgm3", f"http://{place}/") == code

    await until(ended)


async def test_a_service_is_reached_by_every_way_from_everywhere(lab, api):
    """ClusterIP, NodePort on a node without a pod, LoadBalancer address; across nodes; IPv4 and IPv6."""
    ips = await run_pod(api, "web", "node-2", ports=HTTP)
    await expose(api, "web", 1, [(ips, "node-2")])
    for node in (NODE_1, NODE_2, "[fd00:10::11]", "[fd00:10::12]"):
        answer = await answered(lab, "client", f"{node}:30701")
        assert (answer["pod"], answer["node"]) == ("web", "node-2")
        assert node.strip("[]") in answer["client"], "the node hides the client under policy Cluster"
    for place in ("10.96.7.1", "[fd00:10:96::701]", "192.168.10.201", "[fd00:10::201]"):
        assert (await answered(lab, "node-1", place))["pod"] == "web"
    # The client has no speaker here: it is told where the address is, as an ARP answer would.
    lab.run("client", "ip", "route", "add", "192.168.10.201/32", "via", NODE_1)
    assert (await answered(lab, "client", "192.168.10.201"))["client"].startswith(NODE_1)


async def test_pods_reach_services_with_their_own_address_and_themselves(lab, api):
    """From a pod: ClusterIP keeps the pod's address; its own Service reaches itself (hairpin)."""
    ips = await run_pod(api, "web", "node-1", ports=HTTP)
    await expose(api, "web", 2, [(ips, "node-1")])
    await answered(lab, "node-2", "10.96.7.2")
    script = "until curl -sgm3 http://10.96.7.2/; do sleep 0.2; done; sleep 60"
    other = await run_pod(api, "other", "node-2", image="busybox", command=["sh", "-c", script])
    log = lab.folder / "node-2" / "pods"
    assert f"client: {other[0]}:" in await until(lambda: read_log(log, "default_other_*"))
    await api.create(PODS, pod("again", "node-1", image="busybox", command=["sh", "-c", script]))
    hairpin = await run_pod(api, "self", "node-1", spec={"containers": [
        {"name": "web", "image": "traefik/whoami", "ports": HTTP},
        {"name": "main", "image": "busybox", "command": ["sh", "-c", script.replace("7.2", "7.3")]},
    ]})  # fmt: skip
    await expose(api, "self", 3, [(hairpin, "node-1")])
    assert "pod: self" in await until(lambda: read_log(lab.folder / "node-1" / "pods", "default_self_*"))


async def read_log(folder, pattern):
    return next((found.read_text() for found in folder.glob(f"{pattern}/logs/main/0.log")), "")


async def test_without_endpoints_connections_are_refused_at_once(lab, api):
    """Not dropped: a client knows within a moment, at every address of the Service."""
    await expose(api, "empty", 4, [])
    lab.run("client", "ip", "route", "add", "192.168.10.204/32", "via", NODE_1)
    for host, place in (
        ("client", f"{NODE_1}:30704"),
        ("client", f"{NODE_2}:30704"),
        ("client", "[fd00:10::11]:30704"),
        ("client", "192.168.10.204"),
        ("node-1", "10.96.7.4"),
        ("node-1", "[fd00:10:96::704]"),
        ("node-1", "10.96.7.4:81"),
    ):
        await ends_with(lab, REFUSED, host, place)


async def test_policy_local_keeps_the_client_and_stays_on_the_node(lab, api):
    """externalTrafficPolicy Local: the client's own address, and silence from a node without a pod."""
    ips = await run_pod(api, "web", "node-2", ports=HTTP)
    await expose(api, "web", 5, [(ips, "node-2")], externalTrafficPolicy="Local")
    await answered(lab, "client", f"{NODE_2}:30705")
    assert ask(lab, "client", f"{NODE_2}:30705")["client"].startswith("192.168.10.100:")
    await ends_with(lab, TIMED_OUT, "client", f"{NODE_1}:30705")


async def test_affinity_sticks_to_one_of_two(lab, api):
    """sessionAffinity ClientIP: ten connections, one pod."""
    one = await run_pod(api, "one", "node-1", ports=HTTP)
    two = await run_pod(api, "two", "node-2", ports=HTTP)
    await expose(api, "web", 6, [(one, "node-1"), (two, "node-2")], sessionAffinity="ClientIP")
    await answered(lab, "client", f"{NODE_1}:30706")
    assert len({ask(lab, "client", f"{NODE_1}:30706")["pod"] for _ in range(10)}) == 1


async def test_a_killed_agent_leaves_pods_rules_and_connections(lab, api):
    """kill -9: a connection that is open lives on, new ones are made, and the next agent takes all over."""
    ips = await run_pod(api, "web", "node-1", ports=HTTP)
    await expose(api, "web", 7, [(ips, "node-1")])
    await answered(lab, "client", f"{NODE_1}:30707")
    # One connection by keep-alive: a request before, one while no agent is there, one after.
    urls = [f"http://{NODE_1}:30707/{number}" for number in range(16)]
    slow = asyncio.to_thread(
        lab.ask,
        op="run",
        host="client",
        argv=["curl", "-sS", "--rate", "6/s", "-w", "%{num_connects}\n", *urls],
        timeout=90,
    )
    before = await state(api, "web")
    assert lab.ask(op="kill", who="node-1", signal=signal.SIGKILL) == {"rc": -9}
    assert ask(lab, "client", f"{NODE_1}:30707")["pod"] == "web"
    done = await slow
    lab.ask(op="start", who="node-1")
    assert done["rc"] == 0
    assert done["out"].count("pod: web") == len(urls)
    assert await ready(api, "web")
    assert await state(api, "web") == before
    assert ask(lab, "client", f"{NODE_1}:30707")["pod"] == "web"


async def test_a_sandbox_whose_files_an_agent_left_unwritten_is_completed(lab, api):
    """An agent killed between a sandbox and its /etc is made up for by the next one."""
    script = "sleep 1; exit 3"
    await run_pod(api, "half", "node-1", image="busybox", command=["sh", "-c", script])
    lab.ask(op="kill", who="node-1", signal=signal.SIGKILL)
    (etc,) = (lab.folder / "node-1" / "pods").glob("default_half_*/etc")
    (etc / "hosts").unlink()
    lab.ask(op="start", who="node-1")

    async def ran_again():
        return (await state(api, "half"))["restartCount"] >= 2

    await until(ran_again)
    assert (etc / "hosts").exists()


async def test_pods_deleted_while_no_agent_was_there_are_cleaned_up(lab, api):
    """A forced deletion that nobody saw: the orphan is found by the next agent and ended."""
    ips = await run_pod(api, "orphan", "node-1", ports=HTTP)
    lab.ask(op="kill", who="node-1", signal=signal.SIGKILL)
    await api.delete(PODS, "orphan", namespace="default", grace_seconds=0)
    assert ask(lab, "node-1", ips[0])["pod"] == "orphan"
    lab.ask(op="start", who="node-1")

    async def gone():
        silent = lab.exit_code("node-1", "curl", "-sm1", f"http://{ips[0]}/") != 0
        return silent and not list((lab.folder / "node-1" / "pods").glob("default_orphan_*"))

    await until(gone)


async def test_a_replaced_pod_gets_another_address(lab, api):
    """The same name anew is not the same place."""
    first = await run_pod(api, "web", "node-1", ports=HTTP)
    await api.delete(PODS, "web", namespace="default")
    await until(lambda: no_pods(api))
    assert await run_pod(api, "web", "node-1", ports=HTTP) != first


async def test_an_unknown_image_says_what_to_do(lab, api):
    """ErrImagePull, then ImagePullBackOff, naming the image and the catalogue."""
    await api.create(PODS, pod("typo", "node-1", image="ngnix:1"))

    async def backing_off():
        waiting = (await state(api, "typo"))["state"].get("waiting", {})
        return waiting if waiting.get("reason") == "ImagePullBackOff" else None

    waiting = await until(backing_off)
    assert '"ngnix:1"' in waiting["message"]
    assert "catalogue.yaml" in waiting["message"]


async def test_a_pod_that_does_not_fit_is_rejected_by_its_node(lab, api):
    """Its port is taken: it has failed, says why, and goes at once when it is deleted."""
    ports = [{"containerPort": 80, "hostPort": 18080}]
    await run_pod(api, "first", "node-1", ports=ports)
    await api.create(PODS, pod("second", "node-1", ports=ports))

    async def rejected():
        status = (await api.get(PODS, "second", "default")).get("status", {})
        return (status.get("phase"), status.get("reason")) == ("Failed", "NodePorts") and status

    assert (await until(rejected))["message"].startswith("Pod was rejected: Predicate NodePorts failed")
    await api.delete(PODS, "second", namespace="default")

    async def is_gone():
        return len((await api.list(PODS, namespace="default"))["items"]) == 1

    await until(is_gone)
    await ready(api, "first")


async def test_a_crashing_program_is_backed_off_and_told(lab, api):
    """CrashLoopBackOff with its count and events, as kubectl shows them."""
    await api.create(PODS, pod("crash", "node-1", image="busybox", command=["sh", "-c", "exit 3"]))

    async def looping():
        found = await state(api, "crash")
        return found if found["state"].get("waiting", {}).get("reason") == "CrashLoopBackOff" else None

    found = await until(looping)
    assert found["lastState"]["terminated"]["exitCode"] == 3
    assert found["restartCount"] >= 1

    uid = (await api.get(PODS, "crash", "default"))["metadata"]["uid"]

    async def told():
        events = (await api.list(EVENTS, namespace="default"))["items"]
        reasons = {one["reason"] for one in events if one["involvedObject"]["uid"] == uid}
        return reasons >= {"Pulled", "Created", "Started", "BackOff"}

    await until(told)


async def test_probes_decide_readiness_and_restarts(lab, api):
    """exec, httpGet and tcpSocket, asked for real."""
    probe = {"periodSeconds": 1, "failureThreshold": 1}
    good = {
        "ports": HTTP,
        "readinessProbe": {**probe, "httpGet": {"port": 80, "path": "/"}},
        "livenessProbe": {**probe, "tcpSocket": {"port": 80}},
        "startupProbe": {**probe, "exec": {"command": ["true"]}},
    }
    await run_pod(api, "good", "node-1", **good)
    assert (await state(api, "good"))["started"] is True
    bad = {"ports": HTTP, "livenessProbe": {**probe, "exec": {"command": ["sh", "-c", "echo no; exit 1"]}}}
    await api.create(PODS, pod("bad", "node-1", **bad))
    never = {"ports": HTTP, "readinessProbe": {**probe, "tcpSocket": {"port": 81}}}
    await api.create(PODS, pod("never", "node-1", **never))

    async def restarted():
        return (await state(api, "bad")).get("restartCount", 0) >= 1

    await until(restarted)

    async def unhealthy():
        events = (await api.list(EVENTS, namespace="default"))["items"]
        return {one["message"] for one in events if one["reason"] == "Unhealthy"}

    async def both():
        found = await unhealthy()
        refused = any("connect: connection refused" in one for one in found)
        return found if refused and "Liveness probe failed: no" in found else None

    await until(both)
    assert (await state(api, "never"))["ready"] is False


async def test_graceful_deletion_gives_the_program_its_time(lab, api):
    """SIGTERM first; a program that does not listen is killed when its grace is over."""
    deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
    patient = {"terminationGracePeriodSeconds": 3600}
    await run_pod(api, "deaf", "node-1", image="busybox", command=deaf, spec=patient)
    begun = time.monotonic()
    await api.delete(PODS, "deaf", namespace="default", grace_seconds=1)
    await until(lambda: no_pods(api))
    assert time.monotonic() - begun > 0.9


async def test_a_job_like_pod_ends_with_its_phase(lab, api):
    """restartPolicy Never: Succeeded, and its namespaces are gone while its object stays."""
    await api.create(
        PODS, pod("job", "node-1", image="busybox", command=["true"], spec={"restartPolicy": "Never"})
    )

    async def ended():
        return (await api.get(PODS, "job", "default"))["status"].get("phase") == "Succeeded"

    await until(ended)
    assert (await state(api, "job"))["state"]["terminated"]["reason"] == "Completed"


async def test_a_node_that_was_given_up_says_that_it_lives(lab, api):
    """Whoever writes Ready False is contradicted within a second; a deleted Node comes back."""
    condition = {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown", "message": ""}
    await api.patch(NODES, "node-2", {"status": {"conditions": [condition]}}, subresource="status")

    async def is_ready():
        try:
            node = await api.get(NODES, "node-2")
        except ApiError:
            return False
        return any(
            c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions", [])
        )

    await until(is_ready)
    await api.delete(NODES, "node-2")
    await until(is_ready)


async def test_odd_objects_stop_no_agent(lab, api):
    """A Node at `localhost` stopped all of them; what comes after it is done as ever."""
    odd = {"type": "InternalIP", "address": "localhost"}
    meta = {"name": "odd-node"}
    await api.create(NODES, {"metadata": meta, "spec": {"podCIDR": "0.0.0.0/0", "podCIDRs": ["0.0.0.0/0"]}})
    await api.patch(NODES, "odd-node", {"status": {"addresses": [odd]}}, subresource="status")
    broken = endpoint_slice("odd", "IPv4", [("10.244.1.250", "odd-node")])
    broken["ports"] = [{"name": "x", "port": None}]
    await api.create(ENDPOINT_SLICES, broken)
    ips = await run_pod(api, "after-odd", "node-2")
    await expose(api, "after-odd", 49, [(ips, "node-2")])
    assert await answered(lab, "client", "192.168.10.11:30749")
    await api.delete(NODES, "odd-node")


async def test_an_ordinary_user_needs_no_root(ordinary_lab):
    """The same agents and packets with no privilege at all."""
    lab = ordinary_lab
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        ips = await run_pod(client, "web", "node-2", ports=HTTP)
        await expose(client, "web", 1, [(ips, "node-2")])
        assert (await answered(lab, "client", f"{NODE_1}:30701"))["node"] == "node-2"
        # Stopped in order, an agent takes its pods along.
        with_pods = lab.ask(op="pids")["count"]
        assert lab.ask(op="kill", who="node-2", signal=signal.SIGTERM) == {"rc": 0}
        assert lab.ask(op="pids")["count"] <= with_pods - 3

"""What real pods see: files, names, variables, volumes; by root and by an ordinary user."""

import asyncio
import signal
import time

import pytest

from mockcloud.client.resources import (
    CONFIG_MAPS,
    EVENTS,
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    PODS,
    SECRETS,
    SERVICES,
)
from mockcloud.client.rest import Client
from mockcloud.cluster_defaults import VOLUME_PROVISIONER
from testkit import objects

pytestmark = [pytest.mark.netns]
NODE_1 = "192.168.10.11"
TOLD = "--- told"  # a pod's program prints it when it has said all


@pytest.fixture
async def api(lab):
    """A client of the lab's API; what it made is gone after the test."""
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        yield client
        for resource in (PODS, SERVICES, CONFIG_MAPS, SECRETS):
            for obj in (await client.list(resource, namespace="default"))["items"]:
                if obj["metadata"]["name"] not in ("kubernetes", "kube-root-ca.crt"):
                    name = obj["metadata"]["name"]
                    await client.delete(resource, name, namespace="default", grace_seconds=0)
        await until(lambda: no_pods(client))


async def no_pods(client):
    return not (await client.list(PODS, namespace="default"))["items"]


async def until(question, seconds=60.0):
    """The question's first true answer; AssertionError where it has none in time."""
    end = time.monotonic() + seconds
    while not (answer := await question()):
        assert time.monotonic() < end, f"still {answer!r} after {seconds} s"
        await asyncio.sleep(0.02)
    return answer


async def claimed(client, name):
    """A claim that is bound to a volume of the lab's provisioner, as its controllers leave it."""
    size = {"storage": "1Gi"}
    shared = {"accessModes": ["ReadWriteOnce"]}
    csi = {"driver": VOLUME_PROVISIONER, "volumeHandle": name}
    volume = make("PersistentVolume", name, spec={**shared, "capacity": size, "csi": csi})
    del volume["metadata"]["namespace"]
    await client.create(PERSISTENT_VOLUMES, volume)
    spec = {**shared, "resources": {"requests": size}, "volumeName": name, "storageClassName": ""}
    await client.create(PERSISTENT_VOLUME_CLAIMS, make("PersistentVolumeClaim", name, spec=spec))
    status = {"status": {"phase": "Bound"}}
    await client.patch(PERSISTENT_VOLUME_CLAIMS, name, status, namespace="default", subresource="status")


def make(resource_kind, name, **content):
    return {
        "apiVersion": "v1",
        "kind": resource_kind,
        "metadata": {"name": name, "namespace": "default"},
        **content,
    }


def pod(name, script, *, spec=None, labels=None, **container):
    """A pod whose shell says what it sees, and stays."""
    main = {"name": "main", "image": "busybox", "command": ["sh", "-c", script], **container}
    return objects.pod(name, main, metadata={"labels": labels or {}}, nodeName="node-1", **(spec or {}))


def said(lab, name, container="main", attempt=0):
    """The lines that a pod's container has written so far."""
    logs = lab.folder.glob(f"node-1/pods/default_{name}_*/logs/{container}/{attempt}.log")
    return [line.split(" ", 3)[3] for path in logs for line in path.read_text().splitlines()]


async def told(lab, name, seconds=60.0):
    """All that it has to say."""

    async def all_of_it():
        lines = said(lab, name)
        return lines if TOLD in lines else None

    return (await until(all_of_it, seconds))[:-1]


async def waiting_reason(client, name):
    status = (await client.get(PODS, name, "default")).get("status", {})
    states = [one["state"] for one in status.get("containerStatuses") or []]
    return states[0].get("waiting") if states else None


SEES_ALL = f"""
hostname; cat /etc/hostname; pwd
grep all.sub /etc/hosts | head -1; cat /etc/resolv.conf
cat /etc/app/a /etc/one /usr/share/nginx/html/a /etc/podinfo/labels; echo
cat /shared/made; stat -f -c %T /shared; stat -Lc %a /etc/secret/key
echo $MESSAGE $COPY $APP $WEB_SERVICE_HOST $KUBERNETES_SERVICE_HOST
tr '\\0' '\\n' < /proc/1/cmdline | grep -x /pause; ls /sys/class/net | tr '\\n' ' '; echo
for file in /etc/app/x /proc/sys/vm/swappiness /sys/x; do (echo 1 > $file) 2> /dev/null && echo $file; done
for folder in /etc /usr/share /var/log /tmp; do echo 1 > $folder/mockcloud-x || echo cannot write there; done
cat /var/run/secrets/kubernetes.io/serviceaccount/namespace; echo
cd /var/run/secrets/kubernetes.io/serviceaccount
curl -sSm5 --cacert ca.crt -H "Authorization: Bearer $(cat token)" \\
  https://$KUBERNETES_SERVICE_HOST/api/v1/namespaces/default | grep -o 'system:serviceaccount[^\\]*'
echo {TOLD}; exec sleep 100
"""


async def check_view(lab, client):
    """A pod with everything, and what it says of it."""
    await client.create(CONFIG_MAPS, make("ConfigMap", "conf", data={"a": "of a map\n", "b": "2"}))
    await client.create(SECRETS, make("Secret", "sec", stringData={"key": "s3cret"}))
    web = make("Service", "web", spec={"clusterIP": "10.96.9.9", "ports": [{"port": 80}]})
    await client.create(SERVICES, web)
    mounts = {
        "/etc/app": {"name": "conf"},
        "/etc/one": {"name": "conf", "subPath": "a"},
        "/usr/share/nginx/html": {"name": "conf"},
        "/etc/podinfo": {"name": "info"},
        "/etc/secret": {"name": "sec"},
        "/shared": {"name": "shared"},
    }
    labels = {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}
    spec = {
        "subdomain": "sub",
        "volumes": [
            {"name": "conf", "configMap": {"name": "conf"}},
            {"name": "sec", "secret": {"secretName": "sec", "defaultMode": 0o400}},
            {"name": "info", "downwardAPI": {"items": [labels]}},
            {"name": "shared", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}},
        ],
        "initContainers": [
            {
                "name": "init",
                "image": "busybox",
                "command": ["sh", "-c", "echo by init > /work/made"],
                "volumeMounts": [{"name": "shared", "mountPath": "/work"}],
            }
        ],
    }
    env = [
        {"name": "MESSAGE", "valueFrom": {"configMapKeyRef": {"name": "conf", "key": "b"}}},
        {"name": "COPY", "value": "<$(MESSAGE)>"},
        {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
    ]
    places = [{"mountPath": path, **mount} for path, mount in mounts.items()]
    wanted = pod(
        "all", SEES_ALL, spec=spec, labels={"app": "x"}, env=env, volumeMounts=places, workingDir="/w/d"
    )
    await client.create(PODS, wanted)
    lines = await told(lab, "all")
    ip = (await client.get(PODS, "all", "default"))["status"]["podIP"]
    assert lines == [
        *("all", "all", "/w/d"),
        f"{ip}\tall.sub.default.svc.cluster.local\tall",
        "search default.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10",
        "options ndots:5",
        *("of a map", "of a map", "of a map", 'app="x"'),
        *("by init", "tmpfs", "400"),
        "2 <2> x 10.96.9.9 10.96.0.1",
        *("/pause", "eth0 lo "),  # its own processes and interfaces
        *("default", "system:serviceaccount:default:default"),  # who may not, but is known
    ]


async def test_a_pod_sees_what_its_spec_says(lab, api):
    """Volumes of all kinds at places the host does not have, names, variables, an API; and nothing more."""
    await check_view(lab, api)
    for folder in ("etc", "usr/share", "var/log", "tmp"):
        assert lab.exit_code("client", "test", "-e", f"/{folder}/mockcloud-x") == 1


async def test_an_ordinary_users_pod_sees_the_same(ordinary_lab):
    """All of it, without root."""
    async with Client.from_kubeconfig(str(ordinary_lab.kubeconfig)) as client:
        await check_view(ordinary_lab, client)


async def test_a_change_reaches_a_pod_that_an_agent_before_started(lab, api):
    """Its mounts live on without an agent, and the next one keeps them up to date."""
    await api.create(CONFIG_MAPS, make("ConfigMap", "conf", data={"a": "one"}))
    script = f"until grep -q two /conf/a; do sleep 0.05; done; echo {TOLD}; exec sleep 100"
    spec = {"volumes": [{"name": "conf", "configMap": {"name": "conf"}}]}
    mounts = [{"name": "conf", "mountPath": "/conf"}]
    await api.create(PODS, pod("reader", script, spec=spec, volumeMounts=mounts))
    await until(lambda: running(api, "reader"))
    lab.ask(op="kill", who="node-1", signal=signal.SIGKILL)
    lab.ask(op="start", who="node-1")
    await api.patch(CONFIG_MAPS, "conf", {"data": {"a": "two"}}, namespace="default")
    await told(lab, "reader")


async def running(client, name):
    return (await client.get(PODS, name, "default")).get("status", {}).get("phase") == "Running"


async def test_what_a_pod_lacks_is_told_and_comes_when_it_is_there(lab, api):
    """A variable's key: CreateContainerConfigError. A volume's Secret: FailedMount, and no sandbox yet."""
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "late", "key": "k"}}}]
    await api.create(PODS, pod("needs-map", f"echo $A; echo {TOLD}; exec sleep 100", env=env))
    spec = {"volumes": [{"name": "s", "secret": {"secretName": "late"}}]}
    mounts = [{"name": "s", "mountPath": "/s"}]
    script = f"cat /s/k; echo; echo {TOLD}; exec sleep 100"
    await api.create(PODS, pod("needs-secret", script, spec=spec, volumeMounts=mounts))

    async def complains():
        found = await waiting_reason(api, "needs-map")
        return found if found and "message" in found else None

    found = await until(complains)
    assert found == {"reason": "CreateContainerConfigError", "message": 'configmap "late" not found'}

    async def warned():
        events = (await api.list(EVENTS, namespace="default"))["items"]
        return [one["message"] for one in events if one["reason"] == "FailedMount"]

    assert await until(warned) == ['MountVolume.SetUp failed for volume "s" : secret "late" not found']

    async def creating():
        return (await waiting_reason(api, "needs-secret") or {}).get("reason") == "ContainerCreating"

    await until(creating)
    await api.create(CONFIG_MAPS, make("ConfigMap", "late", data={"k": "v"}))
    await api.create(SECRETS, make("Secret", "late", stringData={"k": "w"}))
    assert await told(lab, "needs-map") == ["v"]
    assert await told(lab, "needs-secret") == ["w"]


async def test_each_run_has_fresh_files_and_claims_keep_theirs(lab, api):
    """A restarted container finds nothing of what it wrote, but in its volumes."""
    await claimed(api, "data")
    spec = {"volumes": [{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}, {"name": "e"}]}
    mounts = [{"name": "d", "mountPath": "/d"}, {"name": "e", "mountPath": "/e"}]
    script = (
        "ls /d /e /opt/x 2>/dev/null | grep mark; mkdir -p /opt/x; touch /d/mark-d /e/mark-e /opt/x/mark-o; "
    )
    await api.create(PODS, pod("again", script + "exit 3", spec=spec, volumeMounts=mounts))

    async def second():
        return said(lab, "again", attempt=1)

    assert sorted(await until(second)) == ["mark-d", "mark-e"]
    await api.delete(PODS, "again", namespace="default", grace_seconds=0)
    await api.create(
        PODS, pod("other", script + f"echo {TOLD}; exec sleep 100", spec=spec, volumeMounts=mounts)
    )
    assert await told(lab, "other") == ["mark-d"]


async def test_a_pod_may_be_in_its_nodes_network(lab, api):
    """Its address and host name are the node's; it answers on the node's own port."""
    obj = pod("on-node", "", spec={"hostNetwork": True})
    obj["spec"]["containers"] = [
        {"name": "main", "image": "traefik/whoami", "ports": [{"containerPort": 8099}]}
    ]
    await api.create(PODS, obj)
    await until(lambda: running(api, "on-node"))
    status = (await api.get(PODS, "on-node", "default"))["status"]
    assert (status["podIP"], status["hostIP"]) == (NODE_1, NODE_1)

    async def answers():
        done = lab.ask(op="run", host="client", argv=["curl", "-sm3", f"http://{NODE_1}:8099/"], timeout=90)
        return done["out"]

    assert "pod: on-node" in await until(answers)
    await api.create(
        PODS, pod("names", f"hostname; ls /sys/class/net; echo {TOLD}", spec={"hostNetwork": True})
    )
    assert (await told(lab, "names"))[0] == "node-1"


async def test_an_exec_probe_looks_into_its_container(lab, api):
    """At its files, with its variables."""
    probe = {"exec": {"command": ["sh", "-c", 'test "$A" = 1 -a -f /only/here']}, "periodSeconds": 1}
    env = [{"name": "A", "value": "1"}]
    script = "mkdir /only; touch /only/here; exec sleep 100"
    await api.create(PODS, pod("probed", script, env=env, readinessProbe=probe))

    async def is_ready():
        found = (await api.get(PODS, "probed", "default")).get("status", {}).get("conditions") or []
        return any(one["type"] == "Ready" and one["status"] == "True" for one in found)

    await until(is_ready)


async def test_a_containers_last_words_are_its_message(lab, api):
    """What it left at terminationMessagePath, or the end of its log where it asks for that and failed."""
    policy = {
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "terminationMessagePath": "/var/last/words",
    }
    pods = [
        pod("left", "echo why > /dev/termination-log; exit 3"),
        pod("logged", "echo one; echo two; exit 4", **policy),
    ]
    for one in pods:
        one["spec"]["restartPolicy"] = "Never"
        await api.create(PODS, one)

    async def end(name):
        statuses = (await api.get(PODS, name, "default")).get("status", {}).get("containerStatuses") or [{}]
        return statuses[0].get("state", {}).get("terminated")

    assert (await until(lambda: end("left")))["message"] == "why\n"
    assert (await until(lambda: end("logged")))["message"] == "one\ntwo"


LEFT_BEHIND = r"""
left() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' ' ' | grep -ao 'sleep 100[1-3]'; }
if test -e /data/first; then left; echo --- told; exec sleep 100; fi
touch /data/first
n=100
sleep ${n}1 &
(setsid sleep ${n}2 &)
setsid sh -c "while :; do setsid sleep ${n}3 & sleep 0.05; done" &
until left | grep 1002 && left | grep 1003; do :; done
exit 3
"""


async def test_what_a_main_program_leaves_behind_ends_with_its_run(lab, api):
    """Children, orphans and daemons, even ones that still fork: the next run would find its port taken."""
    mounts = [{"name": "data", "mountPath": "/data"}]
    spec = {"volumes": [{"name": "data", "emptyDir": {}}]}
    await api.create(PODS, pod("daemons", LEFT_BEHIND, spec=spec, volumeMounts=mounts))

    async def second():
        lines = said(lab, "daemons", attempt=1)
        return lines if TOLD in lines else None

    assert await until(second) == [TOLD]

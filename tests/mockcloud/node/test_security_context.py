"""securityContext, as real containers feel it; in labs of root's and of ordinary users'."""

import asyncio

import pytest

from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client
from tests.mockcloud.node.test_pod_view import TOLD, claimed, pod, said, told, until, waiting_reason

pytestmark = [pytest.mark.netns]
STAY = f"echo {TOLD}; exec sleep 100"
CAPABILITIES = "grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'"


async def seen(lab, name, script, *, shared=None, own=None, **spec):
    """What the pod's shell says, as a pod with these contexts."""
    wanted = pod(
        name,
        f"{script}; {STAY}",
        spec={"securityContext": shared or {}, **spec},
        securityContext=own or {},
        volumeMounts=[
            {"name": one["name"], "mountPath": f"/{one['name']}"} for one in spec.get("volumes", ())
        ],
    )
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        await client.create(PODS, wanted)
        try:
            return await told(lab, name)
        finally:
            await client.delete(PODS, name, namespace="default", grace_seconds=0)


@pytest.fixture(params=["roots", "ordinary"])
def each_lab(request):
    """One that the test's user makes, and one that an ordinary user does."""
    return request.getfixturevalue("lab" if request.param == "roots" else "ordinary_lab")


async def test_a_container_is_confined_by_default(each_lab):
    """A runtime's fourteen capabilities, its filter, no way to more."""
    lines = await seen(each_lab, "plain", f"{CAPABILITIES}; id -u; mkdir -p /sys/x 2>/dev/null || echo no")
    assert lines == [
        *("CapEff:00000000a80425fb", "CapBnd:00000000a80425fb", "NoNewPrivs:1", "Seccomp:2"),
        *("0", "no"),
    ]


async def test_capabilities_and_filter_are_as_asked(each_lab):
    """Dropped and added; NET_ADMIN is over the pod's own network."""
    own = {
        "capabilities": {"drop": ["ALL"], "add": ["NET_ADMIN"]},
        "seccompProfile": {"type": "Unconfined"},
        "allowPrivilegeEscalation": True,
    }
    lines = await seen(each_lab, "asked", f"{CAPABILITIES}; ip link set lo mtu 1400 && echo set", own=own)
    assert lines == [
        *("CapEff:0000000000001000", "CapBnd:0000000000001000", "NoNewPrivs:0", "Seccomp:0"),
        "set",
    ]


SEES_PACKETS = (
    "import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); "
    "s.bind(('eth0', 0)); s.send(bytes(60)); print('packets')"
)


@pytest.mark.parametrize(
    ("added", "mask", "may"),
    [
        pytest.param(["NET_RAW"], "2000", ["packets"], id="packets"),
        pytest.param(["NET_ADMIN"], "1000", ["set"], id="links"),
        pytest.param([], "0000", [], id="nothing"),
    ],
)
async def test_capabilities_of_a_pod_in_its_nodes_network_are_over_that(each_lab, added, mask, may):
    """What a speaker has: NET_RAW alone, and with it the packets of its node; it is root to itself."""
    script = (
        f'id -u; grep CapEff /proc/self/status | cut -c21-; python3 -c "{SEES_PACKETS}" 2>/dev/null; '
        "ip link set dev eth0 promisc on 2>/dev/null && ip link set dev eth0 promisc off && echo set"
    )
    own = {"capabilities": {"drop": ["ALL"], "add": added}}
    found = await seen(each_lab, f"speaker-{mask}", script, own=own, hostNetwork=True)
    assert found == ["0", mask, *may]


async def test_two_pods_in_their_nodes_network_do_not_see_each_other(each_lab):
    """They share a user namespace, and nothing else beside the network: not even their processes' numbers."""
    other = pod("other", f"ipcmk -Q >/dev/null; echo {TOLD}; exec sleep 98765", spec={"hostNetwork": True})
    async with Client.from_kubeconfig(str(each_lab.kubeconfig)) as client:
        await client.create(PODS, other)
        try:
            await told(each_lab, "other")
            script = "grep -ls '9876[5]' /proc/[0-9]*/cmdline; ipcs -q | grep -c 0x"
            assert await seen(each_lab, "one", script, hostNetwork=True) == ["0"]
        finally:
            await client.delete(PODS, "other", namespace="default", grace_seconds=0)


async def test_a_container_that_is_not_root(each_lab):
    """Its ids, no capabilities, low ports all the same; volumes are its group's or open to it."""
    shared = {"runAsUser": 1000, "runAsGroup": 3000, "fsGroup": 2000, "runAsNonRoot": True}
    script = (
        "id -u; id -g; grep CapEff /proc/self/status | cut -f2; touch /scratch/mine && echo wrote; "
        "echo mine > /dev/stdout; touch /etc/x 2>/dev/null || echo not there; "
        "python3 -c 'import socket; socket.create_server((\"\", 80))' && echo port"
    )
    volumes = [{"name": "scratch", "emptyDir": {}}]
    lines = await seen(each_lab, "user", script, shared=shared, volumes=volumes)
    if each_lab.is_roots:
        assert lines == ["1000", "3000", "0000000000000000", "wrote", "mine", "not there", "port"]
    else:  # all files are one user's
        assert lines == ["1000", "3000", "0000000000000000", "wrote", "mine", "port"]


async def test_a_read_only_root(each_lab):
    """Volumes, /dev and what is shared are not of it."""
    script = (
        "for place in / /etc /tmp /usr/share /var/log /scratch /dev/shm; do "
        "touch $place/x 2>/dev/null && echo $place; done; echo x > /dev/termination-log && echo said"
    )
    volumes = [{"name": "scratch", "emptyDir": {}}]
    own = {"readOnlyRootFilesystem": True}
    assert await seen(each_lab, "fixed", script, own=own, volumes=volumes) == ["/scratch", "/dev/shm", "said"]


async def test_a_privileged_pod_mounts_for_itself(each_lab):
    """What its main program mounts, those who enter later see, too."""
    probe = {"exec": {"command": ["sh", "-c", "test -f /media/mounted"]}, "periodSeconds": 1}
    script = f"mount -t tmpfs tmpfs /media && touch /media/mounted; {STAY}"
    obj = pod("mighty", script, securityContext={"privileged": True}, readinessProbe=probe)
    async with Client.from_kubeconfig(str(each_lab.kubeconfig)) as client:
        await client.create(PODS, obj)

        async def is_ready():
            found = (await client.get(PODS, "mighty", "default")).get("status", {}).get("conditions") or []
            return any(one["type"] == "Ready" and one["status"] == "True" for one in found)

        try:
            await until(is_ready)
        finally:
            await client.delete(PODS, "mighty", namespace="default", grace_seconds=0)


async def test_a_claimed_volume_becomes_its_next_pods_group(lab):
    """Of another fsGroup than before: what is there already, too."""
    if not lab.is_roots:
        pytest.skip("groups are an ordinary user's one")
    volumes = [{"name": "data", "persistentVolumeClaim": {"claimName": "grouped"}}]
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        await claimed(client, "grouped")
        first, second = ({"runAsUser": 1000, "fsGroup": group} for group in (2000, 4000))
        await seen(lab, "first", "echo one > /data/file; chmod 660 /data/file", shared=first, volumes=volumes)
        second["runAsUser"] = 1001
        script = "cat /data/file; stat -c %g /data /data/file"
        assert await seen(lab, "second", script, shared=second, volumes=volumes) == ["one", "4000", "4000"]


@pytest.mark.parametrize(
    "own",
    [
        {"runAsNonRoot": True, "runAsUser": 0},
        {"seccompProfile": {"type": "Localhost", "localhostProfile": "x"}},
    ],
    ids=["root-that-must-not-be", "unknown-profile"],
)
async def test_what_cannot_be_had_keeps_a_container_waiting(lab, own):
    """With kubelet's reason; nothing is run with less than was asked for."""
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        await client.create(PODS, pod("refused", STAY, securityContext=own))

        async def refused():
            waits = await waiting_reason(client, "refused") or {}
            return waits.get("reason") == "CreateContainerConfigError"

        try:
            await until(refused)
            assert said(lab, "refused") == []
        finally:
            await client.delete(PODS, "refused", namespace="default", grace_seconds=0)
        await asyncio.wait_for(_gone(client), 60)


async def _gone(client):
    async def nothing():
        return not (await client.list(PODS, namespace="default"))["items"]

    await until(nothing)

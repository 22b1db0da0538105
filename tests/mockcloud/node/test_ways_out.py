"""Nothing leads out of a pod: each way of `ways_out`, from several kinds of pods, in both kinds of lab."""

import contextlib
import ctypes
import json
import os
import secrets
import socket
import sys
from pathlib import Path

import pytest

from mockcloud.client.resources import PODS
from mockcloud.client.rest import Client
from tests.mockcloud.node.test_pod_view import make, said, until
from tests.mockcloud.node.ways_out import WAYS

pytestmark = [pytest.mark.netns]
PROGRAM = Path(__file__).with_name("ways_out.py").read_text()
EVERYTHING = {"capabilities": {"add": ["ALL"]}, "seccompProfile": {"type": "Unconfined"}}
NOTHING = {"capabilities": {"drop": ["ALL"]}}
# How a pod asks to be run, and whether that gives it what only privileged pods have.
KINDS = {
    "plain": ({}, {}, False),
    "not-root": ({"securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "fsGroup": 2000}}, {}, False),
    "all-capabilities": ({}, EVERYTHING, True),
    "privileged": ({}, {"privileged": True}, True),
    "on-node": ({"hostNetwork": True}, {}, False),
    "powerless-on-node": ({"hostNetwork": True}, NOTHING, False),
    "privileged-on-node": ({"hostNetwork": True}, {"privileged": True}, True),
}
GIVEN = {
    "on-node": ["NET_RAW"],  # as every container runtime gives it
    "powerless-on-node": [],
    "privileged-on-node": ["NET_RAW", "NET_ADMIN"],
}
SHM_GET_ANY = 0o1000 | 0o666  # IPC_CREAT, for everybody


@pytest.fixture
def outside(request):
    """What there is outside, for a lab: facts for `ways_out`; all of it is gone after the test."""
    with contextlib.ExitStack() as stack:

        def make_it(lab):
            secret = lab.folder / "secret"
            secret.write_text("a secret of the host's")
            lab.folder.chmod(0o755)
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(lab.folder / "socket"))
            (lab.folder / "socket").chmod(0o777)
            listener.listen()
            abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
            name = f"mockcloud-test-{secrets.token_hex(4)}"
            abstract.bind(f"\0{name}")
            abstract.listen()
            libc = ctypes.CDLL(None)
            memory = libc.shmget(0, 4096, SHM_GET_ANY)
            stack.callback(libc.shmctl, memory, 0, None)
            ways_in = {Path(path).parts for path in (sys.prefix, sys.base_prefix, __file__)}
            home = Path.home()
            shown = {parts[len(home.parts)] for parts in ways_in if parts[: len(home.parts)] == home.parts}
            return {
                "secret": str(secret),
                "lab": str(lab.folder),
                "home": str(home),
                "in_home": sorted(set(os.listdir(home)) - shown),
                "socket": str(lab.folder / "socket"),
                "abstract": name,
                "agent": lab.process.pid,
                "key": "mockcloud",
            }

        yield make_it


async def results(lab, client, kind, facts):
    """What a pod of that kind found."""
    shared, own, _ = KINDS[kind]
    facts = {**facts, "given": GIVEN.get(kind)}
    container = {
        "name": "main",
        "image": "busybox",
        "command": [lab.python, "-I", "-S", "-c", PROGRAM, json.dumps(facts)],
        "securityContext": own,
    }
    spec = {"nodeName": "node-1", "restartPolicy": "Never", "containers": [container], **shared}
    await client.create(PODS, make("Pod", kind, spec=spec))

    async def told():
        lines = said(lab, kind)
        return lines and lines[-1].startswith("{") and json.loads(lines[-1])

    try:
        return await until(told, 60.0)
    finally:
        print(said(lab, kind)[-5:])
        await client.delete(PODS, kind, namespace="default", grace_seconds=0)


async def check(lab, facts):
    """Every way from every kind of pod."""
    async with Client.from_kubeconfig(str(lab.kubeconfig)) as client:
        for kind, (_, _, privileged) in KINDS.items():
            found = await results(lab, client, kind, facts)
            assert found.keys() == WAYS.keys()
            told = {name: text for name, text in found.items() if not text.startswith("closed")}
            inside = {name for name in told if privileged and WAYS[name][1] and told[name].startswith("OPEN")}
            assert {name: text for name, text in told.items() if name not in inside} == {}, kind

        async def no_pod_is_left():
            return not list((lab.folder / "node-1/pods").iterdir())

        await until(no_pod_is_left)


async def test_no_way_leads_out_of_a_pod_in_a_lab_of_roots(lab, outside):
    """Where root made the lab, a pod's root is nobody on the machine."""
    if os.getuid() != 0:
        pytest.skip("a lab of root's needs root")
    await check(lab, outside(lab))


async def test_no_way_leads_out_of_a_pod_in_an_ordinary_users_lab(ordinary_lab, outside):
    """Where a pod's root is the user, it has only what is shown to it."""
    await check(ordinary_lab, outside(ordinary_lab))

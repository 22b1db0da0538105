"""What tests of Service rules share: where pods are, and questions about connections."""

import asyncio
import time

from testkit.services.objects import Backend
from testkit.services.topology import PODS, names, on_lan

HERE, ALSO_HERE, BYSTANDER = PODS[0], PODS[1], PODS[2]  # on node-1
THERE, ALSO_THERE = PODS[3], PODS[4]  # on node-2
NODE_1 = on_lan("node-1")
TRIES = 16


def pods(*backends):
    """Ready endpoints."""
    return tuple(Backend(pod) for pod in backends)


async def seen(cluster, host, where, *, protocol="tcp", tries=TRIES):
    """(fate, who answered, whom they saw) of connections from a host."""
    found = await asyncio.to_thread(cluster.probe_one, host, protocol, *where, tries)
    return found["fate"], set(found["pods"]), {names().get(ip, ip) for ip in found["seen"]}


async def until(question, wanted, seconds=60.0):
    """The question's answer once it is `wanted`; AssertionError where it stays another."""
    end = time.monotonic() + seconds
    while (answer := await question()) != wanted:
        assert time.monotonic() < end, f"{answer!r} instead of {wanted!r} after {seconds} s"
    return answer

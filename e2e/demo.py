"""`make demo`: a Service of type LoadBalancer gets an address and answers, each hop shown as it was seen.

Everything printed was measured in this run: nothing is assumed from what should have happened.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from e2e import cluster
from e2e.view import View
from mockcloud.client.errors import ApiError, ApiUnreachable, KubeconfigError
from mockcloud.client.rest import Client
from mockcloud.lab.interruptions import Interrupted, interruptions, run
from mockcloud.lab.invocation import export, kubectl, mockcloud
from testkit.lab import Lab, StepError

if TYPE_CHECKING:
    from testkit.lab import Answer

MANIFEST: Final = Path(__file__).parent.parent / "examples" / "whoami-loadbalancer.yaml"
SERVICE: Final = "whoami"
REQUESTS: Final = 8


def main() -> int:
    """0 only if every answer was right."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the lab up and say what to type")
    parser.add_argument("--name", default="demo", help="the lab's name")
    options = parser.parse_args()
    view, lab = View(), Lab(options.name)
    try:
        with interruptions():
            _demonstrate(lab, view, keep=options.keep)
    except Interrupted as exc:
        view.failed(exc)
        return exc.exit_code
    except (StepError, ApiError, ApiUnreachable, KubeconfigError) as exc:
        view.failed(exc)
        return 1
    return 0


def _demonstrate(lab: Lab, view: View, *, keep: bool) -> None:
    began = time.monotonic()
    view.step("a lab of three nodes, without root or Docker")
    view.command(mockcloud("up", lab.name))
    with lab.running(keep=keep):
        view.command(export(lab.kubeconfig))
        found = run(_expose(lab, view))
        owner = _show_owner(lab, view, found.address)
        _show_ways(lab, view, found, owner)
        view.done(time.monotonic() - began)
    if keep:
        view.what_next(lab, found.address)


@dataclass(frozen=True, slots=True)
class _Exposed:
    """What the API says of the Service when it is announced."""

    address: str
    service: dict[str, Any]
    pods: dict[str, tuple[str, str]]  # node and address of each, by name


async def _expose(lab: Lab, view: View) -> _Exposed:
    async with Client.from_kubeconfig(lab.kubeconfig) as client:
        async with cluster.together() as group:
            address_seen = cluster.external_ip(
                client, SERVICE, lambda after, address: view.fact("EXTERNAL-IP", address, after)
            )
            watching = group.create_task(address_seen, name="watch EXTERNAL-IP")
            view.command(kubectl("apply", "-f", "examples/whoami-loadbalancer.yaml"))
            view.output(await cluster.apply(client, lab.kubeconfig, MANIFEST))
        replicas = await cluster.until_available(client, SERVICE)
        pods = await cluster.pods(client, f"app={SERVICE}")
        view.step(f"{replicas} replicas are available")
        for name, (node, pod_ip) in sorted(pods.items()):
            view.fact(f"pod {name}", f"{pod_ip} on {node}")
        view.step("a speaker announces the address")
        view.command(kubectl("wait", f"--for=condition={cluster.ANNOUNCED}", f"service/{SERVICE}"))
        view.fact("Announced", await cluster.until_announced(client, SERVICE))
        return _Exposed(watching.result(), await cluster.service(client, SERVICE), pods)


def _show_ways(lab: Lab, view: View, found: _Exposed, owner: str) -> None:
    """Ask by each way into the Service."""
    spec = found.service["spec"]
    port, pods = spec["ports"][0], found.pods
    way = _Way(lab, view, pods)
    way.through("the external IP", "client", f"http://{found.address}:{port['port']}", owner)
    idle = next((node for node in sorted(lab.hosts()) if _is_idle(node, pods)), "node-1")
    node_url = f"http://{lab.hosts()[idle]}:{port['nodePort']}"
    way.through(f"a NodePort of {idle}, which has no such pod", "client", node_url, idle)
    pod, (node, _) = min(pods.items())
    cluster_url = f"http://{spec['clusterIP']}:{port['port']}"
    way.through(f"the ClusterIP, from pod {pod}", f"default/{pod}", cluster_url, node)


def _show_owner(lab: Lab, view: View, address: str) -> str:
    """Ask on the LAN who has the address; the node that answers."""
    view.step(f"client asks the LAN by ARP: who has {address}?")
    hosts = {ipv4: name for name, ipv4 in lab.hosts().items() if name != "client"}
    macs = lab.who_has(address, *hosts)
    answered = macs.pop(address, None)
    if answered is None:
        msg = f"nobody answers ARP for {address}"
        raise StepError(msg)
    owners = [hosts[host] for host, mac in macs.items() if mac == answered]
    if len(owners) != 1:
        msg = (
            f"{answered} answers ARP for {address}: expected the MAC of one node, found {owners or 'no host'}"
        )
        raise StepError(msg)
    view.fact("answer", f"{answered}, which is {owners[0]}")
    return owners[0]


def _is_idle(host: str, pods: dict[str, tuple[str, str]]) -> bool:
    return host.startswith("node-") and host not in {node for node, _ in pods.values()}


class _Way:
    """Requests by one way into the Service, and the check of every answer."""

    def __init__(self, lab: Lab, view: View, pods: dict[str, tuple[str, str]]) -> None:
        self._lab, self._view, self._pods = lab, view, pods

    def through(self, title: str, source: str, url: str, node: str) -> None:
        """Fetch the URL from `source`, through the rules of `node`; StepError at a wrong answer."""
        self._view.step(f"through {title}")
        self._view.command(mockcloud("exec", self._lab.name, source, "--", "curl", url))
        if not self._lab.has_curl:
            self._view.output("(no curl here: asked by Python instead)")
        answers = self._lab.fetch(source, url, times=REQUESTS)
        for answer in answers:
            self._check(answer, url)
        for (pod, on), count in sorted(Counter((answer.pod, answer.node) for answer in answers).items()):
            seen = next(answer.client for answer in answers if answer.pod == pod)
            hops = [source, url, f"rules of {node}", f"pod {pod} {self._pods[pod][1]} on {on}"]
            self._view.hops(hops, f"{count} of {len(answers)} answers; the pod saw {seen}")

    def _check(self, answer: Answer, url: str) -> None:
        if answer.pod not in self._pods:
            msg = f"{url} was answered by {answer.pod}: expected one of {', '.join(sorted(self._pods))}"
            raise StepError(msg)
        if answer.node != self._pods[answer.pod][0]:
            said = self._pods[answer.pod][0]
            msg = f"{answer.pod} says that it runs on {answer.node}; the API says {said}"
            raise StepError(msg)


if __name__ == "__main__":
    sys.exit(main())

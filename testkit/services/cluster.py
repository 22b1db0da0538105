"""The cluster itself: namespaces, an embedded API, pods' programs, and a proxy on each node."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from mockcloud.cluster_defaults import API_PORT, SERVICE_CIDRS
from mockcloud.node.sandbox.links import Link, set_up_inside
from testkit import daemons
from testkit.api import KubeApi
from testkit.lan import Lan
from testkit.services import topology
from testkit.services.topology import API, CLIENT, NODES, NUMBERS, PODS, SWITCH, Pod, on_lan

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pyroute2 import IPRoute

HERE: Final = Path(__file__).parent
READY_SECONDS: Final = 180
PORTS: Final = ("8080", "9090")
SYSCTL: Final = Path("/proc/sys/net")
Probe = tuple[str, str, int, int]  # protocol, address, port, tries


class ClusterError(Exception):
    """A program did not come up; the text ends with its log."""


class Cluster:
    """`with Cluster(folder) as cluster:` has hosts, pods and an API; proxies are started by `start_proxy`."""

    def __init__(self, folder: Path, pods: Sequence[Pod] = PODS, *, user_namespace: bool = True) -> None:
        self.folder = folder
        self.kubeconfig = KubeApi(folder / "kube").kubeconfig
        self.pods = tuple(pods)
        self._user_namespace = user_namespace
        self._stack = ExitStack()
        self.programs: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        hosts = [SWITCH, *NUMBERS, *(pod.name for pod in self.pods)]
        self.lan = self._stack.enter_context(Lan.of(*hosts, user_namespace=self._user_namespace))
        try:
            self._wire()
            self._start_api()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def _end(self) -> None:
        for name in reversed(list(self.programs)):
            self.stop(name)
        self._stack.close()

    def start_pods(self) -> None:
        """Each pod's program: it says its name on TCP and UDP 8080 and 9090."""
        for pod in self.pods:
            self.start_server(pod.name, pod.name)

    def start_server(self, name: str, host: str) -> None:
        """A program that says `name`."""
        self.start(name, host, [sys.executable, "-ISs", str(HERE / "server.py"), name, *PORTS])

    def start_ours(self, node: str, *options: str) -> None:
        """The node agent; `--no-service-rules` leaves the place to another proxy."""
        command = [
            *(sys.executable, "-m", "mockcloud.node", "--node-name", node),
            *("--data-dir", str(self.folder / node), "--node-ip", ",".join(on_lan(node))),
            *("--uplink", "eth0=" + ",".join(map("/".join, zip(on_lan(node), ("24", "64"), strict=True)))),
            *("--pod-cidr", topology.pod_cidrs(node), "--cluster-cidr", topology.CLUSTER_CIDRS),
            *("--kubeconfig", str(self.folder / "lab.kubeconfig"), *options),
        ]
        self.start(f"agent-{node}", node, command, ready_fd=True)

    def start_kube_proxy(self, node: str, program: Path, *options: str) -> None:
        """kube-proxy in nftables mode, beside an agent that leaves Services alone."""
        self.start_ours(node, "--no-service-rules")
        command = [
            *(str(program), "--proxy-mode", "nftables", "--hostname-override", node),
            *("--cluster-cidr", topology.CLUSTER_CIDRS, "--conntrack-max-per-core", "0"),
            *("--kubeconfig", str(self.folder / "lab.kubeconfig"), *options),
        ]
        self.start(f"kube-proxy-{node}", node, command, wait=False)

    def start(
        self,
        name: str,
        host: str | None,
        command: Sequence[str],
        *,
        ready_fd: bool = False,
        wait: bool = True,
    ) -> None:
        """Start a program on a host; it says a line when it is ready, on READY_FD or standard output."""
        log = self.folder / f"{name}.log"
        enter = self.lan.enter(host) if host else None
        if ready_fd or not wait:
            self.programs[name] = daemons.start(command, log=log, enter=enter, wait=wait)
            return
        ready, theirs = os.pipe()
        with log.open("ab") as output:
            self.programs[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=output, preexec_fn=enter
            )
        os.close(theirs)
        try:
            if not _said(ready):
                message = f"{name} did not get ready:\n{self.log(name)}"
                raise ClusterError(message)
        finally:
            os.close(ready)

    def stop(self, name: str, *, kill: bool = False) -> None:
        """End a program that was started here."""
        program = self.programs.pop(name)
        if kill:
            program.kill()
        else:
            program.terminate()
        try:
            program.wait(60)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()

    def log(self, name: str) -> str:
        """The end of a program's log."""
        return (self.folder / f"{name}.log").read_text(errors="replace")[-3000:]

    def probe(self, wanted: dict[str, list[Probe]]) -> dict[str, list[dict[str, object]]]:
        """host -> probes from there; all hosts at once. What became of each, in the same order."""
        running = {
            host: subprocess.Popen(
                [sys.executable, "-ISs", str(HERE / "prober.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                preexec_fn=self.lan.enter(host),
            )
            for host in wanted
        }
        for host, probes in wanted.items():
            stdin = running[host].stdin
            assert stdin is not None
            with stdin:
                stdin.write(json.dumps(probes).encode())
        found = {}
        for host, program in running.items():
            assert program.stdout is not None
            with program.stdout:
                found[host] = json.loads(program.stdout.read())
            program.wait()
        return found

    def probe_one(self, host: str, protocol: str, ip: str, port: int, tries: int = 1) -> dict[str, object]:
        """One probe from one host."""
        return self.probe({host: [(protocol, ip, port, tries)]})[host][0]

    @contextmanager
    def open(self, host: str, *command: str) -> Iterator[subprocess.Popen[str]]:
        """A command on a host that is spoken with while it runs; it is killed in the end."""
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, preexec_fn=self.lan.enter(host), **pipes) as opened:  # type: ignore[call-overload]
            try:
                yield opened
            finally:
                opened.kill()

    @contextmanager
    def knocking(self, host: str, ip: str, port: int, between: float = 0.005) -> Iterator[dict[str, Any]]:
        """Meanwhile a client opens connections; afterwards the value says what became of them."""
        told: dict[str, Any] = {}
        command = [sys.executable, "-ISs", str(HERE / "knocker.py"), ip, str(port), str(between)]
        with self.open(host, *command) as knocker:
            assert knocker.stdin is not None
            assert knocker.stdout is not None
            knocker.stdout.readline()
            yield told
            knocker.stdin.close()
            told.update(json.loads(knocker.stdout.readline()))

    def run(self, host: str, *command: str) -> str:
        """A command on a host; what it printed."""
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, preexec_fn=self.lan.enter(host)
        )
        if done.returncode:
            message = f"{' '.join(command)[:200]} on {host}: {done.returncode}: {done.stderr[:1000]}"
            raise ClusterError(message)
        return done.stdout

    def until_answered(self, probes: dict[str, list[Probe]], seconds: float = 60) -> None:
        """Wait until every one of the probes is answered."""
        end = time.monotonic() + seconds
        while True:
            found = self.probe(probes)
            if all(one["fate"] == "answered" for ones in found.values() for one in ones):
                return
            if time.monotonic() > end:
                message = f"not answered within {seconds} s: {probes} -> {found}"
                raise ClusterError(message)
            time.sleep(0.1)

    def _wire(self) -> None:
        self.lan.bridge(SWITCH, list(NUMBERS))
        for host in NUMBERS:
            for ip, bits in zip(on_lan(host), (24, 64), strict=True):
                self.lan.address(host, "eth0", ip, bits)
        for node in NODES:
            self.lan.run(node, _answer_without_limit)
            self.lan.link(node, _default_to_client)
        for pod in self.pods:
            link = Link(pod.ips, f"to-{pod.name}")
            namespace = self.lan.hosts[pod.node]
            self.lan.run(pod.name, partial(set_up_inside, link, namespace))
            self.lan.link(pod.node, partial(_set_up_outside, link=link))

    def _start_api(self) -> None:
        """On its host, and on the loopback of whoever uses this cluster."""
        where = on_lan(API)[0]
        with self.lan.open(API, lambda: socket.create_server((where, API_PORT))) as listener:
            arguments = [
                *("--fd", str(listener.fileno()), "--advertise-address", where),
                *("--kubeconfig", f"{self.folder}/lab.kubeconfig=https://{where}:{API_PORT}"),
                *("--service-cidr", SERVICE_CIDRS),
            ]
            api = KubeApi(self.kubeconfig.parent, arguments, [listener.fileno()])
            api.start()
        assert api.process is not None
        self.programs["kube"] = api.process


def routes_by(cluster: Cluster, node: str, addresses: Sequence[str]) -> None:
    """The client finds these addresses at that node: there is no speaker to say so."""
    gateways = on_lan(node)

    def add(ip: IPRoute) -> None:
        for address in addresses:
            six = ":" in address
            ip.route("replace", dst=f"{address}/{128 if six else 32}", gateway=gateways[six])

    cluster.lan.link(CLIENT, add)


def _answer_without_limit() -> None:
    """Refusals are ICMP messages, which Linux otherwise sends rarely."""
    (SYSCTL / "ipv4/icmp_ratelimit").write_text("0")
    (SYSCTL / "ipv4/icmp_msgs_per_sec").write_text("1000000")
    (SYSCTL / "ipv4/icmp_msgs_burst").write_text("1000000")
    (SYSCTL / "ipv6/icmp/ratelimit").write_text("0")


def _said(ready: int) -> bool:
    """Whether a whole line comes in time: who writes it in pieces must find the pipe open."""
    said = b""
    while not said.endswith(b"\n"):
        piece = os.read(ready, 64) if select.select([ready], [], [], READY_SECONDS)[0] else b""
        if not piece:
            return False
        said += piece
    return True


def _default_to_client(ip: IPRoute) -> None:
    """What is nobody's goes there, and is nobody's there either."""
    for gateway in on_lan(CLIENT):
        ip.route("add", dst="default", gateway=gateway, family=_family(gateway))


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _set_up_outside(ip: IPRoute, link: Link) -> None:
    index = ip.link_lookup(ifname=link.interface)[0]
    ip.link("set", index=index, state="up")
    for address, family, bits in _families(link):
        ip.neigh("replace", dst=address, lladdr=link.mac, state="permanent", ifindex=index, family=family)
        ip.route("replace", dst=f"{address}/{bits}", oif=index, scope="link", family=family)


def _families(link: Link) -> Iterator[tuple[str, int, int]]:
    yield link.ips[0], socket.AF_INET, 32
    yield link.ips[1], socket.AF_INET6, 128

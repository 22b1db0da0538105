"""A program that is a small cluster of network namespaces, for tests: run it, and talk JSON lines to it.

It needs no root: it makes a user, a pid and the network namespaces, and when it ends, all is gone. In it are
a bridge, an API server (also on the user's own loopback), node agents, and a client host:

    lan 192.168.10.0/24, fd00:10::/64    api .10    node-1 .11    node-2 .12    client .100

Requests on standard input, one a line, each answered by one line:
    {"op": "run", "host": "client", "argv": [...], "timeout": 10}  -> {"rc", "out", "err"}
    {"op": "kill", "who": "node-1", "signal": 9}                   -> {"rc"}: how it ended
    {"op": "start", "who": "node-1"}                               -> {} when it is ready
    {"op": "pids"}                                                 -> {"count"}: processes in the lab
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

from mockcloud.cluster_defaults import API_PORT, SERVICE_CIDRS, SERVICES4
from mockcloud.lab.namespaces import enter_user_and_pid_namespace, new_network_namespace_of
from mockcloud.linux import CLONE_NEWNET, PR_SET_PDEATHSIG, prctl, setns, unshare
from mockcloud.pod_ids import own_pod_ids
from testkit import daemons
from testkit.api import KubeApi

HOSTS = {"api": 10, "node-1": 11, "node-2": 12, "client": 100}
API = "192.168.10.10"


def in_thread(work):
    box = []
    thread = threading.Thread(target=lambda: box.append(work()))
    thread.start()
    thread.join()
    return box[0]


def new_namespace():
    def make():
        unshare(CLONE_NEWNET)
        return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)

    return in_thread(make)


def inside(namespace, work):
    def enter():
        setns(namespace, CLONE_NEWNET)
        return work()

    return in_thread(enter)


def build_network(ipv6, ids):
    from pyroute2 import IPRoute

    lan = new_namespace()
    found = {}

    def bridge():
        with IPRoute() as ip:
            ip.link("add", ifname="br0", kind="bridge")
            ip.link("set", index=ip.link_lookup(ifname="br0")[0], state="up")

    inside(lan, bridge)
    for name, number in HOSTS.items():
        found[name] = new_network_namespace_of(ids) if name.startswith("node-") else new_namespace()

        def host(name=name, number=number):
            with IPRoute() as ip:
                ip.link("add", ifname="eth0", kind="veth", peer={"ifname": f"p-{name}", "net_ns_fd": lan})
                index = ip.link_lookup(ifname="eth0")[0]
                ip.link("set", index=1, state="up")
                ip.addr("add", index=index, address=f"192.168.10.{number}", prefixlen=24)
                if ipv6:
                    ip.addr("add", index=index, address=f"fd00:10::{number}", prefixlen=64, flags=0x02)
                ip.link("set", index=index, state="up")

        def port(name=name):
            with IPRoute() as ip:
                index = ip.link_lookup(ifname=f"p-{name}")[0]
                ip.link("set", index=index, master=ip.link_lookup(ifname="br0")[0], state="up")

        inside(found[name], host)
        inside(lan, port)
    return found


class Lab:
    def __init__(self, folder, ipv6):
        self.folder, self.ipv6 = folder, ipv6
        self.namespaces = build_network(ipv6, own_pod_ids(Path(folder, "claims")))
        self.daemons = {}

    def start_api(self):
        listener = inside(self.namespaces["api"], lambda: socket.create_server((API, API_PORT)))
        arguments = [
            *("--kubeconfig", f"{self.folder}/kubeconfig", "--fd", str(listener.fileno())),
            *("--kubeconfig", f"{self.folder}/lab.kubeconfig=https://{API}:{API_PORT}"),
            *("--advertise-address", API, "--dial-netns-fd", str(self.namespaces["api"])),
            *("--service-cidr", SERVICE_CIDRS if self.ipv6 else str(SERVICES4)),
        ]
        api = KubeApi(Path(self.folder, "kube"), arguments, [listener.fileno(), self.namespaces["api"]])
        api.start()
        self.daemons["kube"] = api.process

    def start_node(self, name):
        number = HOSTS[name] - 10

        def both(v4, v6):
            return f"{v4},{v6}" if self.ipv6 else v4

        self.start(
            name,
            self.namespaces[name],
            daemons.module(
                "mockcloud.node",
                *("--node-name", name, "--data-dir", f"{self.folder}/{name}"),
                *("--node-ip", both(f"192.168.10.{HOSTS[name]}", f"fd00:10::{HOSTS[name]}")),
                *("--uplink", "eth0=" + both(f"192.168.10.{HOSTS[name]}/24", f"fd00:10::{HOSTS[name]}/64")),
                *("--pod-cidr", both(f"10.244.{number}.0/24", f"fd00:10:244:{number}::/64")),
                *("--cluster-cidr", both("10.244.0.0/16", "fd00:10:244::/48")),
                *("--kubeconfig", f"{self.folder}/lab.kubeconfig"),
                *("--cluster-dns", "10.96.0.10", "--claims-dir", f"{self.folder}/claims"),
            ),
        )

    def start(self, name, namespace, command):
        log = Path(self.folder, f"{name}.log")

        def spawn():
            setns(namespace, CLONE_NEWNET)
            return daemons.start(command, log=log)

        self.daemons[name] = in_thread(spawn)

    def answer(self, request):
        match request["op"]:
            case "run":
                return self.run(request)
            case "kill":
                daemon = self.daemons[request["who"]]
                daemon.send_signal(request["signal"])
                return {"rc": daemon.wait(60)}
            case "start":
                self.start_node(request["who"])
                return {}
            case "pids":
                return {"count": count_processes()}

    def run(self, request):
        def execute():
            setns(self.namespaces[request["host"]], CLONE_NEWNET)
            try:
                return subprocess.run(
                    request["argv"], capture_output=True, text=True, timeout=request["timeout"], check=False
                )
            except subprocess.TimeoutExpired:
                return subprocess.CompletedProcess(request["argv"], 124, "", "timed out")

        done = in_thread(execute)
        return {"rc": done.returncode, "out": done.stdout, "err": done.stderr}


def count_processes():
    """Processes in this pid namespace, except this one: /proc is the host's, so they are asked one by one."""
    found = 0
    for pid in range(2, 2000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            continue
        found += 1
    return found


def serve(folder, ipv6):
    lab = Lab(folder, ipv6)
    lab.start_api()
    for name in ("node-1", "node-2"):
        lab.start_node(name)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(lab.answer(json.loads(line))), flush=True)


def main(folder, ipv6):
    enter_user_and_pid_namespace()
    pid = os.fork()
    if pid == 0:
        # Pid 1 of the lab: when it ends, the kernel ends all.
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        serve(folder, ipv6)
        os._exit(0)
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if __name__ == "__main__":
    main(sys.argv[1], ipv6="--ipv6" in sys.argv)

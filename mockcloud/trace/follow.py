"""Makes the connection and gathers what its kernels say: a process at the source, and one at each node.

Each is forked, since only a process of one thread may enter the lab's user namespace; they speak JSON lines.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from dataclasses import asdict, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from mockcloud.client.errors import ApiError, ApiUnreachable
from mockcloud.client.rest import Client
from mockcloud.lab.components.cloud import EDGE
from mockcloud.lab.enter import enter, namespaces_of
from mockcloud.lab.errors import LabError
from mockcloud.lab.forking import fork
from mockcloud.trace.cluster import read_cluster
from mockcloud.trace.explain import explain
from mockcloud.trace.kernel import Tracer, tracked
from mockcloud.trace.model import (
    Attempt,
    Cluster,
    End,
    Flow,
    Outcome,
    Passage,
    Protocol,
    Sight,
    Step,
    Story,
    Target,
    Tracked,
)
from mockcloud.trace.names import address_of
from mockcloud.trace.relays import Relays
from mockcloud.trace.source import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.lab.state import LabFolder, LabState

Message = dict[str, Any]


def trace(folder: LabFolder, source: str, target: Target) -> Story:
    """Follow one connection; LabError where the lab, the source or the API is not to be had."""
    state = folder.read()
    namespaces_of(folder, state, source)  # an unknown source is told before anything is asked
    cluster = asyncio.run(_read(folder))
    address = address_of(folder, cluster, source, target.host)
    if address is None:
        return explain(Sight(source, target, cluster, Attempt(Outcome.NO_NAME, 0.0)))
    return explain(_follow(_Lab(folder, state), source, target, address, cluster))


async def _read(folder: LabFolder) -> Cluster:
    try:
        async with Client.from_kubeconfig(str(folder.kubeconfig)) as client:
            return await read_cluster(client)
    except (ApiError, ApiUnreachable) as exc:
        msg = f"the lab's API does not answer: {exc}"
        raise LabError(msg) from exc


class _Lab:
    """Where processes are put."""

    def __init__(self, folder: LabFolder, state: LabState) -> None:
        self.state = state
        self._folder = folder
        self._lines: list[_Line] = []

    def put(self, where: str, work: Callable[[_Line], None]) -> _Line:
        """A process inside the namespaces of a host or pod, and the line to it."""
        ours, theirs = socket.socketpair()

        def live() -> int:
            ours.close()
            for line in self._lines:  # or a process would never notice that we hang up
                line.abandon()
            enter(self.state, namespaces_of(self._folder, self.state, where))
            work(_Line(theirs, 0))
            return 0

        pid = fork(live)
        theirs.close()
        line = _Line(ours, pid)
        self._lines.append(line)
        return line

    def clear(self) -> None:
        """Wait until all have ended."""
        for line in self._lines:
            line.close()


class _Line:
    """One end of a conversation in JSON lines."""

    def __init__(self, end: socket.socket, pid: int) -> None:
        self._end = end.makefile("rw")
        end.close()
        self._pid = pid

    def say(self, message: Message) -> None:
        self._end.write(json.dumps(message) + "\n")
        self._end.flush()

    def hear(self) -> Message:
        """What the other says next; LabError where it has ended instead."""
        line = self._end.readline()
        if not line:
            msg = "a process of the trace ended early; its complaint stands above"
            raise LabError(msg)
        message: Message = json.loads(line)
        return message

    def abandon(self) -> None:
        """Hang up."""
        self._end.close()

    def close(self) -> None:
        """Hang up, and wait until the other has ended."""
        self.abandon()
        os.waitpid(self._pid, 0)


def _follow(lab: _Lab, source: str, target: Target, address: str, cluster: Cluster) -> Sight:
    try:
        caller = lab.put(source, lambda line: _call(line, target, address))
        begun = caller.hear()
        if "flow" not in begun:
            return Sight(source, target, cluster, _attempt(begun["attempt"]))
        flow = _flow(begun["flow"])
        watchers = _watchers(lab, cluster, flow)
        for watcher in watchers.values():
            watcher.hear()
        caller.say({"go": True})
        attempt = _attempt(caller.hear()["attempt"])
        passages = _passages(watchers, flow)
    finally:
        lab.clear()
    # Those that met the packet first; the others only know whose MAC it is.
    passages.sort(key=lambda passage: passage.led_to is None)
    return Sight(source, target, cluster, attempt, flow, tuple(passages))


def _watchers(lab: _Lab, cluster: Cluster, flow: Flow) -> dict[str, _Line]:
    """One at each host that may change packets: a cloud's edge first, then the nodes."""
    hosts = [host.name for host in lab.state.hosts]
    edge = [EDGE] if EDGE in hosts else []
    nodes = [name for name in hosts if name in cluster.nodes.values()]
    return {
        **{name: lab.put(name, partial(_watch_edge, flow=flow)) for name in edge},
        **{name: lab.put(name, partial(_watch, flow=flow, behind=bool(edge))) for name in nodes},
    }


def _passages(watchers: dict[str, _Line], flow: Flow) -> list[Passage]:
    """What each saw; behind an edge, of the connection as that sent it on. The nodes look side by side."""
    edge = [_passage(EDGE, _end(watchers.pop(EDGE), None).hear())] if EDGE in watchers else []
    sent_on = _sent_on(edge[0], flow) if edge else None
    ending = {node: _end(watcher, sent_on) for node, watcher in watchers.items()}
    nodes = (_passage(node, watcher.hear()) for node, watcher in ending.items())
    return [
        *(replace(each, is_edge=True) for each in edge),
        *(each if _is_before(each, flow) else replace(each, arrived_as=sent_on) for each in nodes),
    ]


def _is_before(node: Passage, flow: Flow) -> bool:
    """Whether it saw the connection on its way to the edge: the node that it begins on."""
    return node.tracked is None and node.sent_to == flow.target


def _sent_on(edge: Passage, flow: Flow) -> Flow | None:
    """The connection behind the edge: a proxy's own, or this one with what was translated."""
    if edge.relayed is not None:
        return edge.relayed
    if edge.tracked is not None:
        return Flow(edge.tracked.reply_target, edge.tracked.reply_source, flow.protocol)
    return replace(flow, target=edge.sent_to) if edge.sent_to is not None else None


def _end(watcher: _Line, arrived_as: Flow | None) -> _Line:
    """Tell it to say what it saw."""
    watcher.say({"end": True, "arrived_as": arrived_as and asdict(arrived_as)})
    return watcher


def _call(line: _Line, target: Target, address: str) -> None:
    """At the source: say by which ports, and on a word connect."""
    try:
        connection = Connection(target, address)
    except OSError as exc:
        line.say({"attempt": asdict(Attempt(Outcome.UNREACHABLE, 0.0, exc.strerror or str(exc)))})
        return
    line.say({"flow": asdict(connection.flow)})
    line.hear()
    line.say({"attempt": asdict(connection.attempt())})


def _watch(line: _Line, *, flow: Flow, behind: bool) -> None:
    """At a node: trace, and on a word tell what was seen; `behind` an edge, of what arrived from there."""
    tracer = Tracer(flow, translated=behind)
    line.say({"armed": True})
    arrived_as = line.hear()["arrived_as"]
    entry, traced = tracked(_flow(arrived_as) if arrived_as else flow), tracer.end()
    line.say({"traced": asdict(traced), "tracked": entry and asdict(entry), "macs": _macs()})


def _watch_edge(line: _Line, *, flow: Flow) -> None:
    """At a cloud's edge, where a proxy may take the connection and make another."""
    with Relays() as relays:
        tracer = Tracer(flow)
        line.say({"armed": True})
        line.hear()
        entry, traced = tracked(flow), tracer.end()
        taken = entry is not None and entry.answered and entry.reply_source == flow.target
        relayed = relays.of(flow) if taken else None
    line.say(
        {
            "traced": asdict(traced),
            "tracked": entry and asdict(entry),
            "macs": _macs(),
            "relayed": relayed and asdict(relayed),
        }
    )


def _macs() -> dict[str, str]:
    # 0.5 s, paid already by `tracked`
    from pyroute2 import IPRoute

    with IPRoute() as netlink:
        links = netlink.get_links()
    return {link.get_attr("IFLA_ADDRESS"): link.get_attr("IFLA_IFNAME") for link in links}


def _flow(raw: Message) -> Flow:
    return Flow(End(**raw["source"]), End(**raw["target"]), Protocol(raw["protocol"]))


def _attempt(raw: Message) -> Attempt:
    return Attempt(**{**raw, "outcome": Outcome(raw["outcome"]), "answers": tuple(raw["answers"])})


def _passage(node: str, raw: Message) -> Passage:
    entry, traced = raw["tracked"], raw["traced"]
    return Passage(
        node,
        raw["macs"],
        tuple(Step(**step) for step in traced["steps"]),
        entry and Tracked(End(**entry["reply_source"]), End(**entry["reply_target"]), entry["answered"]),
        traced["sent_to"] and End(**traced["sent_to"]),
        relayed=_flow(raw["relayed"]) if raw.get("relayed") else None,
    )

"""Does for a pod what a node's agent does: `warm_agent.py FOLDER`, as root of a user namespace and a network.

Prints what became of the pod's program, once forked from a warm interpreter and once where there is none.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from mockcloud.lab.forking import fork
from mockcloud.lab.namespaces import path_socket
from mockcloud.node.sandbox.holder import Exited, Start, StartFailed
from mockcloud.node.sandbox.maker import SandboxMaker, SandboxSpec
from mockcloud.node.sandbox.records import PodKey, RecordStore
from mockcloud.node.shim import warm
from mockcloud.pod_ids import PodIds


async def run(folder: Path, name: str, socket: Path) -> dict:
    """What is told of a pod that has one program, `tool`."""
    store = RecordStore(folder)
    maker = SandboxMaker((), (), store, None, PodIds(0, 1))
    key = PodKey("here", name, "uid")
    sandbox = await maker.make(SandboxSpec(key, ("main",), name, host_network=True, warm=socket), 0.0)
    reports = asyncio.Queue()
    sandbox.holder.listen(reports.put_nowait)
    out = os.open(folder / name, os.O_RDWR | os.O_CREAT)
    start = Start("main/0", ("/some/bin/tool", "three"), {"PATH": "/nowhere", "MARK": "mine"}, "/")
    sandbox.holder.start(start, {0: out, 1: out, 2: out})
    while not isinstance(report := await reports.get(), Exited | StartFailed):
        pass
    await maker.remove(sandbox)
    code = report.process.code if isinstance(report, Exited) else str(report.error)
    return {"code": code, "out": (folder / name).read_text(), "forked": sandbox.child is None}


def main() -> int:
    """Both, as JSON."""
    folder = Path(sys.argv[1])
    path = folder / "warm" / "tool"
    listener = path_socket(path)
    listener.set_inheritable(True)
    server = fork(lambda: warm.main([str(listener.fileno()), "tests.fakes.warm_tool", "tool=one,two"]))
    try:
        told = {
            "server": str(server),
            "warm": asyncio.run(run(folder, "warm-pod", path)),
            "cold": asyncio.run(run(folder, "cold-pod", folder / "warm" / "no-such-tool")),
        }
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

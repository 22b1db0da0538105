"""python -m mockcloud.controllers: the lab's controller manager."""

import argparse
import asyncio
import logging
import os
import signal
import sys

from mockcloud.client.errors import KubeconfigError
from mockcloud.client.rest import Client
from mockcloud.controllers.manager import run


def main(argv: list[str]) -> int:
    """Run until SIGTERM or SIGINT; exit code 0 then, 2 for bad arguments."""
    options = _parser().parse_args(argv)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    if not options.kubeconfig:
        sys.stderr.write("no kubeconfig: give --kubeconfig PATH or set KUBECONFIG\n")
        return 2
    try:
        client = Client.from_kubeconfig(options.kubeconfig)
    except KubeconfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return asyncio.run(_until_stopped(client, options.pod_eviction_timeout))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mockcloud.controllers", description=__doc__)
    parser.add_argument("--kubeconfig", default=os.environ.get("KUBECONFIG"), help="default: $KUBECONFIG")
    parser.add_argument(
        "--pod-eviction-timeout",
        type=float,
        default=30.0,
        metavar="SECONDS",
        help="how long a node may be lost before its pods are deleted",
    )
    return parser


async def _until_stopped(client: Client, eviction_timeout: float) -> int:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with client, asyncio.TaskGroup() as group:
        running = group.create_task(run(client, eviction_timeout=eviction_timeout), name="controllers")
        await stopped.wait()
        running.cancel()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

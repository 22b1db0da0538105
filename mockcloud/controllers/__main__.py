"""python -m mockcloud.controllers: the lab's controller manager."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from mockcloud import logs
from mockcloud.arguments import add_kubeconfig, kubeconfig
from mockcloud.client.errors import ApiError, KubeconfigError
from mockcloud.client.rest import Client
from mockcloud.controllers.manager import run_controllers


def main(argv: list[str]) -> int:
    """Run until SIGTERM or SIGINT; exit code 0 then, 1 where the API refuses us, 2 for bad arguments."""
    options = _parser().parse_args(argv)
    logs.configure()
    try:
        client = Client.from_kubeconfig(kubeconfig(options))
    except (KubeconfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    code = 0
    try:
        asyncio.run(_until_stopped(client, options))
    except* ApiError as refused:  # one that waiting cannot heal, such as a token that is not allowed
        for each in _leaves(refused):
            sys.stderr.write(f"the API refuses the controllers: {each}\n")
        code = 1
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mockcloud.controllers", description=__doc__)
    add_kubeconfig(parser)
    parser.add_argument(
        "--pod-eviction-timeout",
        type=float,
        metavar="SECONDS",
        help="delete pods of a lost node after so long at most (default: as they tolerate it: 300)",
    )
    parser.add_argument(
        "--ingress", action="store_true", help="serve Ingresses, by a pod that comes with the first one"
    )
    parser.add_argument(
        "--claims-dir",
        type=Path,
        help="make volumes for claims here, as nodes are told, too (default: nobody makes any)",
    )
    return parser


def _leaves(group: BaseExceptionGroup[ApiError]) -> list[ApiError]:
    """The errors themselves, of however deeply nested task groups."""
    found: list[ApiError] = []
    for each in group.exceptions:
        found += _leaves(each) if isinstance(each, BaseExceptionGroup) else [each]
    return found


async def _until_stopped(client: Client, options: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with client, asyncio.TaskGroup() as group:
        controllers = run_controllers(
            client,
            eviction_timeout=options.pod_eviction_timeout,
            ingress=options.ingress,
            volumes=options.claims_dir,
        )
        running = group.create_task(controllers, name="controllers")
        await stopped.wait()
        running.cancel()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

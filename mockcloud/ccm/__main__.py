"""python -m mockcloud.ccm: the cloud controller manager in the box."""

import asyncio
import logging
import os
import signal
import sys
import uuid

from mockcloud import logs
from mockcloud.ccm.aws.balancers import AwsBalancers
from mockcloud.ccm.aws.client import connected
from mockcloud.ccm.aws.instances import AwsInstances
from mockcloud.ccm.leadership.candidate import Candidate
from mockcloud.ccm.leadership.election import Election, LeadershipLost
from mockcloud.ccm.manager import Cloud, run_controllers
from mockcloud.ccm.provider import ProviderError
from mockcloud.ccm.settings import Settings, read_settings
from mockcloud.client.errors import ApiError, KubeconfigError
from mockcloud.client.odd import leaves
from mockcloud.client.rest import Client
from mockcloud.readiness import announce_ready


def main(argv: list[str]) -> int:
    """Run until SIGTERM or SIGINT; 0 then, 1 where it may not go on, 2 for bad arguments."""
    try:
        settings = read_settings(argv, os.environ)
        client = Client.from_kubeconfig(settings.kubeconfig)
    except (KubeconfigError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    logs.configure(settings.log_level)
    for library in ("aiobotocore", "botocore"):
        logging.getLogger(library).setLevel(logging.WARNING)  # where they found what, each time
    code = 0
    try:
        asyncio.run(_until_stopped(client, settings))
    except* (ApiError, LeadershipLost, ProviderError) as ended:
        for each in leaves(ended):
            sys.stderr.write(f"the cloud controller manager ends: {each}\n")
        code = 1
    return code


async def _until_stopped(client: Client, settings: Settings) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    async with client, asyncio.TaskGroup() as group:
        running = group.create_task(_run(client, settings), name="cloud controller manager")
        await stopped.wait()
        running.cancel()


async def _run(client: Client, settings: Settings) -> None:
    """Ready as soon as it stands for election: whether it works, another may decide."""
    candidate = Candidate(f"{os.uname().nodename}_{uuid.uuid4()}")
    async with connected() as aws:
        balancers = AwsBalancers(aws, settings.cluster, settings.vpc)
        cloud = Cloud(balancers, AwsInstances(aws, settings.region))
        announce_ready()
        await Election(client, candidate).lead(lambda: run_controllers(client, cloud))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

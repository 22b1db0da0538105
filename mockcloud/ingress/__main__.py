"""`python -m mockcloud.ingress`: the lab's Ingress controller, in a pod."""

import asyncio
import sys

from mockcloud import logs
from mockcloud.client.errors import KubeconfigError
from mockcloud.cluster_defaults import INGRESS_NAME
from mockcloud.ingress import daemon
from mockcloud.ingress.settings import parse


def main(argv: list[str]) -> int:
    """Run until SIGTERM: 0 after a clean stop, 1 where it cannot run, 2 for a wrong command line."""
    settings = parse(argv)
    logs.configure(settings.log_level)
    try:
        asyncio.run(daemon.run(settings))
    except KubeconfigError as error:
        sys.stderr.write(f"{INGRESS_NAME}: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

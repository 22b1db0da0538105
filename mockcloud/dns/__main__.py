"""`python -m mockcloud.dns ...`: the cluster's DNS on one node, started in the node's network namespace."""

import asyncio
import sys

from mockcloud import logs
from mockcloud.client.errors import KubeconfigError
from mockcloud.dns import daemon
from mockcloud.dns.settings import parse


def main(argv: list[str]) -> int:
    """Run until SIGTERM: 0 after a clean stop, 1 where it cannot run, 2 for a wrong command line."""
    settings = parse(argv)
    logs.configure(settings.log_level)
    try:
        asyncio.run(daemon.run(settings))
    except (KubeconfigError, OSError) as error:
        sys.stderr.write(f"mockcloud.dns: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

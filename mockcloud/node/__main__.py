"""`python -m mockcloud.node ...`: the agent of one node, started inside the node's network namespace."""

import asyncio
import sys

from mockcloud import logs
from mockcloud.client.errors import KubeconfigError
from mockcloud.images.catalogue import CatalogueError
from mockcloud.node import agent
from mockcloud.node.confinement.seccomp import SeccompMissing
from mockcloud.node.settings import parse
from mockcloud.proxy.nftables import NftMissing


def main(argv: list[str]) -> int:
    """Run until SIGTERM: 0 after a clean stop, 1 where the node cannot be run, 2 for a wrong command line."""
    settings = parse(argv)
    logs.configure(settings.log_level)
    try:
        asyncio.run(agent.run(settings))
    except (NftMissing, SeccompMissing, CatalogueError, KubeconfigError, PermissionError) as error:
        sys.stderr.write(f"mockcloud.node: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

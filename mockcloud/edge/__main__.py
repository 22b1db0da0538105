"""`python -m mockcloud.edge ...`: a cloud's API and balancers, in the network of a lab's host `edge`."""

import asyncio
import sys

from mockcloud import logs
from mockcloud.cloud.journal import JournalError
from mockcloud.edge import daemon
from mockcloud.edge.settings import parse
from mockcloud.proxy.nftables import NftMissing


def main(argv: list[str]) -> int:
    """Run until SIGTERM: 0 after a clean stop, 1 where it cannot run, 2 for a wrong command line."""
    settings = parse(argv)
    logs.configure(settings.log_level)
    try:
        asyncio.run(daemon.run(settings))
    except (JournalError, NftMissing, PermissionError) as error:
        sys.stderr.write(f"mockcloud.edge: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))

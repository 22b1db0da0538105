"""Small clients that guides use and the host may lack. The host's own come first in a pod's PATH."""

from typing import Final

TOOLS: Final = ("curl", "dig", "host", "mysql", "nc", "nslookup", "psql", "redis-cli", "wget")
"""Each is a module here, its dashes as underscores, with `main(argv) -> exit code`."""

"""Small clients that guides use and the host may lack. The host's own come first in a pod's PATH."""

from typing import Final

TOOLS: Final = ("curl", "dig", "host", "mysql", "nc", "nslookup", "psql", "redis-cli", "wget")
"""Each is a module here, its dashes as underscores, with `main(argv) -> exit code`."""
SERVERS: Final = {
    "mysqld": ("mysql.server", 3306),
    "nginx": ("http", 80),
    "postgres": ("postgres.server", 5432),
    "redis-server": ("redis.server", 6379),
}
"""Servers that a container's own script may start: stand-ins on their usual ports, whatever the options."""

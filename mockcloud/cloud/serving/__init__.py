"""The cloud on a socket: HTTP in, the dialects' answers out. Only here is aiohttp known."""

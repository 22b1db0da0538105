"""A stand-in for Redis: strings with expiry, and what clients ask before they talk (RESP2 and RESP3).

INFO's section `lab`, and CLIENT INFO, say which pod answered, on which node, and to whom. As with the real
image, what was written is on disk in /data after an orderly end, if there is such a folder: a volume.
"""

import json
import os
from typing import Final

from mockcloud.node.programs import serving
from mockcloud.node.programs.redis import connection, strings
from mockcloud.node.programs.redis.store import COMMANDS, Client, Store, outcome
from mockcloud.node.programs.redis.wire import SimpleError, SimpleString, encoded, read_command

__all__ = ["connection", "main", "strings"]  # imported for the commands that they enter

DATA: Final = "/data/dump.json"


def main(argv: list[str]) -> int:
    """Serve until told to end."""
    store = Store()
    if os.path.exists(DATA):
        with open(DATA) as file:
            store.load(json.load(file))

    def talk(peer: serving.Connection) -> None:
        client = Client(store, peer, serving.identity())
        while not client.leaving:
            words = read_command(peer)
            if words:
                peer.send(encoded(answer(client, words), client.protocol))

    def save() -> None:
        if os.path.isdir(os.path.dirname(DATA)):
            with open(DATA, "w") as file:
                json.dump(store.dumped(), file)

    return serving.serve(argv, talk, save)


def answer(client: Client, words: list[bytes]) -> object:
    """The value to reply with; an error is a value too."""
    name = words[0].decode(errors="replace").lower()
    command = COMMANDS.get(name)
    if command is None:
        return SimpleError(f"ERR unknown command '{name}': this is a lab's stand-in for Redis")
    if not command.least <= len(words) - 1 <= command.most:
        return SimpleError(f"ERR wrong number of arguments for '{name}' command")
    arguments = [word.decode("utf-8", "surrogateescape") for word in words[1:]]
    if client.queued is not None and name not in ("exec", "discard"):
        client.queued.append((command, arguments))
        return SimpleString("QUEUED")
    return outcome(client, command, arguments)

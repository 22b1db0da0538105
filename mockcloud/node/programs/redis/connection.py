"""Commands about the connection and the server, which clients send before they talk."""

from typing import Final

from mockcloud.node.programs.redis.store import COMMANDS, Arguments, Client, WrongUse, command, now, outcome
from mockcloud.node.programs.redis.wire import SimpleString

VERSION: Final = "7.4.0"
OK: Final = SimpleString("OK")
NOT_BEGUN: Final = "ERR EXEC without MULTI"
OTHER_PROTOCOL: Final = "NOPROTO unsupported protocol version"


@command("ping", most=1)
def ping(_client: Client, words: Arguments) -> object:
    return words[0] if words else SimpleString("PONG")


@command("echo", least=1, most=1)
def echo(_client: Client, words: Arguments) -> object:
    return words[0]


@command("auth", least=1, most=2)
@command("select", least=1, most=1)
@command("readonly", "readwrite", "asking", "unwatch", most=0)
@command("watch", least=1)
@command("save", "bgsave", most=1)
def accept(_client: Client, _words: Arguments) -> object:
    """Anybody may, and there is one database."""
    return OK


@command("multi", most=0)
def begin(client: Client, _words: Arguments) -> object:
    client.queued = []
    return OK


@command("exec", most=0)
def execute(client: Client, _words: Arguments) -> object:
    """All that was queued, under one lock."""
    queued, client.queued = client.queued, None
    if queued is None:
        raise WrongUse(NOT_BEGUN)
    return [outcome(client, each, words) for each, words in queued]


@command("discard", most=0)
def discard(client: Client, _words: Arguments) -> object:
    client.queued = None
    return OK


@command("quit")
def leave(client: Client, _words: Arguments) -> object:
    client.leaving = True
    return OK


@command("hello")
def hello(client: Client, words: Arguments) -> object:
    """Which protocol to speak."""
    if words:
        if words[0] not in ("2", "3"):
            raise WrongUse(OTHER_PROTOCOL)
        client.protocol = int(words[0])
    return {
        "server": "redis",
        "version": VERSION,
        "proto": client.protocol,
        "id": client.connection.number,
        "mode": "standalone",
        "role": "master",
        "modules": [],
    }


@command("client", least=1)
def client_command(client: Client, words: Arguments) -> object:
    match words[0].lower():
        case "setname" if len(words) == 2:
            client.name = words[1]
            return OK
        case "getname":
            return client.name or None
        case "id":
            return client.connection.number
        case "info" | "list":
            there = client.connection
            return f"id={there.number} addr={there.client} laddr={there.server} name={client.name} db=0\n"
    return OK


@command("command")
def describe_commands(_client: Client, words: Arguments) -> object:
    match words[0].lower() if words else "":
        case "count":
            return len(COMMANDS)
        case "docs":
            return {}
    return []


@command("config", least=1)
def config(_client: Client, words: Arguments) -> object:
    return {} if words[0].lower() == "get" else OK


@command("info")
def info(client: Client, words: Arguments) -> object:
    """Who answers, and the fields that clients look at."""
    who = client.identity
    sections = {
        "server": {"redis_version": VERSION, "redis_mode": "standalone", "mockcloud": "1"},
        "lab": {
            "pod": who.pod,
            "namespace": who.namespace,
            "node": who.node,
            "client": client.connection.client,
        },
        "replication": {"role": "master", "connected_slaves": "0"},
        "keyspace": {"db0": f"keys={len(client.store.names())}"} if client.store.names() else {},
    }
    wanted = [word.lower() for word in words] or list(sections)
    if {"all", "default", "everything"} & set(wanted):
        wanted = list(sections)
    return "\r\n".join(
        f"# {name.capitalize()}\r\n" + "".join(f"{key}:{value}\r\n" for key, value in sections[name].items())
        for name in wanted
        if name in sections
    )


@command("role", most=0)
def role(_client: Client, _words: Arguments) -> object:
    return ["master", 0, []]


@command("dbsize", most=0)
def size(client: Client, _words: Arguments) -> object:
    return len(client.store.names())


@command("flushall", "flushdb", most=1)
def flush(client: Client, _words: Arguments) -> object:
    client.store.clear()
    return OK


@command("time", most=0)
def tell_time(_client: Client, _words: Arguments) -> object:
    seconds = now()
    return [str(int(seconds)), str(int(seconds % 1 * 1e6))]

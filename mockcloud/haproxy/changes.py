"""How HAProxy comes from one set of ports to another: by commands while it runs, or by a reload. Pure."""

from collections.abc import Iterator, Mapping

from mockcloud.haproxy.configuration import Section, Server


def commands(before: Mapping[str, Section], after: Mapping[str, Section]) -> list[str] | None:
    """What to say on its socket; None: only a reload will do."""
    if {name: each.lines for name, each in before.items()} != {
        name: each.lines for name, each in after.items()
    }:
        return None
    return [
        command
        for name, each in after.items()
        for command in _of_servers(name, before[name].servers, each.servers)
    ]


def _of_servers(listen: str, before: Mapping[str, Server], after: Mapping[str, Server]) -> Iterator[str]:
    for name, old in before.items():
        new = after.get(name)
        if new is None or new.words != old.words:
            yield from _gone(f"{listen}/{name}")
        elif new.takes != old.takes:
            yield f"set server {listen}/{name} state {_state(new)}"
    for name, new in after.items():
        old_one = before.get(name)
        if old_one is None or new.words != old_one.words:
            yield f"add server {listen}/{name} {new.words}"
            if new.takes:
                yield f"set server {listen}/{name} state ready"


def _gone(server: str) -> Iterator[str]:
    """Who is gone gets no new connections, and is forgotten; those that it has are cut, or it would stay."""
    yield f"set server {server} state maint"
    yield f"shutdown sessions server {server}"
    yield f"del server {server}"


def _state(server: Server) -> str:
    return "ready" if server.takes else "maint"


def farewell(before: Mapping[str, Section], after: Mapping[str, Section]) -> list[str]:
    """What to say to one that was followed by another: connections of ports and servers that are gone end."""
    return [
        f"shutdown sessions server {name}/{server}"
        for name, each in before.items()
        for server in each.servers
        if name not in after or server not in after[name].servers
    ]

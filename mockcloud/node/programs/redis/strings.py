"""Commands on keys: strings, counters, expiry."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mockcloud.node.programs.redis.store import Arguments, Client, WrongUse, command, now
from mockcloud.node.programs.redis.wire import SimpleString

OK: Final = SimpleString("OK")
NOT_A_NUMBER: Final = "ERR value is not an integer or out of range"
SYNTAX: Final = "ERR syntax error"
ODD: Final = "ERR wrong number of arguments for 'mset' command"


@command("get", least=1, most=1)
def get(client: Client, words: Arguments) -> object:
    return client.store.get(words[0])


@command("mget", least=1)
def get_many(client: Client, words: Arguments) -> object:
    return [client.store.get(key) for key in words]


@command("set", least=2)
def set_one(client: Client, words: Arguments) -> object:
    """SET key value [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL]."""
    key, value, *rest = words
    options = _set_options(rest)
    before = client.store.get(key)
    refused = (options.only_new and before is not None) or (options.only_old and before is None)
    if not refused:
        ends = client.store.ends(key) if options.keep and before is not None else options.ends
        client.store.set(key, value, ends)
    if options.get:
        return before
    return None if refused else OK


@command("setnx", least=2, most=2)
def set_new(client: Client, words: Arguments) -> object:
    return int(set_one(client, [*words, "NX"]) is OK)


@command("setex", least=3, most=3)
def set_for_a_time(client: Client, words: Arguments) -> object:
    return set_one(client, [words[0], words[2], "EX", words[1]])


@command("mset", least=2)
def set_many(client: Client, words: Arguments) -> object:
    if len(words) % 2:
        raise WrongUse(ODD)
    for key, value in zip(words[::2], words[1::2], strict=True):
        client.store.set(key, value)
    return OK


@command("append", least=2, most=2)
def append(client: Client, words: Arguments) -> object:
    value = (client.store.get(words[0]) or "") + words[1]
    return len(_keep(client, words[0], value).encode("utf-8", "surrogateescape"))


@command("strlen", least=1, most=1)
def length(client: Client, words: Arguments) -> object:
    return len((client.store.get(words[0]) or "").encode("utf-8", "surrogateescape"))


@command("incr", least=1, most=1)
def increment(client: Client, words: Arguments) -> object:
    return _add(client, words[0], 1)


@command("decr", least=1, most=1)
def decrement(client: Client, words: Arguments) -> object:
    return _add(client, words[0], -1)


@command("incrby", least=2, most=2)
def increase(client: Client, words: Arguments) -> object:
    return _add(client, words[0], _integer(words[1]))


@command("decrby", least=2, most=2)
def decrease(client: Client, words: Arguments) -> object:
    return _add(client, words[0], -_integer(words[1]))


@command("del", "unlink", least=1)
def delete(client: Client, words: Arguments) -> object:
    return sum([client.store.delete(key) for key in words])


@command("exists", least=1)
def exists(client: Client, words: Arguments) -> object:
    return sum(client.store.get(key) is not None for key in words)


@command("type", least=1, most=1)
def kind(client: Client, words: Arguments) -> object:
    return SimpleString("none" if client.store.get(words[0]) is None else "string")


@command("keys", least=1, most=1)
def keys(client: Client, words: Arguments) -> object:
    return _matching(client, words[0])


@command("scan", least=1)
def scan(client: Client, words: Arguments) -> object:
    """All at once: the cursor is 0."""
    options = dict(zip([word.lower() for word in words[1::2]], words[2::2], strict=False))
    return ["0", _matching(client, options.get("match", "*"))]


@command("expire", least=2, most=3)
def expire(client: Client, words: Arguments) -> object:
    return _end_at(client, words[0], now() + _integer(words[1]))


@command("pexpire", least=2, most=3)
def expire_soon(client: Client, words: Arguments) -> object:
    return _end_at(client, words[0], now() + _integer(words[1]) / 1000)


@command("persist", least=1, most=1)
def persist(client: Client, words: Arguments) -> object:
    value = client.store.get(words[0])
    if value is None or client.store.ends(words[0]) is None:
        return 0
    client.store.set(words[0], value)
    return 1


@command("ttl", least=1, most=1)
def left(client: Client, words: Arguments) -> object:
    return _left(client, words[0], 1)


@command("pttl", least=1, most=1)
def left_exactly(client: Client, words: Arguments) -> object:
    return _left(client, words[0], 1000)


@dataclass(slots=True)
class _SetOptions:
    only_new: bool = False
    only_old: bool = False
    get: bool = False
    keep: bool = False
    ends: float | None = None


def _set_options(words: Arguments) -> _SetOptions:
    found = _SetOptions()
    rest = iter(words)
    for word in rest:
        match word.upper():
            case "NX":
                found.only_new = True
            case "XX":
                found.only_old = True
            case "GET":
                found.get = True
            case "KEEPTTL":
                found.keep = True
            case unit:
                found.ends = _end(unit, rest)
    return found


def _end(unit: str, rest: Iterator[str]) -> float:
    number = next(rest, None)
    if number is None or unit not in ("EX", "PX", "EXAT", "PXAT"):
        raise WrongUse(SYNTAX)
    scale = 1000 if unit.startswith("P") else 1
    amount = _integer(number) / scale
    return amount if unit.endswith("AT") else now() + amount


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise WrongUse(NOT_A_NUMBER) from None


def _add(client: Client, key: str, amount: int) -> int:
    return int(_keep(client, key, str(_integer(client.store.get(key) or "0") + amount)))


def _keep(client: Client, key: str, value: str) -> str:
    """Write a value under a key that keeps its end."""
    there = client.store.get(key) is not None
    client.store.set(key, value, client.store.ends(key) if there else None)
    return value


def _matching(client: Client, pattern: str) -> list[str]:
    return [key for key in client.store.names() if fnmatch.fnmatchcase(key, pattern)]


def _end_at(client: Client, key: str, ends: float) -> int:
    value = client.store.get(key)
    if value is None:
        return 0
    client.store.set(key, value, ends)
    return 1


def _left(client: Client, key: str, scale: int) -> int:
    if client.store.get(key) is None:
        return -2
    ends = client.store.ends(key)
    return -1 if ends is None else round((ends - now()) * scale)

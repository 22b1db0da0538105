"""A table of nftables as a value, and the scripts that make it, or that make one of another. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from mockcloud.proxy.decide.views import Family

# One of them is in force; the other is there only while it is filled to take the first one's place.
TABLES: Final = ("mockcloud-policies", "mockcloud-policies-2")
ELEMENTS_A_LINE: Final = 200
# A transaction must fit into a socket's send buffer, about three times as large (see mockcloud/proxy).
ONE_TRANSACTION: Final = 65536


@dataclass(frozen=True, slots=True)
class Elements:
    """A set or map. `kind`: "set" or "map"; `form`: what nft is told of it; a set's values are empty."""

    kind: str
    form: str
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """Chains and collections by name. A chain in `hooks` begins there; all others are gone to."""

    chains: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    collections: Mapping[str, Elements] = field(default_factory=dict)
    hooks: Mapping[str, str] = field(default_factory=dict)


def staged(table: Table, family: Family, name: str, others: Iterable[str]) -> Iterator[str]:
    """Scripts that make it under that name; the last one brings it into force, and removes the others."""
    own = f"{family} {name}"
    lines = [f"add table {own}", f"delete table {own}", f"add table {own}"]
    lines += [line for each in (_declared(own, table), _filled(own, table)) for line in each]
    last = [f"add chain {own} {chain} {{ {hook} ; }}" for chain, hook in table.hooks.items()]
    last += [line for chain in table.hooks for line in _rules(own, chain, table.chains[chain])]
    for each in others:
        last += [f"add table {family} {each}", f"delete table {family} {each}"]
    *chunks, final = _chunks(lines)
    yield from chunks
    if len(final) + sum(map(len, last)) > ONE_TRANSACTION:
        yield final
        final = ""
    yield final + _text(last)


def changed(old: Table, new: Table, family: Family, name: str) -> str:
    """One transaction; "" where nothing differs. Chains that are gone are left empty (kernels before 6.2)."""
    own = f"{family} {name}"
    chains = {key: rules for key, rules in new.chains.items() if old.chains.get(key) != rules}
    gone = [key for key in old.chains if key not in new.chains]
    added = {key: each for key, each in new.collections.items() if key not in old.collections}
    lines = [f"add chain {own} {key}" for key in chains if key not in new.hooks]
    lines += [f"flush chain {own} {key}" for key in (*chains, *gone)]
    lines += [f"add {each.kind} {own} {key} {{ {each.form} ; }}" for key, each in added.items()]
    for key, each in new.collections.items():
        before = old.collections[key].values if key in old.collections else {}
        lines += _elements("delete", own, key, [one for one in before if before[one] != each.values.get(one)])
        fresh = {one: value for one, value in each.values.items() if before.get(one) != value}
        lines += _elements("add", own, key, [f"{one}{value}" for one, value in fresh.items()])
    lines += [line for key, rules in chains.items() for line in _rules(own, key, rules)]
    lines += [
        f"delete {old.collections[key].kind} {own} {key}"
        for key in old.collections
        if key not in new.collections
    ]
    return _text(lines)


def _declared(own: str, table: Table) -> Iterator[str]:
    yield from (f"add {each.kind} {own} {key} {{ {each.form} ; }}" for key, each in table.collections.items())
    yield from (f"add chain {own} {key}" for key in table.chains if key not in table.hooks)


def _filled(own: str, table: Table) -> Iterator[str]:
    for key, rules in table.chains.items():
        if key not in table.hooks:
            yield from _rules(own, key, rules)
    for key, each in table.collections.items():
        yield from _elements("add", own, key, [f"{one}{value}" for one, value in each.values.items()])


def _rules(own: str, chain: str, rules: Iterable[str]) -> Iterator[str]:
    return (f"add rule {own} {chain} {rule}" for rule in rules)


def _elements(verb: str, own: str, name: str, elements: list[str]) -> Iterator[str]:
    for start in range(0, len(elements), ELEMENTS_A_LINE):
        some = ", ".join(elements[start : start + ELEMENTS_A_LINE])
        yield f"{verb} element {own} {name} {{ {some} }}"


def _chunks(lines: Iterable[str]) -> list[str]:
    found: list[str] = []
    some: list[str] = []
    size = 0
    for line in lines:
        if some and size + len(line) >= ONE_TRANSACTION:
            found.append(_text(some))
            some, size = [], 0
        some.append(line)
        size += len(line) + 1
    return [*found, _text(some)]


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)

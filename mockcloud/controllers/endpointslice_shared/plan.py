"""A Service's endpoints -> its EndpointSlices: at most 100 a slice, and as few writes as can be."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.controllers.endpointslice_shared.endpoints import Endpoint, Group, Groups

PER_SLICE: Final = 100


@dataclass(frozen=True, slots=True)
class Slice:
    """An existing EndpointSlice. `name` is "" for one that is to be made."""

    name: str
    group: Group
    endpoints: tuple[Endpoint, ...]
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write; a slice in `update` has its content of afterwards."""

    create: tuple[Slice, ...] = ()
    update: tuple[Slice, ...] = ()
    delete: tuple[str, ...] = ()


def plan_slices(
    wanted: Groups, families: Sequence[str], labels: Mapping[str, str], existing: Iterable[Slice]
) -> Plan:
    """Towards exactly the wanted endpoints; a family without any keeps one empty slice, as upstream.

    An endpoint stays in its slice. A slice that is no longer needed becomes one that is, where it can
    (its family may not change), so that readers never see a moment without endpoints.
    """
    marks = tuple(sorted(labels.items()))
    wanted = {group: found for group, found in wanted.items() if found}
    for family in families:
        if not any(group.family == family for group in wanted):
            wanted[Group(family, ())] = {}
    present = sorted(existing, key=lambda each: each.name)
    kept: list[tuple[Slice, Slice]] = []
    fresh: list[Slice] = []
    for group, endpoints in sorted(wanted.items(), key=lambda item: (item[0].family, item[0].ports)):
        mine = [each for each in present if each.group == group]
        before, after = _pack(group, endpoints, mine, marks)
        kept += before
        fresh += after
    used = {was.name for was, _ in kept}
    spare = [each for each in present if each.name not in used]
    return _recycle(kept, fresh, spare)


def _pack(
    group: Group, endpoints: Mapping[str, Endpoint], mine: Sequence[Slice], marks: tuple[tuple[str, str], ...]
) -> tuple[list[tuple[Slice, Slice]], list[Slice]]:
    """(existing slices that stay, each with what it becomes; slices to make) for one group."""
    left = dict(endpoints)
    # `pop` also heals an address that stands in two slices.
    contents = [(each, [left.pop(e.address) for e in each.endpoints if e.address in left]) for each in mine]
    rest = [left[address] for address in sorted(left)]
    for _, inside in sorted(contents, key=lambda item: -len(item[1])):
        room = max(PER_SLICE - len(inside), 0)
        inside += rest[:room]
        rest = rest[room:]
    filled = [(was, inside) for was, inside in contents if inside]
    if not filled and not rest:  # the placeholder
        if contents:
            filled = contents[:1]
        else:
            return [], [Slice("", group, (), marks)]
    kept = [(was, Slice(was.name, group, tuple(inside), marks)) for was, inside in filled]
    return kept, [Slice("", group, tuple(chunk), marks) for chunk in _chunks(rest)]


def _recycle(kept: Sequence[tuple[Slice, Slice]], fresh: Sequence[Slice], spare: Sequence[Slice]) -> Plan:
    update = [after for was, after in kept if was != after]
    create: list[Slice] = []
    unused = list(spare)
    for each in fresh:
        again = next((old for old in unused if old.group.family == each.group.family), None)
        if again is None:
            create.append(each)
        else:
            unused.remove(again)
            update.append(Slice(again.name, each.group, each.endpoints, each.labels))
    return Plan(tuple(create), tuple(update), tuple(each.name for each in unused))


def _chunks(endpoints: Sequence[Endpoint]) -> Iterator[Sequence[Endpoint]]:
    for start in range(0, len(endpoints), PER_SLICE):
        yield endpoints[start : start + PER_SLICE]

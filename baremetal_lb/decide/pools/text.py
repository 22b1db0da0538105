"""YAML text -> plain values, bounded in size, depth and number; aliases count as what they stand for.

Whoever may write the ConfigMap must not be able to stop who reads it. So the parser's events are put together
here, without recursion. A key written twice is a fault, where plain YAML keeps the last in silence.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from baremetal_lb.decide.pools.scalars import plain
from baremetal_lb.model.errors import ConfigFault, ConfigRejected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

MAX_BYTES: Final = 1 << 20  # the API lets no ConfigMap be larger
MAX_DEPTH: Final = 40  # the configuration itself has 10 levels
MAX_VALUES: Final = 100_000
PARSER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's, where PyYAML was built with it
MERGE: Final = "<<"
TAG: Final = "tag:yaml.org,2002:"
PLAIN_TAGS: Final = frozenset(TAG + kind for kind in ("int", "bool", "float", "null"))
INDENTED: Final = "; is it indented as the lines around it?"
# What libyaml says -> what a person then looks for.
HINTS: Final = {
    "did not find expected key": INDENTED,
    "did not find expected '-' indicator": INDENTED,
    "mapping values are not allowed in this context": INDENTED[:-1] + ", and has it only one ': '?",
    "found character that cannot start any token": "; expected it in quotes",
}
KNOWN_TAGS: Final = PLAIN_TAGS | {None, "!", TAG + "str", TAG + "seq", TAG + "map"}


@dataclass(slots=True)
class _Container:
    """A list or mapping that is being read."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    size_before: int
    key: str | None = None  # of a mapping, where its value is still to come
    inherited: dict[str, Any] = field(default_factory=dict)  # by merge keys


def load(text: str) -> Any:  # noqa: ANN401 - whatever YAML can say; the schema judges it
    """The value of a text's one document; None where there is none. ConfigRejected: no YAML, or too much."""
    found = [each for each in load_all(text) if each is not None]
    if len(found) > 1:
        _refuse(None, f"has {len(found)} documents, separated by '---'; expected one")
    return found[0] if found else None


def load_all(text: str) -> list[Any]:
    """The values of all documents of a text. ConfigRejected, with line and column, where it is not YAML."""
    size = len(text.encode(errors="replace"))
    if size > MAX_BYTES:
        _refuse(None, f"is {size} bytes; at most {MAX_BYTES} are read")
    try:
        return list(_Composer().documents(text))
    except yaml.MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        _refuse(mark, f"not valid YAML: {_in_words(exc, text, mark)}")
    except yaml.reader.ReaderError as exc:
        _refuse(None, f"not a text: character {exc.character:#x} at position {exc.position}: {exc.reason}")
    except (yaml.YAMLError, UnicodeEncodeError) as exc:
        _refuse(None, f"not valid YAML: {exc}")


def _in_words(exc: yaml.MarkedYAMLError, text: str, mark: Any) -> str:  # noqa: ANN401 - as in _refuse
    """What is wrong, and what to look for where the parser's words are a riddle."""
    problem = str(exc.problem)
    rest = text.split("\n")[mark.line][mark.column :] if mark and mark.line <= text.count("\n") else ""
    if rest.startswith("\t"):
        return "a tab; expected spaces"
    return problem + HINTS.get(problem, "")


def _refuse(mark: Any, problem: str) -> NoReturn:  # noqa: ANN401 - yaml's own Mark, or libyaml's
    where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
    raise ConfigRejected((ConfigFault("", where + problem),))


@dataclass(slots=True)
class _Composer:
    """Puts values together from a parser's events."""

    size: int = 0  # values read, those behind aliases included
    open: list[_Container] = field(default_factory=list)
    anchors: dict[str, tuple[Any, int]] = field(default_factory=dict)  # each value with its size
    root: Any = None

    def documents(self, text: str) -> Iterator[Any]:
        for event in yaml.parse(text, Loader=PARSER):
            match event:
                case yaml.DocumentStartEvent():
                    self.root, self.anchors = None, {}
                case yaml.DocumentEndEvent():
                    yield self.root
                case yaml.ScalarEvent():
                    self._scalar(event)
                case yaml.AliasEvent():
                    self._alias(event)
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._begin(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._end(event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._count(event, 1)
        _check_tag(event)
        is_plain = event.tag in PLAIN_TAGS or (event.tag is None and event.implicit[0])
        value = plain(event.value) if is_plain else event.value
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)
        self._put(event, value, event.value)

    def _alias(self, event: yaml.AliasEvent) -> None:
        if event.anchor not in self.anchors:
            _refuse(event.start_mark, f"*{event.anchor} stands for nothing before it that is complete")
        value, size = self.anchors[event.anchor]
        self._count(event, size)
        self._put(event, value, value if isinstance(value, str) else None)

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent) -> None:
        self._count(event, 1)
        _check_tag(event)
        if len(self.open) >= MAX_DEPTH:
            _refuse(event.start_mark, f"more than {MAX_DEPTH} levels of lists and mappings in one another")
        value: list[Any] | dict[str, Any] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        if self.open and isinstance(self.open[-1].value, dict) and self.open[-1].key is None:
            _refuse(event.start_mark, "a list or mapping as a key; expected a word")
        self.open.append(_Container(value, event.anchor, self.size - 1))

    def _end(self, event: yaml.SequenceEndEvent | yaml.MappingEndEvent) -> None:
        done = self.open.pop()
        if isinstance(done.value, dict):
            for key, value in done.inherited.items():
                done.value.setdefault(key, value)
        if done.anchor:
            self.anchors[done.anchor] = (done.value, self.size - done.size_before)
        self._put(event, done.value, None)

    def _put(self, event: yaml.Event, value: Any, text: str | None) -> None:  # noqa: ANN401
        """Give a value its place; `text` is what it says as a key."""
        if not self.open:
            self.root = value
            return
        into = self.open[-1]
        if isinstance(into.value, list):
            into.value.append(value)
        elif into.key is None:
            into.key = self._key(event, into.value, text)
        elif into.key == MERGE:
            _inherit(event, into, value)
        else:
            into.value[into.key] = value
            into.key = None

    def _key(self, event: yaml.Event, mapping: dict[str, Any], text: str | None) -> str:
        if text is None:
            _refuse(event.start_mark, "a list or mapping as a key; expected a word")
        if text in mapping:
            _refuse(event.start_mark, f"the key {text!r} is written twice")
        return str(text)

    def _count(self, event: yaml.Event, more: int) -> None:
        self.size += more
        if self.size > MAX_VALUES:
            _refuse(event.start_mark, f"more than {MAX_VALUES} values (aliases count as what they stand for)")


def _check_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
    if event.tag not in KNOWN_TAGS:
        _refuse(event.start_mark, f"the tag {event.tag!r} is not known")


def _inherit(event: yaml.Event, into: _Container, value: Any) -> None:  # noqa: ANN401
    """Take over a mapping's entries, or those of several; the first that has a key wins."""
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in sources):
        _refuse(event.start_mark, "'<<' merges mappings; expected a mapping, or a list of them")
    for source in sources:
        for key, entry in source.items():
            into.inherited.setdefault(key, entry)
    into.key = None

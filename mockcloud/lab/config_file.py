"""A lab described by a file: `mockcloud up --config lab.yaml`. Text -> values, or what is wrong, by line."""

from __future__ import annotations

from difflib import get_close_matches
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from mockcloud.lab.errors import UsageError
from mockcloud.lab.plan import MOST_NODES, NodeWish
from mockcloud.labels import ZONE, is_value, node_label, node_taint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONGEST: Final = 1 << 20  # bytes of a file
MOST: Final = 100_000  # values in it
_LOADER: Final = yaml.SafeLoader
Location = tuple[int | str, ...]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


def _taint(text: str) -> str:
    node_taint(text)
    return text


def _zone(text: str) -> str:
    if not text or not is_value(text):
        msg = "expected the value of a label, such as a or eu-1b"
        raise ValueError(msg)
    return text


def _range(text: str) -> str:
    first, sign, last = text.partition("-")
    if sign:
        ip_address(first.strip()), ip_address(last.strip())
    else:
        ip_network(text)
    return text


Taint = Annotated[str, AfterValidator(_taint), Field(examples=["dedicated=db:NoSchedule"])]
Zone = Annotated[str, AfterValidator(_zone), Field(examples=["a"])]
Range = Annotated[str, AfterValidator(_range), Field(examples=["192.168.10.200-192.168.10.250"])]


class NodeConfig(_Part):
    """One node."""

    zone: Zone | None = Field(default=None, description=f"label {ZONE}")
    labels: dict[str, str] = Field(default={}, description="of the Node; of Kubernetes' own only a kubelet's")
    taints: list[Taint] = Field(default=[], description="that the Node is created with")

    def wish(self) -> NodeWish:
        """What its agent is told; ValueError for what is no label of a node's."""
        zone = {} if self.zone is None else {ZONE: self.zone}
        labels = tuple(f"{key}={value}" for key, value in {**zone, **self.labels}.items())
        for each in labels:
            node_label(each)
        return NodeWish(labels, tuple(self.taints))


def _labelled(nodes: int | list[NodeConfig]) -> int | list[NodeConfig]:
    for number, each in enumerate(nodes if isinstance(nodes, list) else (), 1):
        try:
            each.wish()
        except ValueError as exc:
            msg = f"node-{number}: {exc}"
            raise ValueError(msg) from exc
    return nodes


Count = Annotated[int, Field(ge=1, le=MOST_NODES)]
Listed = Annotated[list[NodeConfig], Field(min_length=1, max_length=MOST_NODES)]


class BaremetalConfig(_Part):
    """baremetal-lb in the lab."""

    pools: list[Range] = Field(default=[], description="external addresses: CIDRs, and FIRST-LAST")
    controller_args: list[str] = Field(default=[], description="more words for its controllers")
    speaker_args: list[str] = Field(default=[], description="more words for its speakers")


class LabConfig(_Part):
    """A lab. What is given as an option of the command, too, is as the option says."""

    api_version: Literal["mockcloud/v1"]
    kind: Literal["Lab"]
    name: str | None = Field(default=None, description="of the lab")
    nodes: Annotated[Count | Listed, AfterValidator(_labelled)] = Field(
        default=3, description="how many, or each one: node-1 is the first"
    )
    provider: Literal["baremetal", "cloud", "none"] | None = None
    ccm: Literal["builtin", "none"] | None = Field(default=None, description="of a cloud")
    ipv6: bool | None = Field(default=None, description="pods and Services have IPv6 addresses, too")
    baremetal_lb: BaremetalConfig = BaremetalConfig()
    catalogue: str | None = Field(default=None, description="file of images, from this file's folder on")
    dns_upstream: str | None = Field(default=None, description="IP[:PORT][,...]")
    pod_eviction_timeout: float | None = Field(default=None, ge=0, description="seconds")
    host_paths: list[str] = Field(default=[], description="folders that pods may mount, from this file's on")
    ttl: str | None = Field(default=None, examples=["2h"], description="the lab ends by itself after that")
    timeout: float | None = Field(default=None, gt=0, description="seconds that `up` waits")
    tunnel: bool | None = Field(default=None, description="`mockcloud tunnel` in the background")

    def options(self, folder: Path) -> dict[str, Any]:
        """The command's options that stand in it, by click's names; paths are found from `folder` on."""
        nodes = self.nodes if isinstance(self.nodes, int) else len(self.nodes)
        paths = [str(folder / each) for each in self.host_paths] or None
        catalogue = None if self.catalogue is None else str(folder / self.catalogue)
        same = (
            "name",
            "provider",
            "ccm",
            "ipv6",
            "dns_upstream",
            "pod_eviction_timeout",
            "ttl",
            "timeout",
            "tunnel",
        )
        found = {each: getattr(self, each) for each in same}
        found |= {"nodes": nodes, "host_paths": paths, "catalogue": catalogue}
        return {name: value for name, value in found.items() if value is not None}

    def beyond_options(self) -> dict[str, Any]:
        """Fields of a Plan for which there is no option."""
        wishes = () if isinstance(self.nodes, int) else tuple(each.wish() for each in self.nodes)
        lb = self.baremetal_lb
        return {
            "wishes": wishes,
            "pools": tuple(lb.pools),
            "controller_options": tuple(lb.controller_args),
            "speaker_options": tuple(lb.speaker_args),
        }


def schema() -> dict[str, Any]:
    """As JSON Schema, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **LabConfig.model_json_schema()}


def read(path: Path) -> LabConfig:
    """The lab that the file describes; UsageError, which names each line that is wrong."""
    try:
        with path.open("rb") as file:
            content = file.read(LONGEST + 1)
        if len(content) > LONGEST:
            msg = f"{path}: more than {LONGEST} bytes: expected a lab's description"
            raise UsageError(msg)
        return parse(content.decode(), str(path))
    except OSError as exc:
        msg = f"{path}: {exc.strerror}"
        raise UsageError(msg) from exc
    except UnicodeDecodeError as exc:
        msg = f"{path}: expected text in UTF-8, and byte {exc.start} is none"
        raise UsageError(msg) from exc


def parse(text: str, name: str) -> LabConfig:
    """As `read`, of a file of that name."""
    try:
        tree = yaml.compose(text, _LOADER)
        if tree and _size(tree, {}) > MOST:
            msg = f"{name}: more than {MOST} values (aliases count as what they stand for)"
            raise UsageError(msg)
        found = yaml.load(text, _LOADER)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        msg = f"{where}: not YAML: {getattr(exc, 'problem', None) or exc}"
        raise UsageError(msg) from exc
    except RecursionError as exc:
        msg = f"{name}: nested too deeply"
        raise UsageError(msg) from exc
    if not isinstance(found, dict):
        msg = f"{name}: expected a mapping that begins with apiVersion: mockcloud/v1 and kind: Lab"
        raise UsageError(msg)
    if faults := [f"{name}:{line}: {key} is there twice" for key, line in _twice(tree)]:
        raise UsageError("\n".join(faults))
    try:
        return LabConfig.model_validate(found)
    except ValidationError as exc:
        # Of a union each member complains: the one that the value is not of has nothing to say.
        other = "int_type" if isinstance(found.get("nodes"), list) else "list_type"
        told = [each for each in exc.errors() if (each["type"], _place(each)) != (other, ("nodes",))]
        raise UsageError("\n".join(_fault(each, name, tree) for each in told)) from exc


def _fault(error: Any, name: str, tree: yaml.Node | None) -> str:  # noqa: ANN401 - pydantic's
    place, given = _place(error), repr(error["input"])
    said = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "expected")
    if error["type"] == "extra_forbidden":
        said = f"unknown key{_meant(str(place[-1]), place)}"
    elif error["type"] == "missing":
        said = "is required"
    elif not said.startswith(given) and not isinstance(error["input"], list):
        said = f"{given}: {said}"
    return f"{name}:{_line(tree, place)}: {_path(place)}: {said}"


def _place(error: Any) -> Location:  # noqa: ANN401 - pydantic's
    """Where in the file: pydantic puts in which of a union's members it tried, behind `nodes`."""
    first, *rest = error["loc"]
    return (first, *(rest[1:] if first == "nodes" and rest and isinstance(rest[0], str) else rest))


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """How many values it is, aliases as what they stand for; more than MOST where it is within itself."""
    if id(node) not in known:
        known[id(node)] = MOST + 1  # while it is counted
        known[id(node)] = 1 + sum(_size(each, known) for each in _inside(node))
    return known[id(node)]


def _inside(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _twice(node: yaml.Node | None) -> Iterator[tuple[str, int]]:
    """Keys that a mapping has again, with their lines: YAML takes the last one in silence."""
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value]
        yield from (
            (key.value, key.start_mark.line + 1)
            for number, (key, _) in enumerate(node.value)
            if key.value in keys[:number]
        )
    for each in _inside(node) if node else ():
        yield from _twice(each)


def _meant(key: str, place: Location) -> str:
    part: type[BaseModel] = LabConfig
    if place[0] == "nodes":
        part = NodeConfig
    elif place[0] == "baremetalLb":
        part = BaremetalConfig
    names = [str(each.alias or name) for name, each in part.model_fields.items()]
    close = get_close_matches(key, names, 1)
    return f"; did you mean {close[0]}?" if close else f": expected one of {', '.join(names)}"


def _path(place: Location) -> str:
    text = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in place)
    return text.removeprefix(".")


def _line(node: yaml.Node | None, place: Location) -> int:
    """The line of that place, or of the last part of the way to it that is there."""
    line = node.start_mark.line if node else 0
    for step in place:
        if isinstance(node, yaml.MappingNode):
            pair = next((each for each in node.value if each[0].value == step), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = node.start_mark.line
        else:
            break
    return line + 1

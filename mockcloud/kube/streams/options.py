"""A stream's query and its pod -> which node to ask for what, in the words of kubelet's own server. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from mockcloud.kube.decimals import integer, port
from mockcloud.kube.field_errors import Cause, forbidden, invalid
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.queries import flag
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import bad_request

Query = Mapping[str, Sequence[str]]
STREAMS: Final = ("attach", "exec", "log", "portforward")
PROXY: Final = "proxy"
_CONTAINERS: Final = ("initContainers", "containers", "ephemeralContainers")
# Our clients' names for what kubelet names otherwise.
_FLAGS: Final = {"stdin": "input", "stdout": "output", "stderr": "error", "tty": "tty"}
_LOG_OPTIONS: Final = "PodLogOptions"
_ONE_SINCE: Final = "at most one of `sinceTime` or `sinceSeconds` may be specified"
_LOG_FLAGS: Final = ("follow", "previous", "timestamps")
_LOG_NUMBERS: Final = {"tailLines": 0, "limitBytes": 1, "sinceSeconds": 1}  # and the least that each may be


@dataclass(frozen=True, slots=True)
class Location:
    """Where a stream leads: a node, and what to ask its agent for."""

    node: str
    path: str


def locate(pod: JsonObject, stream: str, query: Query) -> Location | None:
    """Where the stream leads; None for the log of a pod that has no node yet, which is empty.

    400 or 422 where it leads nowhere.
    """
    metadata = pod["metadata"]
    place = f"{quote(metadata['namespace'], safe='')}/{quote(metadata['name'], safe='')}"
    node = object_at(pod, "spec").get("nodeName") or ""
    if stream == "portforward":
        path = f"/portForward/{place}"
    else:
        container = quote(_container(pod, _first(query, "container")), safe="")
        path = f"/{'containerLogs' if stream == 'log' else stream}/{place}/{container}"
    parameters = _parameters(stream, query, metadata["name"])
    if not node:
        if stream == "log":
            return None
        msg = f"pod {metadata['name']} does not have a host assigned"
        raise bad_request(msg)
    return Location(node, f"{path}?{urlencode(parameters)}")


def _container(pod: JsonObject, wanted: str) -> str:
    spec, name = object_at(pod, "spec"), pod["metadata"]["name"]
    names = [one["name"] for group in _CONTAINERS for one in objects_at(spec, group)]
    if wanted:
        if wanted not in names:
            msg = f"container {wanted} is not valid for pod {name}"
            raise bad_request(msg)
        return wanted
    main = objects_at(spec, "containers")
    if len(main) != 1:
        choice = f", choose one of: [{' '.join(names)}]" if main else ""
        msg = f"a container name must be specified for pod {name}{choice}"
        raise bad_request(msg)
    return str(main[0]["name"])


def _parameters(stream: str, query: Query, pod: str) -> list[tuple[str, str]]:
    match stream:
        case "log":
            return _log_parameters(query, pod)
        case "portforward":
            ports = [part for text in query.get("ports", ()) for part in text.split(",")]
            return [("port", ",".join(str(_port(text)) for text in ports))] if ports else []
    found = [(theirs, "1") for ours, theirs in _FLAGS.items() if _flag(query, ours)]
    if stream == "exec":
        found += [("command", word) for word in query.get("command", ())]
    return found


def _log_parameters(query: Query, pod: str) -> list[tuple[str, str]]:
    found = [(name, "true") for name in _LOG_FLAGS if _flag(query, name)]
    causes: list[Cause] = []
    for name, least in _LOG_NUMBERS.items():
        if not (text := _first(query, name)):
            continue
        number = _number(text)
        if number < least:
            bound = "greater than 0" if least else "greater than or equal to 0"
            causes.append(invalid(name, number, f"must be {bound}"))
        found.append((name, str(number)))
    if since := _first(query, "sinceTime"):
        if _first(query, "sinceSeconds"):
            causes.append(forbidden("", _ONE_SINCE))
        found.append(("sinceTime", _time(since)))
    if causes:
        raise refusals.invalid(_LOG_OPTIONS, "", pod, causes)
    return found


def _first(query: Query, name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _flag(query: Query, name: str) -> bool:
    return name in query and flag({name: _first(query, name)}, name)


def _number(text: str) -> int:
    try:
        return integer(text)
    except ValueError as exc:
        raise bad_request(str(exc)) from exc


def _port(text: str) -> int:
    number = port(text)
    if number is None:
        msg = f"port {text!r}: expected 1 to 65535"
        raise bad_request(msg)
    return number


def _time(text: str) -> str:
    try:
        datetime.fromisoformat(text)
    except ValueError as exc:
        msg = f'sinceTime "{text}": expected a time as of RFC 3339, e.g. 2026-01-31T12:00:00Z'
        raise bad_request(msg) from exc
    return text

"""Rules for what a node does at a container: probes and hooks."""

from collections.abc import Iterator, Sequence
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes
from mockcloud.kube.resources.validation.numbers import not_negative

HANDLERS: Final = ("exec", "httpGet", "tcpSocket", "grpc")
HOOKS: Final = ("exec", "httpGet", "tcpSocket", "sleep")


def probe_problems(at: str, kind: str, probe: JsonObject) -> Iterator[Cause]:
    """What is wrong with a probe of that kind."""
    yield from one_handler(at, probe, HANDLERS)
    counts = (
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    )
    for key in counts:
        yield from not_negative(f"{at}.{key}", probe.get(key))
    if kind != "readinessProbe" and probe.get("successThreshold") != 1:
        yield invalid(f"{at}.successThreshold", probe.get("successThreshold"), "must be 1")
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and kind == "readinessProbe":
        yield invalid(f"{at}.terminationGracePeriodSeconds", seconds, "must not be set for readinessProbes")
    elif seconds is not None and seconds <= 0:
        yield invalid(f"{at}.terminationGracePeriodSeconds", seconds, "must be greater than 0")


def one_handler(at: str, holder: JsonObject, handlers: Sequence[str]) -> Iterator[Cause]:
    """It does one thing of these, and that can be done."""
    stated = [key for key in handlers if holder.get(key) is not None]
    if not stated:
        yield required(at, "must specify a handler type")
    for key in stated[1:]:
        yield forbidden(f"{at}.{key}", "may not specify more than 1 handler type")
    if stated:
        yield from _handler(f"{at}.{stated[0]}", stated[0], object_at(holder, stated[0]))


def _handler(at: str, kind: str, handler: JsonObject) -> Iterator[Cause]:
    if kind == "exec":
        if not handler.get("command"):
            yield required(f"{at}.command")
        return
    if kind == "sleep":
        if (handler.get("seconds") or 0) < 0:
            yield invalid(at, handler["seconds"], "must be non-negative")
        return
    if kind == "httpGet":
        yield from _request(at, handler)
    port = handler.get("port") or 0
    yield from causes(f"{at}.port", port, formats.port_number_or_name(port))
    for header in objects_at(handler, "httpHeaders"):
        name = header.get("name") or ""
        yield from causes(f"{at}.httpHeaders", name, formats.header_name(name))


def _request(at: str, handler: JsonObject) -> Iterator[Cause]:
    if not handler.get("path"):
        yield required(f"{at}.path")
    if handler.get("scheme") not in ("HTTP", "HTTPS"):
        yield not_supported(f"{at}.scheme", handler.get("scheme") or "", ("HTTP", "HTTPS"))

"""A request to the answer: finds the route, runs its handler, puts every refusal in the API's words."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

import orjson

from mockcloud.cloud.core.refusal import Refusal
from mockcloud.cloud.hetzner import balancers, certificates, networking, offers, servers
from mockcloud.cloud.hetzner.handlers import OK
from mockcloud.cloud.hetzner.replies import Fault, Reply, Request, error_body, fault_of
from mockcloud.cloud.remembered import Remembered

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockcloud.cloud.hetzner.handlers import Handler
    from mockcloud.cloud.service import CloudService

PREFIX: Final = "/v1"
# What the real API has and this one does not: it says so, instead of "not found".
NOT_SERVED: Final = (
    "firewalls",
    "isos",
    "placement_groups",
    "ssh_keys",
    "volumes",
    "zones",
    "storage_boxes",
    "storage_box_types",
)


class HetznerApi:
    """Answers for one cloud."""

    def __init__(self, cloud: CloudService) -> None:
        self._cloud = cloud
        self._remembered: Remembered[bytes] = Remembered(cloud)
        found = (
            *offers.routes(),
            *servers.routes(),
            *balancers.routes(),
            *networking.routes(),
            *certificates.routes(),
        )
        self._served = tuple((each.method, each.path) for each in found)
        self._routes: list[tuple[str, re.Pattern[str], Handler]] = [
            (each.method, re.compile(each.path.replace("{}", r"([0-9]{1,18})")), each.handler)
            for each in found
        ]

    def served(self) -> tuple[tuple[str, str], ...]:
        """Each method and path, which has {} for a number."""
        return self._served

    def answer(self, method: str, path: str, request: Request) -> Reply:
        """`path` without the prefix. Never raises for what a client sends."""
        if method != "GET" or "/actions" in path:  # these go on by the moment while they run
            return self._do(method, path, request)
        question = path, request.query
        found = self._remembered.find(question)
        if found is None:
            began = self._cloud.clock.now()
            reply = self._do(method, path, request)
            if reply.status != OK:
                return reply
            found = orjson.dumps(reply.body)
            self._remembered.keep(question, found, began, len(found))
        return Reply(OK, found)

    def _do(self, method: str, path: str, request: Request) -> Reply:
        try:
            return self._find(method, path)(request)
        except Refusal as refusal:
            fault = fault_of(refusal)
        except Fault as found:
            fault = found
        return Reply(fault.status, error_body(fault))

    def _find(self, method: str, path: str) -> Callable[[Request], Reply]:
        methods = set()
        for each, pattern, handler in self._routes:
            match = pattern.fullmatch(path)
            if match is not None and each == method:
                ids = [int(text) for text in match.groups()]
                return partial(_call, handler, self._cloud, ids)
            if match is not None:
                methods.add(each)
        first = path.strip("/").partition("/")[0]
        if first in NOT_SERVED:
            raise Fault(422, "unsupported_error", f"{first}: this cloud does not have them")
        if methods:
            raise Fault(
                405, "method_not_allowed", f"{method} is not allowed here, {', '.join(sorted(methods))} is"
            )
        raise Fault(404, "not_found", f"no such path: {PREFIX}{path}")


def _call(handler: Handler, cloud: CloudService, ids: list[int], request: Request) -> Reply:
    return handler(cloud, request, ids)

"""What each kind of resource shares: list, get, rename, protect, its actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Generic, TypeAlias, TypeVar

from mockcloud.cloud.core.resources import check_labels, check_new_name
from mockcloud.cloud.core.values import (
    Operation,
    Ref,
    Resource,
    ResourceKind,
)
from mockcloud.cloud.hetzner.rendering.actions import action as render_action
from mockcloud.cloud.hetzner.replies import Fault, Json, Reply, Request
from mockcloud.cloud.hetzner.requests import Rename, read
from mockcloud.cloud.hetzner.selecting import chosen, page

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockcloud.cloud.core.state import Draft
    from mockcloud.cloud.service import CloudService

Handler: TypeAlias = "Callable[[CloudService, Request, Sequence[int]], Reply]"
V = TypeVar("V", bound=Resource)
OK: Final = 200
CREATED: Final = 201
NO_CONTENT: Final = 204


@dataclass(frozen=True, slots=True)
class Route:
    """`path` has {} for each number."""

    method: str
    path: str
    handler: Handler


@dataclass(frozen=True, slots=True)
class Collection(Generic[V]):
    """One kind of resource, by its names in paths and bodies; `of` gives those that it has, by id."""

    plural: str
    singular: str
    kind: ResourceKind
    of: Callable[[CloudService], dict[int, Any]]
    render: Callable[[CloudService, V], Json]

    def get(self, cloud: CloudService, number: int) -> V:
        """The one of this id; Fault not_found."""
        found: V | None = self.of(cloud).get(number)
        if found is None:
            raise Fault(404, "not_found", f"{self.singular} with ID '{number}' not found")
        return found

    def answer(self, cloud: CloudService, resource: V, status: int = OK) -> Reply:
        """One of them."""
        return Reply(status, {self.singular: self.render(cloud, resource)})

    def routes(self) -> list[Route]:
        """What all kinds have."""
        return [
            Route("GET", f"/{self.plural}", self._list),
            Route(
                "GET",
                f"/{self.plural}/{{}}",
                lambda cloud, _, ids: self.answer(cloud, self.get(cloud, ids[0])),
            ),
            Route("PUT", f"/{self.plural}/{{}}", self._rename),
            Route("GET", f"/{self.plural}/actions", self._all_actions),
            Route("GET", f"/{self.plural}/actions/{{}}", lambda cloud, _, ids: one_action(cloud, ids[0])),
            Route("GET", f"/{self.plural}/{{}}/actions", self._actions),
            Route(
                "GET", f"/{self.plural}/{{}}/actions/{{}}", lambda cloud, _, ids: one_action(cloud, ids[1])
            ),
        ]

    def action(self, name: str, command: Callable[[CloudService, Request, V], Operation]) -> Route:
        """POST .../actions/NAME: a command on one of them, which begins an operation."""

        def handler(cloud: CloudService, request: Request, ids: Sequence[int]) -> Reply:
            return began(cloud, command(cloud, request, self.get(cloud, ids[0])))

        return Route("POST", f"/{self.plural}/{{}}/actions/{name}", handler)

    def _list(self, cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
        found = chosen(request, list(self.of(cloud).values()))
        return Reply(OK, page(request, self.plural, found, lambda each: self.render(cloud, each)))

    def _rename(self, cloud: CloudService, request: Request, ids: Sequence[int]) -> Reply:
        wanted, resource = read(Rename, request.body), self.get(cloud, ids[0])

        def command(draft: Draft) -> V:
            changes: dict[str, Any] = {}
            if wanted.name is not None:
                check_new_name(draft.state, resource, wanted.name)
                changes["name"] = wanted.name
            if wanted.labels is not None:
                changes["labels"] = check_labels(wanted.labels)
            others = {
                "description": wanted.description,
                "auto_delete": wanted.auto_delete,
                "exposes_routes": wanted.expose_routes_to_vswitch,
            }
            changes |= {
                name: given for name, given in others.items() if given is not None and hasattr(resource, name)
            }
            return draft.put(replace(resource, **changes))

        return self.answer(cloud, cloud.run(command))

    def _actions(self, cloud: CloudService, request: Request, ids: Sequence[int]) -> Reply:
        ref = Ref(self.kind, ids[0])
        return action_page(
            cloud, request, [each for each in cloud.state.all(Operation) if ref in each.resources]
        )

    def _all_actions(self, cloud: CloudService, request: Request, _: Sequence[int]) -> Reply:
        kind = self.kind
        among = cloud.state.all(Operation)
        return action_page(
            cloud, request, [each for each in among if any(ref.kind is kind for ref in each.resources)]
        )


def began(cloud: CloudService, operation: Operation, status: int = CREATED) -> Reply:
    """An action that was begun."""
    return Reply(status, {"action": render_action(cloud, operation)})


def one_action(cloud: CloudService, number: int) -> Reply:
    """An action by its id."""
    return Reply(OK, {"action": render_action(cloud, cloud.state.get(Operation, number))})


def action_page(cloud: CloudService, request: Request, among: list[Operation]) -> Reply:
    """A list of actions: by `id` (repeated) and `status` (repeated)."""
    wanted_ids, statuses = request.all("id"), request.all("status")
    found = [each for each in among if not wanted_ids or str(each.id) in wanted_ids]
    if statuses:
        found = [each for each in found if render_action(cloud, each)["status"] in statuses]
    for order in reversed(request.all("sort")):
        key, _, direction = order.partition(":")
        if key in ("id", "command", "started", "finished", "status", "progress"):
            shown = {each.id: render_action(cloud, each)[key] or "" for each in found}
            found.sort(key=lambda each: shown[each.id], reverse=direction == "desc")
    return Reply(OK, page(request, "actions", found, lambda each: render_action(cloud, each)))

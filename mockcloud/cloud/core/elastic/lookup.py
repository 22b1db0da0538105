"""Who forwards to whom, and who uses what: questions to a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockcloud.cloud.core.elastic_values import Frontend, TargetGroup
from mockcloud.cloud.core.values import Balancer

if TYPE_CHECKING:
    from mockcloud.cloud.core.state import State


def frontends_of(state: State, balancer: int) -> list[Frontend]:
    """A balancer's listeners, by id."""
    return [each for each in state.all(Frontend) if each.balancer == balancer]


def groups_of(state: State, balancer: int) -> list[TargetGroup]:
    """The groups to which a balancer forwards, by id."""
    numbers = {number for each in frontends_of(state, balancer) for number in each.groups}
    return [each for each in state.all(TargetGroup) if each.id in numbers]


def users_by_group(state: State) -> dict[int, list[int]]:
    """Group -> the balancers that forward to it; groups that nobody uses are not in it."""
    found: dict[int, list[int]] = {}
    for frontend in state.all(Frontend):
        for group in frontend.groups:
            users = found.setdefault(group, [])
            if frontend.balancer not in users:
                users.append(frontend.balancer)
    return found


def user_of(state: State, group: int) -> Balancer | None:
    """The balancer that forwards to a group; there is one at most."""
    for frontend in state.all(Frontend):
        if group in frontend.groups:
            return state.find(Balancer, frontend.balancer)
    return None

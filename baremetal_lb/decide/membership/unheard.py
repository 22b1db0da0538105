"""Nodes that are Ready and whose speaker is not heard: dead, or alive behind a firewall?

A speaker that falls silent counts as dead at once: failover cannot wait. It counts as alive but not heard,
and so as one that may announce, while the cluster calls its node Ready and something shows that it may live:

- it was never heard since we began, and was started and not stopped since, as its object in the API says;
- it was seen after it was missed: by its claims on the LAN, or by datagrams that we cannot read or that show
  that it does not hear us;
- it has been missed for longer than the cluster needs to find a node dead;
- all were missed together, so that we took ourselves to be cut off, yet the API answers.

Whether it announces anything the LAN has to show. A node that answered for nothing that it should have, and
was not seen since, counts as one without a speaker until it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from baremetal_lb.model.membership import MemberState, NotHeard, View

if TYPE_CHECKING:
    from collections.abc import Mapping

FOUND_DEAD: Final = 60.0  # seconds; the cluster calls a silent node NotReady after 40 to 50
LASTING: Final = (
    2.0  # seconds of datagrams: a speaker that has just started is not understood at once, either
)
PAUSE: Final = 1.5  # seconds without a datagram after which they begin anew


@dataclass(slots=True)
class _Sign:
    began: float
    last: float
    why: NotHeard


@dataclass(slots=True)
class Unheard:
    """The nodes that are not heard, as one speaker sees them. Times are the caller's, in seconds."""

    me: str
    _view: View = field(default_factory=View)
    _ready: frozenset[str] = frozenset()
    _running: frozenset[str] = frozenset()
    _lost: dict[str, float] = field(default_factory=dict)  # was alive; since when it is not
    _heard: set[str] = field(default_factory=set)  # since we began
    _signs: dict[str, _Sign] = field(default_factory=dict)  # datagrams
    _seen: dict[str, float] = field(default_factory=dict)  # on the LAN
    _mute: dict[str, float] = field(default_factory=dict)  # answered for nothing; since when
    _cut_off_at: float | None = None
    _api_at: float = float("-inf")  # when the API answered last
    _since: dict[str, float] = field(default_factory=dict)  # how long each is in doubt

    def see_view(self, view: View, now: float) -> None:
        """These speakers are alive."""
        for gone in self._view.states.keys() - view.states.keys():
            self._lost[gone] = now
        for name in view.states:
            self._heard.add(name)
            self._lost.pop(name, None)
            self._mute.pop(name, None)
        cut_off = view.states.get(self.me) is MemberState.CUT_OFF
        if not cut_off:
            self._cut_off_at = None
        elif self._cut_off_at is None:
            self._cut_off_at = now
        self._view = view

    def see_nodes(self, ready: frozenset[str], running: frozenset[str]) -> None:
        """The cluster calls these ready; the speakers of these were started, and not stopped since."""
        self._ready, self._running = ready, running

    def see_datagram(self, node: str, why: NotHeard, now: float) -> None:
        """Something came from a node that counts for nothing, for this reason."""
        sign = self._signs.get(node)
        if sign is None or now > sign.last + PAUSE:
            self._signs[node] = _Sign(now, now, why)
        else:
            sign.last, sign.why = now, why

    def see_claim(self, node: str, now: float) -> None:
        """A node spoke of an address on the LAN, as only a speaker does."""
        self._seen[node] = now
        self._mute.pop(node, None)

    def see_api(self, now: float) -> None:
        """The API has answered us."""
        self._api_at = now

    def see_mute(self, node: str, now: float) -> None:
        """It did not answer for an address that it should have, when it was asked on the LAN."""
        if self._seen.get(node, float("-inf")) < self._since.get(node, now):
            self._mute.setdefault(node, now)

    @property
    def wants_api(self) -> bool:
        """Whether it matters now that the API answers."""
        return self._cut_off_at is not None and self._api_at < self._cut_off_at

    def reasons(self, now: float) -> Mapping[str, NotHeard]:
        """Why each node that may have a live speaker is not heard."""
        found = {}
        for node in sorted(self._ready - self._view.states.keys()) if self._view.states else ():
            sign = self._lasting(node, now)
            if node != self.me and self._may_live(node, now, signed=sign is not None):
                found[node] = sign.why if sign else NotHeard.SILENT
        self._since = {node: self._since.get(node, now) for node in found}
        return found

    def lasting(self, now: float, seconds: float) -> Mapping[str, NotHeard]:
        """Of those that `reasons` has, the ones that it has had for so long."""
        return {node: why for node, why in self.reasons(now).items() if now >= self._since[node] + seconds}

    def _may_live(self, node: str, now: float, *, signed: bool) -> bool:
        if signed:
            return True
        if node in self._mute:
            return False
        lost = self._lost.get(node, now)
        if node in self._lost and self._seen.get(node, float("-inf")) > lost:
            return True
        if node not in self._running:
            return node in self._seen and node not in self._heard
        if node not in self._heard or now >= lost + FOUND_DEAD:
            return True
        return self._cut_off_at is not None and self._api_at >= self._cut_off_at

    def _lasting(self, node: str, now: float) -> _Sign | None:
        sign = self._signs.get(node)
        began = max(sign.began, self._lost.get(node, sign.began)) if sign else 0.0
        return sign if sign and now <= sign.last + PAUSE and sign.last >= began + LASTING else None

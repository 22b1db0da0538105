"""How often one project may ask (https://docs.hetzner.cloud/#rate-limiting): a bucket that fills slowly."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil


@dataclass(slots=True)
class RateLimit:
    """`limit` requests at once; one more with each `refill` seconds. Times are the machine's, monotonic."""

    limit: int = 3600
    refill: float = 1.0
    _left: float = -1.0
    _at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more request may be answered."""
        if self._left < 0:
            self._left = float(self.limit)
        else:
            self._left = min(float(self.limit), self._left + (now - self._at) / self.refill)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True

    def headers(self, wall: float, *, exhausted: bool = False) -> dict[str, str]:
        """What each answer says of it; `wall`: the time, UNIX. `exhausted`: told so, whatever is left."""
        left = 0.0 if exhausted else self._left
        full = wall + (self.limit - left) * self.refill
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(int(left)),
            "RateLimit-Reset": str(ceil(full)),
        }

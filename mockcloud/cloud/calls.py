"""The list of calls: what clients asked, and what they were told."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, Final

MOST: Final = 10_000  # older ones are forgotten


@dataclass(frozen=True, slots=True)
class Call:
    """`at`: the cloud's clock; `code`: the error's, by the dialect, empty where there was none."""

    number: int
    at: float
    dialect: str
    method: str
    path: str
    status: int
    code: str = ""
    fault: str = ""  # the injected fault that it met


class CallLog:
    """Keeps the last ones."""

    def __init__(self) -> None:
        self._calls: deque[Call] = deque(maxlen=MOST)
        self._number = 0

    def note(
        self, at: float, asked: tuple[str, str, str], status: int, code: str = "", fault: str = ""
    ) -> None:
        """`asked`: dialect, method and path."""
        self._number += 1
        self._calls.append(Call(self._number, at, *asked, status, code, fault))

    def found(self, path: str = "", status: str = "", since: int = 0) -> list[dict[str, Any]]:
        """The calls whose path has this part, with this status (or all of 4xx: "4"), after that number."""
        return [
            asdict(each)
            for each in self._calls
            if path in each.path and str(each.status).startswith(status) and each.number > since
        ]

    def clear(self) -> None:
        """Forget them; numbers go on."""
        self._calls.clear()

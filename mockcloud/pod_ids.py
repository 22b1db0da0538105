"""Which of the lab's user ids (and group ids, alike) are those of its pods."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST: Final = 65536  # what a kubelet gives a pod, too
# Container managers choose from here on, and nobody else does: systemd's UIDS-GIDS.md, "Unused" since v253.
FIRST: Final = 1_879_048_192
RANGES: Final = 4094


@dataclass(frozen=True, slots=True)
class PodIds:
    """The ids that pods call 0, 1, ...: `count` of them from `first` on, as the lab numbers them."""

    first: int
    count: int

    @property
    def single(self) -> bool:
        """There is but one: whatever a pod calls it, files are all its own."""
        return self.count == 1

    def owner(self, uid: int, gid: int) -> tuple[int, int]:
        """The lab's numbers for a pod's; ValueError where the pod has no such id."""
        if self.single:
            return self.first, self.first
        for kind, number in (("user", uid), ("group", gid)):
            if not 0 <= number < self.count:
                msg = f"{kind} id {number}: pods of this lab have the ids 0 to {self.count - 1}"
                raise ValueError(msg)
        return self.first + uid, self.first + gid


def own_pod_ids(claims: Path) -> PodIds:
    """Of the lab that keeps claimed volumes there: all nodes share them, so their pods share the ids."""
    uid_map, gid_map = (Path(f"/proc/self/{kind}_map").read_text() for kind in ("uid", "gid"))
    return pod_ids(uid_map, gid_map, str(claims.absolute()))


def pod_ids(uid_map: str, gid_map: str, lab: str) -> PodIds:
    """By /proc/self/{uid,gid}_map: a range of its own for each lab, or the one id that there is. Pure."""
    number = int.from_bytes(hashlib.sha256(lab.encode()).digest()[:8], "big") % RANGES
    first = FIRST + number * MOST
    if all(_has(text, first) for text in (uid_map, gid_map)):
        return PodIds(first, MOST)
    return PodIds(0, 1)


def _has(id_map: str, first: int) -> bool:
    for line in id_map.splitlines():
        inside, _, count = map(int, line.split())
        if inside <= first and first + MOST <= inside + count:
            return True
    return False

"""What was written but not yet seen back: decisions wait for it, so a slow watch makes nothing twice."""

from typing import Final

from mockcloud.client.informer import Informer
from mockcloud.client.objects import Key, Object, key_of

# Should an echo never come by event (a bookmark moved past it), look again after this.
RECHECK_SECONDS: Final = 1.0


class Expectations:
    """For each owner (a Deployment, a Service...) the writes that one informer has yet to show.

    Nothing can be stuck: resourceVersions rise, so an informer that has passed a write's version has
    seen it, even where the object is gone again.
    """

    def __init__(self, informer: Informer) -> None:
        self._informer = informer
        self._written: dict[Key, int] = {}  # owner -> the highest version written for it
        self._deleted: dict[Key, dict[Key, str]] = {}  # owner -> objects (and their uids) that are to go

    def wrote(self, owner: Key, answer: Object) -> None:
        """`answer` is what the API returned for a create, replace or patch."""
        version = int(answer["metadata"]["resourceVersion"])
        seen = self._informer.items.get(key_of(answer))
        if seen is None or int(seen["metadata"]["resourceVersion"]) < version:
            self._written[owner] = max(version, self._written.get(owner, 0))

    def deleted(self, owner: Key, key: Key, uid: str) -> None:
        """The API accepted a deletion: the object is to vanish or to be seen as terminating."""
        self._deleted.setdefault(owner, {})[key] = uid

    def satisfied(self, owner: Key) -> bool:
        """Whether all that was done for the owner has been seen back."""
        if self._written.get(owner, 0) > self._informer.version:
            return False
        self._written.pop(owner, None)
        still = {key: uid for key, uid in self._deleted.pop(owner, {}).items() if self._stands(key, uid)}
        if still:
            self._deleted[owner] = still
        return not still

    def forget(self, owner: Key) -> None:
        """The owner is gone."""
        self._written.pop(owner, None)
        self._deleted.pop(owner, None)

    def _stands(self, key: Key, uid: str) -> bool:
        seen = self._informer.items.get(key)
        if seen is None or seen["metadata"]["uid"] != uid:
            return False
        return "deletionTimestamp" not in seen["metadata"]

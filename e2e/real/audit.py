"""What the API's audit log says of a release's rights. No I/O but reading the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

_DECISION: Final = "authorization.k8s.io/decision"
_BINDINGS: Final = ("rolebindings", "clusterrolebindings")


def refused(events: Iterable[str], *accounts: str) -> list[str]:
    """Each right that an account was refused whose name begins with one of `accounts`, once:
    `USER: VERB RESOURCE in NAMESPACE`.

    `events`: lines of the log. What is refused to pods that still run when an uninstall took their rights
    away does not count: from the deletion of a binding of the account's name to the creation of one.
    """
    found, leaving = set(), set()
    for event in map(json.loads, events):
        about = event.get("objectRef", {})
        user = event["user"].get("username", "")  # none where nobody was recognized
        if about.get("resource") in _BINDINGS and event["verb"] in ("create", "delete"):
            changed = leaving.add if event["verb"] == "delete" else leaving.discard
            changed(about.get("name", "").rpartition(":")[2])
        forbidden = event.get("annotations", {}).get(_DECISION) == "forbid"
        if forbidden and user.startswith(accounts) and user.rpartition(":")[2] not in leaving:
            found.add(f"{user}: {event['verb']} {_asked(event)}")
    return sorted(found)


def _asked(event: dict[str, Any]) -> str:
    about = event.get("objectRef")
    if about is None:
        return str(event["requestURI"])
    resource = "/".join(about[part] for part in ("resource", "subresource") if part in about)
    group = f".{about['apiGroup']}" if "apiGroup" in about else ""
    where = f" in {about['namespace']}" if "namespace" in about else ""
    return f"{resource}{group}{where}"

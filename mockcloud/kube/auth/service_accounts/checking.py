"""Whether a token is good now: its signature, its time, its audience, and the objects that it is bound to."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from mockcloud.kube.auth.service_accounts.claims import PRIVATE, user
from mockcloud.kube.auth.service_accounts.signing import BadSignature, SigningKey
from mockcloud.kube.auth.user import User
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.secret import SECRET
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.times import epoch_seconds

LEEWAY_SECONDS: Final = 60
"""By how much clocks may differ, and how long an object's token outlives it (jwt.DefaultLeeway)."""
REMEMBERED: Final = 4096
UNKNOWN: Final = "invalid bearer token"
"""Why a text is no token of ours."""

Known = tuple[JsonObject, User]


class InvalidToken(Exception):
    """The token is none of this API's, or no longer good; the text says why, in kube-apiserver's words."""


@dataclass(slots=True)
class Checker:
    """Knows the tokens that the key has signed in the issuer's name.

    A signature is checked once (it takes a tenth of a millisecond), all else at each call.
    """

    issuer: str
    audiences: tuple[str, ...]
    key: SigningKey
    store: Store
    clock: Callable[[], float]
    _known: OrderedDict[str, Known] = field(default_factory=OrderedDict)

    def user(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, tuple[str, ...]]:
        """Whose the token is, and which of the audiences (the API's, by default) it is for; InvalidToken."""
        said, shown = self._known.get(token) or self._verified(token)
        wanted = audiences or self.audiences
        given = said["aud"]
        common = tuple(each for each in given if each in wanted)
        if not common:
            why = f"{_listed(given)} is invalid for the target audiences {_listed(wanted)}"
            msg = f"token audiences {why}"
            raise InvalidToken(msg)
        self._require_valid(said)
        return shown, common

    def _verified(self, token: str) -> Known:
        try:
            said = self.key.claims(token)
            known = (said, user(said))
        except (BadSignature, KeyError, TypeError) as exc:
            raise InvalidToken(UNKNOWN) from exc
        if said.get("iss") != self.issuer or not isinstance(said.get("aud"), list):
            raise InvalidToken(UNKNOWN)
        self._known[token] = known
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return known

    def _require_valid(self, said: JsonObject) -> None:
        now = self.clock()
        if now > said["exp"] + LEEWAY_SECONDS:
            msg = "service account token has expired"
            raise InvalidToken(msg)
        if now < said["nbf"] - LEEWAY_SECONDS:
            msg = "service account token is not valid yet"
            raise InvalidToken(msg)
        private = object_at(said, PRIVATE)
        namespace = private["namespace"]
        self._require_account(namespace, private["serviceaccount"], now)
        if "pod" in private:
            self._require_bound(POD, namespace, private["pod"], now)
        elif "node" in private:
            self._require_bound(NODE, "", private["node"], now)
        if "secret" in private:
            self._require_bound(SECRET, namespace, private["secret"], now)

    def _require_account(self, namespace: str, reference: JsonObject, now: float) -> None:
        name = reference["name"]
        found = self._found(SERVICE_ACCOUNT, namespace, name)
        if found is None:
            msg = f'serviceaccounts "{name}" not found'
            raise InvalidToken(msg)
        uid = found["metadata"]["uid"]
        if uid != reference["uid"]:
            msg = f"service account UID ({uid}) does not match claim ({reference['uid']})"
            raise InvalidToken(msg)
        if _long_gone(found, now):
            msg = f"service account {namespace}/{name} has been deleted"
            raise InvalidToken(msg)

    def _require_bound(self, kind: Kind, namespace: str, reference: JsonObject, now: float) -> None:
        found = self._found(kind, namespace, reference["name"])
        if found is None or _long_gone(found, now):
            msg = "service account token has been invalidated"
            raise InvalidToken(msg)
        uid = found["metadata"]["uid"]
        if uid != reference["uid"]:
            what = f"{kind.singular} UID ({uid}) does not match service account {kind.singular} ref claim"
            msg = f"{what} ({reference['uid']})"
            raise InvalidToken(msg)

    def _found(self, kind: Kind, namespace: str, name: str) -> JsonObject | None:
        found = self.store.get(kind.storage, (namespace, name))
        return found.object if found else None


def _long_gone(obj: JsonObject, now: float) -> bool:
    ended = epoch_seconds(obj["metadata"].get("deletionTimestamp") or "")
    return ended is not None and ended < now - LEEWAY_SECONDS


def _listed(audiences: Sequence[str]) -> str:
    """As Go's %q prints a list of strings."""
    return "[" + " ".join(f'"{each}"' for each in audiences) + "]"

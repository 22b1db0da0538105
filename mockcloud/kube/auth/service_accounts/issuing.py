"""TokenRequests: what `POST .../serviceaccounts/NAME/token` answers (KEP-1205)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.kube.auth.service_accounts.claims import Bound, Lifetime, claims
from mockcloud.kube.auth.service_accounts.signing import SigningKey
from mockcloud.kube.field_errors import Cause, invalid
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.authentication import GROUP
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.core.secret import SECRET
from mockcloud.kube.resources.core.serviceaccount import SERVICE_ACCOUNT
from mockcloud.kube.resources.kind import Kind
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.storage.store import Store
from mockcloud.kube.times import rfc3339
from mockcloud.kube.writes import refusals
from mockcloud.kube.writes.refusals import Refusal

TOKEN_REQUEST: Final = Kind(GROUP, "v1", "TokenRequest", "tokenrequests")
"""The body of ServiceAccounts' subresource `token`: no resource of its own."""
DEFAULT_SECONDS: Final = 3600
LEAST_SECONDS: Final = 600
MOST_SECONDS: Final = 1 << 32
POD_SECONDS: Final = 3607
"""What admission asks for in pods. Old clients do not read a token twice: such a one is good for longer."""
EXTENDED_SECONDS: Final = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Issuer:
    """Makes tokens in the name `name`, for the API itself (`audiences`) or for those that are asked for."""

    name: str
    audiences: tuple[str, ...]
    key: SigningKey
    store: Store
    clock: Callable[[], float]
    new_id: Callable[[], str]

    def issued(self, namespace: str, name: str, request: JsonObject) -> JsonObject:
        """The request with its token; refuses with 400, 404, 409 or 422."""
        account = _existing(self.store, SERVICE_ACCOUNT, namespace, name)
        metadata = _metadata(request, account)
        spec = {"expirationSeconds": DEFAULT_SECONDS, "boundObjectRef": None, **object_at(request, "spec")}
        spec["audiences"] = spec.get("audiences") or list(self.audiences)
        now = self.clock()
        _require_sound(spec)
        bound = self._bound(namespace, name, object_at(spec, "boundObjectRef"))
        lifetime = self._lifetime(int(now), spec["expirationSeconds"], spec["audiences"], bound)
        said = claims(self.name, account, spec["audiences"], bound, lifetime)
        token = self.key.signed({**said, "jti": self.new_id()})
        return {
            "kind": TOKEN_REQUEST.kind,
            "apiVersion": TOKEN_REQUEST.group_version,
            "metadata": {**metadata, "creationTimestamp": rfc3339(now)},
            "spec": spec,
            "status": {"token": token, "expirationTimestamp": rfc3339(now + spec["expirationSeconds"])},
        }

    def _lifetime(self, now: int, seconds: int, audiences: Sequence[str], bound: Bound) -> Lifetime:
        if bound.pod is not None and seconds == POD_SECONDS and set(audiences) <= set(self.audiences):
            return Lifetime(now, now + EXTENDED_SECONDS, now + seconds)
        return Lifetime(now, now + seconds)

    def _bound(self, namespace: str, account: str, reference: JsonObject) -> Bound:
        if not reference:
            return Bound()
        kind, version = reference.get("kind") or "", reference.get("apiVersion") or ""
        name = reference.get("name") or ""
        found = {"Pod": POD, "Node": NODE, "Secret": SECRET}.get(kind)
        if found is None or "/" in version:
            named = f"{version if '/' in version else f'/{version}'}, Kind={kind}"
            msg = f"cannot bind token to object of type {named}"
            raise refusals.bad_request(msg)
        obj = _existing(self.store, found, namespace if found.namespaced else "", name)
        if found is POD and obj["spec"].get("serviceAccountName") != account:
            why = "to pod running with different serviceaccount name."
            msg = f'cannot bind token for serviceaccount "{account}" {why}'
            raise refusals.bad_request(msg)
        _require_same(found, obj, reference.get("uid") or "")
        if found is POD:
            return Bound(pod=obj, node=self._node_of(obj))
        return Bound(node=obj) if found is NODE else Bound(secret=obj)

    def _node_of(self, pod: JsonObject) -> JsonObject | None:
        name = pod["spec"].get("nodeName")
        if not name:
            return None
        found = self.store.get(NODE.storage, ("", name))
        return found.object if found else {"metadata": {"name": name}}


def _existing(store: Store, kind: Kind, namespace: str, name: str) -> JsonObject:
    found = store.get(kind.storage, (namespace, name))
    if found is None:
        raise refusals.not_found(kind, name)
    return found.object


def _metadata(request: JsonObject, account: JsonObject) -> JsonObject:
    """The account's name, namespace and UID, which the request may repeat."""
    given, held = object_at(request, "metadata"), account["metadata"]
    for key in ("name", "namespace"):
        if given.get(key) not in (None, "", held[key]):
            what = "must match the service account " + key + " if specified"
            cause = invalid(f"metadata.{key}", given[key], what)
            raise refusals.invalid(TOKEN_REQUEST.kind, TOKEN_REQUEST.group, held["name"], [cause])
    if given.get("uid") not in (None, "", held["uid"]):
        why = f"the UID in the token request ({given['uid']}) does not match the UID of the service account"
        raise _conflict(TOKEN_REQUEST, held["name"], f"{why} ({held['uid']})")
    return {**given, **{key: held[key] for key in ("name", "namespace", "uid")}}


def _require_sound(spec: JsonObject) -> None:
    seconds = spec["expirationSeconds"]
    causes: list[Cause] = []
    if seconds < LEAST_SECONDS:
        why = "may not specify a duration less than 10 minutes"
        causes.append(invalid("spec.expirationSeconds", seconds, why))
    if seconds > MOST_SECONDS:
        why = "may not specify a duration larger than 2^32 seconds"
        causes.append(invalid("spec.expirationSeconds", seconds, why))
    if causes:
        raise refusals.invalid(TOKEN_REQUEST.kind, TOKEN_REQUEST.group, "", causes)


def _require_same(kind: Kind, obj: JsonObject, uid: str) -> None:
    held = obj["metadata"]["uid"]
    if uid and uid != held:
        why = f"the UID in the bound object reference ({uid}) does not match the UID in record."
        again = "The object might have been deleted and then recreated"
        raise _conflict(kind, obj["metadata"]["name"], f"{why} {again}")


def _conflict(kind: Kind, name: str, why: str) -> Refusal:
    """As `refusals.conflict`, in whose place upstream names the kind here, and not its plural."""
    resource = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    details = {"name": name, "kind": kind.kind, **({"group": kind.group} if kind.group else {})}
    return Refusal(409, "Conflict", f'Operation cannot be fulfilled on {resource} "{name}": {why}', details)

"""What a token says: whose it is, what it is bound to, for whom and until when."""

from collections.abc import Sequence
from dataclasses import dataclass

from mockcloud.kube.auth.service_accounts import names
from mockcloud.kube.auth.user import Extra, User
from mockcloud.kube.json_types import JsonObject, object_at

PRIVATE = "kubernetes.io"
"""The claim that holds what JWT does not know."""


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Seconds since the epoch; from `warn_after` on the token is to be replaced, though still good."""

    begin: int
    end: int
    warn_after: int = 0


@dataclass(frozen=True, slots=True)
class Bound:
    """The objects whose end is the token's: a pod (its node is only told), a node or a Secret."""

    pod: JsonObject | None = None
    node: JsonObject | None = None
    secret: JsonObject | None = None

    def references(self) -> JsonObject:
        """Each by name and UID, under the name of its kind."""
        found = (("pod", self.pod), ("secret", self.secret), ("node", self.node))
        return {kind: reference(obj) for kind, obj in found if obj is not None}


def reference(obj: JsonObject) -> JsonObject:
    """An object by name and UID; a node that is gone has only a name."""
    metadata = object_at(obj, "metadata")
    return {key: metadata[key] for key in ("name", "uid") if metadata.get(key)}


def claims(
    issuer: str, account: JsonObject, audiences: Sequence[str], bound: Bound, lifetime: Lifetime
) -> JsonObject:
    """The claims of a token, but for its own id (`jti`)."""
    namespace, name = account["metadata"]["namespace"], account["metadata"]["name"]
    private = {"namespace": namespace, "serviceaccount": reference(account), **bound.references()}
    if lifetime.warn_after:
        private["warnafter"] = lifetime.warn_after
    return {
        "aud": list(audiences),
        "exp": lifetime.end,
        "iat": lifetime.begin,
        "iss": issuer,
        PRIVATE: private,
        "nbf": lifetime.begin,
        "sub": names.user_name(namespace, name),
    }


def user(token: JsonObject) -> User:
    """Who shows the token that has these claims."""
    private = object_at(token, PRIVATE)
    account = object_at(private, "serviceaccount")
    name = names.user_name(private["namespace"], account["name"])
    return User(
        name, names.all_groups(private["namespace"]), account.get("uid") or "", _extra(token, private)
    )


def _extra(token: JsonObject, private: JsonObject) -> Extra:
    prefix = "authentication.kubernetes.io"
    found = {f"{prefix}/credential-id": f"JTI={token['jti']}"} if token.get("jti") else {}
    for kind in ("node", "pod"):
        for key, value in object_at(private, kind).items():
            found[f"{prefix}/{kind}-{key}"] = value
    return tuple((key, (found[key],)) for key in sorted(found))

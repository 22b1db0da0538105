"""Which user a request is from: by its client certificate, or by its bearer token (RFC 6750)."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockcloud.kube.auth.certificates import user_of
from mockcloud.kube.auth.service_accounts.checking import UNKNOWN, Checker, InvalidToken
from mockcloud.kube.auth.user import NOBODY, User
from mockcloud.kube.writes.refusals import unauthorized


@dataclass(slots=True)
class Authenticator:
    """Knows each token's user: of `users` by name, of ServiceAccounts by what `accounts` has signed."""

    users: Mapping[str, User]
    accounts: Checker | None = None
    # By digest: how long a look-up takes tells nothing of the tokens.
    _by_digest: dict[bytes, User] = field(init=False)

    def __post_init__(self) -> None:
        self._by_digest = {_digest(token): user for token, user in self.users.items()}

    def user(self, authorization: str, certificate: Mapping[str, Any] | None = None) -> User:
        """Whose token the Authorization header shows, 401 for a wrong one; else whom the certificate names.

        Where neither is shown it is nobody. kube-apiserver looks at the certificate first, so that there
        `kubectl --token` has no effect with a kubeconfig that has one: here it has.
        """
        scheme, _, token = authorization.strip().partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return (user_of(certificate) if certificate else None) or NOBODY
        try:
            return self.shown(token)[0]
        except InvalidToken as exc:
            raise unauthorized() from exc

    def shown(self, token: str, audiences: Sequence[str] = ()) -> tuple[User, tuple[str, ...]]:
        """Whose token it is, and for which of the audiences (by default the API's); InvalidToken."""
        known = self._by_digest.get(_digest(token))
        own = self.accounts.audiences if self.accounts else ()
        if known is not None:
            return known, tuple(each for each in audiences or own if each in own)
        if self.accounts is None or token.count(".") != 2:
            raise InvalidToken(UNKNOWN)
        return self.accounts.user(token, audiences)


def _digest(token: str) -> bytes:
    # Bytes that are no UTF-8 stand in the header as surrogates: they are a wrong token, too.
    return hashlib.sha256(token.encode(errors="surrogateescape")).digest()

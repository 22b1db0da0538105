"""Which user a request is from: by its bearer token (RFC 6750)."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from mockcloud.kube.auth.user import User
from mockcloud.kube.writes.refusals import unauthorized


@dataclass(frozen=True, slots=True)
class Authenticator:
    """Knows each token's user."""

    users: Mapping[str, User]

    def user(self, authorization: str) -> User:
        """Whose token the Authorization header shows; 401 where it shows none, or a wrong one."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            # Bytes that are no UTF-8 stand in the header as surrogates: they are a wrong token, too.
            given = token.strip().encode(errors="surrogateescape")
            for known, user in self.users.items():
                if hmac.compare_digest(given, known.encode()):
                    return user
        raise unauthorized()

"""Which user a client certificate names (kube-apiserver's CommonNameUserConversion)."""

from collections.abc import Mapping
from typing import Any

from mockcloud.kube.auth.user import ALL_AUTHENTICATED, User


def user_of(certificate: Mapping[str, Any]) -> User | None:
    """The user of a verified certificate, as `ssl` shows it: its common name; organizations are groups."""
    named = [pair for part in certificate.get("subject", ()) for pair in part]
    name = next((value for key, value in named if key == "commonName"), "")
    if not name:
        return None
    groups = tuple(value for key, value in named if key == "organizationName")
    return User(name, (*groups, *(() if ALL_AUTHENTICATED in groups else (ALL_AUTHENTICATED,))))

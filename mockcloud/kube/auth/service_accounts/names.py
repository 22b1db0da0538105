"""How a ServiceAccount is called as a user."""

from typing import Final

from mockcloud.kube.auth.user import ALL_AUTHENTICATED

PREFIX: Final = "system:serviceaccount:"
ALL: Final = "system:serviceaccounts"


def user_name(namespace: str, name: str) -> str:
    """The account's name as a user's."""
    return f"{PREFIX}{namespace}:{name}"


def groups(namespace: str) -> tuple[str, ...]:
    """The groups of each account of the namespace, but for that of all who are authenticated."""
    return (ALL, f"{ALL}:{namespace}")


def all_groups(namespace: str) -> tuple[str, ...]:
    """The groups of one who has shown such an account's token."""
    return (*groups(namespace), ALL_AUTHENTICATED)


def split(user: str) -> tuple[str, str] | None:
    """Namespace and name of the account that the user is; None where it is none."""
    namespace, colon, name = user.removeprefix(PREFIX).partition(":")
    if not user.startswith(PREFIX) or not colon or not namespace or not name or ":" in name:
        return None
    return namespace, name

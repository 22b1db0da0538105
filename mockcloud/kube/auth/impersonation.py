"""Acting as somebody else, by the Impersonate-... headers (`kubectl --as`): who, and what allows to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.service_accounts import names
from mockcloud.kube.auth.user import ALL_AUTHENTICATED, ALL_UNAUTHENTICATED, ANONYMOUS, User
from mockcloud.kube.resources.authentication import GROUP
from mockcloud.kube.writes.refusals import Refusal

PREFIX: Final = "impersonate-"
_USER: Final = "impersonate-user"
_GROUP: Final = "impersonate-group"
_UID: Final = "impersonate-uid"
_EXTRA: Final = "impersonate-extra-"


@dataclass(frozen=True, slots=True)
class Impersonation:
    """Whom the caller wants to be; each question must be answered with yes."""

    user: User
    questions: tuple[Question, ...]


def impersonation(headers: Mapping[str, Sequence[str]]) -> Impersonation | None:
    """What the headers (all of their values by names in lower case) ask for; 500 where they name no user."""
    asked = {name: values for name, values in headers.items() if name.startswith(PREFIX)}
    if not asked:
        return None
    name = next(iter(asked.get(_USER, ())), "")
    if not name:
        msg = f"Internal Server Error: requested {', '.join(sorted(asked))} without impersonating a user"
        raise Refusal(500, "InternalError", msg)
    uid = next(iter(asked.get(_UID, ())), "")
    extra = {unquote(key.removeprefix(_EXTRA)): tuple(asked[key]) for key in asked if key.startswith(_EXTRA)}
    groups = tuple(asked.get(_GROUP, ()))
    user = User(name, _with_default(name, groups), uid, tuple(sorted(extra.items())))
    return Impersonation(user, tuple(_questions(name, groups, uid, extra)))


def _questions(
    name: str, groups: Sequence[str], uid: str, extra: Mapping[str, Sequence[str]]
) -> Iterator[Question]:
    account = names.split(name)
    if account:
        namespace, account_name = account
        yield Question("impersonate", "", "serviceaccounts", "", namespace, account_name)
    else:
        yield Question("impersonate", "", "users", name=name)
    for group in groups:
        yield Question("impersonate", "", "groups", name=group)
    for key, values in extra.items():
        for value in values:
            yield Question("impersonate", GROUP, "userextras", key, name=value)
    if uid:
        yield Question("impersonate", GROUP, "uids", name=uid)


def _with_default(name: str, stated: tuple[str, ...]) -> tuple[str, ...]:
    """The groups, with those that the user is in anyway."""
    account = names.split(name)
    groups = stated or (names.groups(account[0]) if account else ())
    if name == ANONYMOUS:
        added = () if ALL_UNAUTHENTICATED in groups else (ALL_UNAUTHENTICATED,)
    else:
        added = () if {ALL_AUTHENTICATED, ALL_UNAUTHENTICATED} & set(groups) else (ALL_AUTHENTICATED,)
    return (*groups, *added)

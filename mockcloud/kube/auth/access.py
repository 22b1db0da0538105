"""All that one API knows of those who call it, put together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mockcloud.cluster_defaults import CLUSTER_DOMAIN
from mockcloud.kube.auth.authentication import Authenticator
from mockcloud.kube.auth.impersonation import impersonation
from mockcloud.kube.auth.questions import Question, forbidden
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.reviews import Reviewer
from mockcloud.kube.auth.service_accounts.checking import Checker
from mockcloud.kube.auth.service_accounts.issuing import Issuer
from mockcloud.kube.auth.service_accounts.signing import SigningKey
from mockcloud.kube.auth.user import User

ISSUER: Final = f"https://kubernetes.default.svc.{CLUSTER_DOMAIN}"
"""Whose tokens ServiceAccounts have, and for whom where nothing else is asked (kubeadm's)."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who callers are, what they may, what tokens they get, and the answers to questions about it."""

    authenticator: Authenticator
    policy: Policy
    issuer: Issuer
    reviewer: Reviewer

    def acting(self, caller: User, headers: Mapping[str, Sequence[str]]) -> User:
        """As whom the caller acts: as himself, or as whom the headers name; 403 where he may not."""
        wanted = impersonation(headers)
        if wanted is None:
            return caller
        for question in wanted.questions:
            self.require(caller, question)
        return wanted.user

    def require(self, user: User, question: Question) -> None:
        """403 where the user may not do that."""
        decision = self.policy.decide(user, question)
        if not decision.allowed:
            raise forbidden(user, question, decision.why)


def open_access(
    policy: Policy,
    key: SigningKey,
    users: Mapping[str, User],
    clock: Callable[[], float],
    new_id: Callable[[], str],
) -> Access:
    """Over the objects of the policy's store; `users` by their tokens."""
    audiences, store = (ISSUER,), policy.store
    authenticator = Authenticator(users, Checker(ISSUER, audiences, key, store, clock))
    issuer = Issuer(ISSUER, audiences, key, store, clock, new_id)
    return Access(authenticator, policy, issuer, Reviewer(authenticator, policy, clock))

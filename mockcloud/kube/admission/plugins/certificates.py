"""What is asked about CertificateSigningRequests beside their fields (upstream's plug-ins and storage).

Who makes one is written into it; who approves or signs must be allowed to, for that signer; and a client of
the API gets no certificate of a group that may do everything.
"""

from typing import Final

from mockcloud.kube.admission.attributes import Attributes, Operation
from mockcloud.kube.admission.chain import Validating
from mockcloud.kube.auth.certificate_requests import NotReadable, read_request
from mockcloud.kube.auth.questions import Question
from mockcloud.kube.auth.rbac.policy import Policy
from mockcloud.kube.auth.user import MASTERS
from mockcloud.kube.field_errors import Cause, forbidden, invalid, quoted
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.certificates import (
    APPROVAL,
    CERTIFICATE_SIGNING_REQUEST,
    DECIDED,
    FINAL,
    GROUP,
)
from mockcloud.kube.writes import refusals

CLIENT_SIGNER: Final = "kubernetes.io/kube-apiserver-client"


async def certificate_requestor(write: Attributes) -> JsonObject:
    """A request says who made it, whatever it came with."""
    if write.kind is not CERTIFICATE_SIGNING_REQUEST or write.operation is not Operation.CREATE:
        return write.object
    info = write.user.info()
    spec = {key: value for key, value in object_at(write.object, "spec").items() if key not in _OF_THE_USER}
    return {**write.object, "spec": {**spec, **info}}


_OF_THE_USER: Final = ("username", "uid", "groups", "extra")


def certificate_rights(policy: Policy) -> Validating:
    """The member for what may be asked of which signer, and who decides."""

    async def admit(write: Attributes) -> None:
        if write.kind is not CERTIFICATE_SIGNING_REQUEST:
            return
        match write.operation, write.subresource:
            case Operation.CREATE, _:
                _readable(write)
            case Operation.UPDATE, part:
                if part == APPROVAL:
                    _require(policy, write, "approve")
                elif part == "status" and _signs(write):
                    _require(policy, write, "sign")
                causes = list(_changes(write.object, write.old or {}, part))
                if causes:
                    raise refusals.invalid(write.kind.kind, GROUP, write.name, causes)

    return admit


def _readable(write: Attributes) -> None:
    spec = object_at(write.object, "spec")
    text = str(spec.get("request") or "")
    try:
        request = read_request(text)
    except NotReadable as error:
        cause = invalid("spec.request", text, str(error))
        raise refusals.invalid(write.kind.kind, GROUP, write.name, [cause]) from error
    if spec.get("signerName") == CLIENT_SIGNER and MASTERS in request.organizations:
        why = f"use of {CLIENT_SIGNER} signer with {MASTERS} group is not allowed"
        raise refusals.forbidden(write.kind, write.name, why)


def _signs(write: Attributes) -> bool:
    new, old = object_at(write.object, "status"), object_at(write.old or {}, "status")
    return new.get("certificate") != old.get("certificate") or _of(new, "Failed") != _of(old, "Failed")


def _require(policy: Policy, write: Attributes, verb: str) -> None:
    signer = str(object_at(write.old or {}, "spec").get("signerName") or "")
    for name in (signer, f"{signer.partition('/')[0]}/*"):
        if policy.decide(write.user, Question(verb, GROUP, "signers", "", "", name)).allowed:
            return
    why = f"user not permitted to {verb} requests with signerName {quoted(signer)}"
    raise refusals.forbidden(write.kind, write.name, why)


def _changes(new: JsonObject, old: JsonObject, part: str) -> list[Cause]:
    """What a decision and a certificate once were, they stay."""
    at, status, before = "status.conditions", object_at(new, "status"), object_at(old, "status")
    added = {kind: len(_of(status, kind)) - len(_of(before, kind)) for kind in FINAL}
    found = [
        forbidden(at, f"updates may not remove a condition of type {quoted(kind)}")
        for kind in FINAL
        if added[kind] < 0
    ]
    found += [
        forbidden(at, f"updates may not add a condition of type {quoted(kind)}")
        for kind in DECIDED
        if added[kind] > 0 and part != APPROVAL
    ]
    if status.get("certificate") != before.get("certificate"):
        if part != "status":
            found.append(forbidden("status.certificate", "updates may not set certificate content"))
        elif before.get("certificate"):
            why = "updates may not modify existing certificate content"
            found.append(forbidden("status.certificate", why))
    return found


def _of(status: JsonObject, kind: str) -> list[JsonObject]:
    return [each for each in objects_at(status, "conditions") if each.get("type") == kind]

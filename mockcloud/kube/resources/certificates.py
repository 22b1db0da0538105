"""CertificateSigningRequests: who wants a certificate of whom, and what became of it.

Who may approve and sign, and whether the request itself can be read, is asked in admission.
"""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, duplicate, invalid, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.resources.kind import Kind, field_labels
from mockcloud.kube.resources.printing import NONE, Cell, Printer, age, duration, name_of, texts
from mockcloud.kube.resources.validation import formats
from mockcloud.kube.resources.validation.formats import causes

GROUP: Final = "certificates.k8s.io"
APPROVAL: Final = "approval"
SHORTEST: Final = 600
LEGACY_SIGNER: Final = "kubernetes.io/legacy-unknown"
USAGES: Final = (
    *("any", "cert sign", "client auth", "code signing", "content commitment", "crl sign"),
    *("data encipherment", "decipher only", "digital signature", "email protection", "encipher only"),
    *("ipsec end system", "ipsec tunnel", "ipsec user", "key agreement", "key encipherment"),
    *("microsoft sgc", "netscape sgc", "ocsp signing", "s/mime", "server auth", "signing", "timestamping"),
)
DECIDED: Final = ("Approved", "Denied")
FINAL: Final = (*DECIDED, "Failed")


def request_problems(new: JsonObject, old: JsonObject | None) -> Iterator[Cause]:
    """For which use, by whom, for how long; and conditions that go together."""
    spec = object_at(new, "spec")
    usages: list[str] = spec.get("usages") or []
    if not usages:
        yield required("spec.usages")
    for index, usage in enumerate(usages):
        if usage not in USAGES:
            yield not_supported(f"spec.usages[{index}]", usage, USAGES)
    for index, usage in enumerate(usages):
        if usage in usages[:index]:
            yield duplicate(f"spec.usages[{index}]", usage)
    yield from signer_name("spec.signerName", str(spec.get("signerName") or ""))
    seconds = spec.get("expirationSeconds")
    if seconds is not None and seconds < SHORTEST:
        why = "may not specify a duration less than 600 seconds (10 minutes)"
        yield invalid("spec.expirationSeconds", seconds, why)
    if old is None:
        return
    yield from _conditions("status.conditions", objects_at(object_at(new, "status"), "conditions"))


def signer_name(at: str, name: str) -> Iterator[Cause]:
    """A domain and a path below it: `example.com/my-signer`."""
    if name == LEGACY_SIGNER:
        yield invalid(at, name, "the legacy signerName is not allowed via this API version")
        return
    if not name:
        yield required(at)
        return
    parts = name.split("/")
    if len(parts) != 2:
        yield invalid(
            at, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'"
        )
        return
    domain, path = parts
    yield from causes(at, domain, formats.dns_1123_subdomain(domain))
    if "." not in domain:
        why = "should be a domain with at least two segments separated by dots"
        yield invalid(at, domain, why)
    for segment in path.split("."):
        complaints = [f'validating label "{segment}": {each}' for each in formats.dns_1123_subdomain(segment)]
        yield from causes(at, segment, complaints)


def _conditions(at: str, conditions: list[JsonObject]) -> Iterator[Cause]:
    seen: list[str] = []
    for index, condition in enumerate(conditions):
        kind, status = condition.get("type") or "", condition.get("status") or ""
        if not kind:
            yield required(f"{at}[{index}].type")
        allowed = ("True",) if kind in FINAL else ("False", "True", "Unknown")
        if not status:
            yield required(f"{at}[{index}].status")
        elif status not in allowed:
            yield not_supported(f"{at}[{index}].status", status, allowed)
        if kind in DECIDED and any(each in DECIDED and each != kind for each in seen):
            yield invalid(at, kind, "Approved and Denied conditions are mutually exclusive")
        if kind in seen:
            yield duplicate(f"{at}[{index}].type", kind)
        seen.append(kind)


def prepared(part: JsonObject, old: JsonObject, subresource: str) -> JsonObject:
    """A request stays as it was made; its status is written by who approves and who signs."""
    if not subresource:
        return {key: old[key] for key in ("spec", "status") if key in old}
    status, certificate = object_at(part, "status"), object_at(old, "status").get("certificate")
    if subresource == APPROVAL:
        rest = {key: value for key, value in status.items() if key != "certificate"}
        return {**part, "status": {**rest, **({"certificate": certificate} if certificate else {})}}
    held = objects_at(object_at(old, "status"), "conditions")
    decided = {each.get("type"): each for each in held if each.get("type") in DECIDED}
    conditions = [decided.get(each.get("type"), each) for each in objects_at(status, "conditions")]
    return {**part, "status": {**status, "conditions": conditions}} if conditions else part


def timed(new: JsonObject, old: JsonObject, now: str) -> JsonObject:
    """Conditions say since when they are so."""
    status, before = object_at(new, "status"), objects_at(object_at(old, "status"), "conditions")
    conditions = [_dated(each, before, now) for each in objects_at(status, "conditions")]
    return {**new, "status": {**status, "conditions": conditions}} if conditions else new


def _dated(condition: JsonObject, before: list[JsonObject], now: str) -> JsonObject:
    same = (
        each for each in before if (each["type"], each["status"]) == (condition["type"], condition["status"])
    )
    since = next(same, {}).get("lastTransitionTime") or now
    return {
        **condition,
        "lastUpdateTime": condition.get("lastUpdateTime") or now,
        "lastTransitionTime": condition.get("lastTransitionTime") or since,
    }


def _any_name(_name: str) -> list[str]:
    return []


def _row(request: JsonObject, now: float) -> list[Cell]:
    spec = object_at(request, "spec")
    seconds = spec.get("expirationSeconds")
    return [
        name_of(request),
        age(request, now),
        str(spec.get("signerName") or NONE),
        str(spec.get("username") or ""),
        NONE if seconds is None else duration(seconds),
        _state(object_at(request, "status")),
    ]


def _state(status: JsonObject) -> str:
    kinds = {each.get("type") for each in objects_at(status, "conditions")}
    state = next((each for each in ("Denied", "Approved") if each in kinds), "Pending")
    failed, issued = ",Failed" if "Failed" in kinds else "", ",Issued" if status.get("certificate") else ""
    return f"{state}{failed}{issued}"


CERTIFICATE_SIGNING_REQUEST: Final = Kind(
    GROUP,
    "v1",
    "CertificateSigningRequest",
    "certificatesigningrequests",
    ("csr",),
    namespaced=False,
    subresources=(APPROVAL, "status"),
    field_labels=field_labels("spec.signerName"),
    model="V1CertificateSigningRequest",
    names=_any_name,
    validate=request_problems,
    prepare_update=prepared,
    timed=timed,
    printer=Printer(texts("Name", "Age", "SignerName", "Requestor", "RequestedDuration", "Condition"), _row),
)

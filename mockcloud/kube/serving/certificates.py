"""The signer of approved CertificateSigningRequests, by the authority that this API trusts itself.

It is kube-controller-manager's csrsigning; here, since the authority's key is this process's alone.
"""

import asyncio
import logging
from base64 import b64encode
from collections.abc import Callable
from typing import Final

from mockcloud.kube.auth.certificate_requests import Authority, CertificateRequest, read_request, signed
from mockcloud.kube.json_types import JsonObject, object_at, objects_at
from mockcloud.kube.registry import ITSELF, Place, Registry
from mockcloud.kube.resources.certificates import CERTIFICATE_SIGNING_REQUEST
from mockcloud.kube.storage.store import Change
from mockcloud.kube.writes.refusals import Refusal

log = logging.getLogger(__name__)
CLIENT: Final = "kubernetes.io/kube-apiserver-client"
KUBELET_CLIENT: Final = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING: Final = "kubernetes.io/kubelet-serving"
NODES: Final = ("system:nodes",)
NODE: Final = "system:node:"
FAILED: Final = "SignerValidationFailure"


async def sign_requests(registry: Registry, authority: Callable[[], Authority]) -> None:
    """Sign what is approved, for ever; the authority's key is read when the first one is."""
    changed: asyncio.Queue[str] = asyncio.Queue()

    def see(change: Change) -> None:
        changed.put_nowait(change.key[1])

    leave = registry.store.subscribe(CERTIFICATE_SIGNING_REQUEST.storage, see)
    for stored in registry.store.objects(CERTIFICATE_SIGNING_REQUEST.storage):
        changed.put_nowait(stored.object["metadata"]["name"])
    try:
        while True:
            name = await changed.get()
            place = Place(CERTIFICATE_SIGNING_REQUEST, "", name, "status")
            found = registry.store.get(CERTIFICATE_SIGNING_REQUEST.storage, place.key)
            if found is None or not awaits_signer(found.object):
                continue
            status = answer(found.object, authority, registry.clock())
            try:
                await registry.update(place, _with(status), ITSELF)
            except Refusal as refusal:
                log.warning("certificate signing request %s is not signed: %s", name, refusal)
    finally:
        leave()


def _with(status: JsonObject) -> Callable[[JsonObject], JsonObject]:
    return lambda present: {**present, "status": status}


def awaits_signer(request: JsonObject) -> bool:
    """Whether it is approved, has no certificate, and is for one of our signers."""
    status = object_at(request, "status")
    kinds = {each.get("type") for each in objects_at(status, "conditions")}
    ours = object_at(request, "spec").get("signerName") in RULES
    return ours and "Approved" in kinds and not kinds & {"Denied", "Failed"} and not status.get("certificate")


def answer(request: JsonObject, authority: Callable[[], Authority], now: float) -> JsonObject:
    """The status with the certificate, or with the condition that says why there is none."""
    spec, status = object_at(request, "spec"), object_at(request, "status")
    parsed, usages = read_request(spec["request"]), list(spec.get("usages") or ())
    why = RULES[spec["signerName"]](parsed, frozenset(usages))
    if why is not None:
        failed = {"type": "Failed", "status": "True", "reason": FAILED, "message": why}
        return {**status, "conditions": [*objects_at(status, "conditions"), failed]}
    content = signed(parsed, usages, spec.get("expirationSeconds"), authority(), now)
    return {**status, "certificate": b64encode(content).decode()}


def wrong_client(_request: CertificateRequest, usages: frozenset[str]) -> str | None:
    """Why a client of the API gets no certificate; None where it does."""
    others = sorted(usages - {"client auth", "digital signature", "key encipherment"})
    if others:
        return f"invalid usage for client certificate: {others[0]}"
    return None if "client auth" in usages else "missing required usage for client certificate: client auth"


def wrong_node_client(request: CertificateRequest, usages: frozenset[str]) -> str | None:
    """Why a node's agent gets none as a client of the API."""
    if request.dns_names:
        return "DNS subjectAltNames are not allowed"
    if request.addresses:
        return "IP subjectAltNames are not allowed"
    return _wrong_node(request, usages, "client auth")


def wrong_node_server(request: CertificateRequest, usages: frozenset[str]) -> str | None:
    """Why a node's agent gets none as a server."""
    if request.organizations == NODES and not request.dns_names and not request.addresses:
        return "DNS or IP subjectAltName is required"
    return _wrong_node(request, usages, "server auth")


def _wrong_node(request: CertificateRequest, usages: frozenset[str], use: str) -> str | None:
    all_usages = {"digital signature", "key encipherment", use}
    found = {
        "subject organization is not system:nodes": request.organizations != NODES,
        "URI and email subjectAltNames are not allowed": request.others,
        f"usages did not match {_listed(all_usages)}": usages
        not in (all_usages, all_usages - {"key encipherment"}),
        "subject common name does not begin with system:node:": not request.common_name.startswith(NODE),
    }
    return next((why for why, so in found.items() if so), None)


def _listed(usages: set[str]) -> str:
    return f"[{' '.join(sorted(usages))}]"


RULES: Final = {CLIENT: wrong_client, KUBELET_CLIENT: wrong_node_client, KUBELET_SERVING: wrong_node_server}

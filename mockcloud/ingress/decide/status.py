"""Where Ingresses answer: at the external addresses of the controller's Service. Pure."""

from collections.abc import Mapping, Sequence

from mockcloud.client.objects import Object


def addresses(service: Mapping[str, Object] | None) -> list[Object]:
    """As `status.loadBalancer.ingress` of an Ingress has them."""
    status = (service or {}).get("status") or {}
    found = (status.get("loadBalancer") or {}).get("ingress") or []
    return [{key: each[key] for key in ("ip", "hostname") if each.get(key)} for each in found]


def status_patch(ingress: Object, wanted: Sequence[Object]) -> Object | None:
    """The merge patch of its status; None where it says so already."""
    present = ((ingress.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    if list(present) == list(wanted):
        return None
    return {"status": {"loadBalancer": {"ingress": list(wanted) or None}}}

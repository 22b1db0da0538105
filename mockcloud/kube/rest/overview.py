"""What the API tells of itself at paths that name no objects: health, its paths, metrics."""

from collections.abc import Iterator, Mapping
from typing import Final

from aiohttp import web

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.rest import replies
from mockcloud.kube.rest.traffic import Traffic
from mockcloud.kube.storage.store import Store

HEALTH: Final = ("/healthz", "/livez", "/readyz")
CHECKS: Final = ("ping", "log", "etcd")
"""By upstream's names; what it calls etcd is the store here."""
METRICS_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_OTHERS: Final = (
    "/.well-known/openid-configuration",
    "/metrics",
    "/openapi/v3",
    "/openid/v1/jwks",
    "/version",
)


def health(path: str, query: Mapping[str, str]) -> web.Response | None:
    """The answer to a question for health, of all or of one check; None where the path is none.

    There is nobody to answer when it is bad, so it is always good.
    """
    root, _, check = path.strip("/").partition("/")
    if f"/{root}" not in HEALTH or (check and check not in CHECKS):
        return None
    if check or "verbose" not in query:
        return replies.plain("ok")
    left_out = query.get("exclude", "")
    lines = [f"[+]{name}{' excluded:' if name == left_out else ''} ok" for name in CHECKS]
    return replies.plain("\n".join([*lines, f"{root} check passed", ""]))


def paths(scheme: Scheme) -> JsonObject:
    """All that can be asked for."""
    groups = {each.partition("/")[0] for each in scheme.group_versions if "/" in each}
    versions = [f"/apis/{each}" if "/" in each else f"/api/{each}" for each in scheme.group_versions]
    checks = [f"{root}/{check}" for root in HEALTH for check in CHECKS]
    found = {"/api", "/apis", "/apis/", *_OTHERS, *HEALTH, *checks, *versions}
    return {"paths": sorted(found | {f"/apis/{group}" for group in groups})}


def metrics(store: Store, traffic: Traffic, watches: Mapping[str, int]) -> str:
    """In Prometheus' text form, by kube-apiserver's names; `watches` are those open, by resource."""
    objects = {name: len(shelf.objects) for name, shelf in store.shelves.items()}
    at_work = {"mutating": traffic.writes, "readOnly": traffic.reads}
    return "\n".join(
        [
            *_gauge("apiserver_current_inflight_requests", "Requests at work now.", "request_kind", at_work),
            *_gauge("apiserver_longrunning_requests", "Watches that are open.", "resource", watches),
            *_gauge("apiserver_resource_objects", "Objects that are stored.", "resource", objects),
            *_gauge("apiserver_storage_objects", "Objects that are stored.", "resource", objects),
            "",
        ]
    )


def _gauge(name: str, text: str, label: str, values: Mapping[str, int]) -> Iterator[str]:
    yield from (f"# HELP {name} {text}", f"# TYPE {name} gauge")
    for value, number in sorted(values.items()):
        yield f'{name}{{{label}="{value}"}} {number}'

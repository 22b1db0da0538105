"""`pods/proxy`, `services/proxy`, `nodes/proxy`: a request goes on to a server in the lab's network."""

import errno
import os
import re
from collections.abc import Iterable, Mapping
from typing import Final

from aiohttp import (
    ClientConnectionResetError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    TCPConnector,
    web,
)
from yarl import URL

from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.registry import Place, Registry
from mockcloud.kube.resources.core.node import NODE
from mockcloud.kube.resources.discovery import ENDPOINT_SLICE
from mockcloud.kube.resources.pods.pod import POD
from mockcloud.kube.streams import links
from mockcloud.kube.streams.backends import Backend, Named, named, of_node, of_pod, of_service
from mockcloud.kube.streams.nodes import BUFFER, DIAL_SECONDS, Network
from mockcloud.kube.writes.refusals import Refusal

_TAIL: Final = re.compile(r"^/api/v1/(?:namespaces/[^/]+/(?:pods|services)|nodes)/[^/]+/proxy(/.*)?$")
_LARGEST_PAGE: Final = 8 << 20  # bytes of one whose links are moved
_SERVICE_NAME: Final = "kubernetes.io/service-name"
# Headers that concern one connection alone (RFC 9110, section 7.6.1), and what the API alone is told.
_HOP_BY_HOP: Final = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "host"),
    }
)
_OURS: Final = frozenset({"authorization", "content-length"})


async def proxy(
    request: web.BaseRequest, place: Place, registry: Registry, network: Network, token: Mapping[str, str]
) -> web.StreamResponse:
    """The server's answer, when it is over; `token` are the headers by which a node's agent knows us."""
    tail = _tail(request)
    if not tail and request.method in ("GET", "HEAD"):
        query = f"?{request.query_string}" if request.query_string else ""
        return web.Response(status=301, headers={"Location": f"{request.raw_path.partition('?')[0]}/{query}"})
    asked = named(place.name, place.kind.plural)
    backend = _backend(place, asked, registry)
    headers = {**_forwarded(request), **(token if backend.kubelet else {})}
    url = URL(f"{backend.url}{tail or '/'}", encoded=True)
    if request.query_string:
        url = URL(f"{url}?{request.rel_url.raw_query_string}", encoded=True)
    try:
        async with _session(network) as session:
            body = request.content if request.can_read_body else None
            async with session.request(
                request.method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return await _relayed(request, answer, backend)
    except ClientConnectorError as error:
        why = f"dial tcp {error.host}:{error.port}: connect: {_reason(error.os_error)}"
        raise _unreachable(why) from error
    except TimeoutError as error:
        why = f"dial tcp {backend.host}:{backend.port}: i/o timeout"
        raise _unreachable(why) from error
    except ClientError as error:
        if isinstance(error, ClientConnectionResetError):  # the client's connection
            raise
        raise _unreachable(str(error)) from error


def agent_of(place: Place) -> str:
    """The node whose agent may be asked; "" where it is none."""
    return named(place.name, place.kind.plural).name if place.kind is NODE else ""


def _backend(place: Place, asked: Named, registry: Registry) -> Backend:
    one = Place(place.kind, place.namespace, asked.name)
    found = registry.get(one).object
    match place.kind.plural:
        case "pods":
            return of_pod(found, asked)
        case "nodes":
            return of_node(found, asked)
    slices = (each.object for each in registry.store.objects(ENDPOINT_SLICE.storage, place.namespace))
    own = [each for each in slices if each["metadata"].get("labels", {}).get(_SERVICE_NAME) == asked.name]

    def pod(namespace: str, name: str) -> JsonObject | None:
        """Of the Service's namespace alone."""
        stored = registry.store.get(POD.storage, (namespace, name)) if namespace == place.namespace else None
        return stored.object if stored else None

    return of_service(found, own, asked, pod, registry.rng.randrange)


def _session(network: Network) -> ClientSession:
    """Whatever certificate the server has, as the API's own proxies take it."""
    connector = TCPConnector(ssl=False, socket_factory=network.socket, force_close=True)
    return ClientSession(
        connector=connector,
        auto_decompress=False,
        timeout=ClientTimeout(total=None, connect=DIAL_SECONDS),
        skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
    )


def _tail(request: web.BaseRequest) -> str:
    found = _TAIL.match(request.raw_path.partition("?")[0])
    return (found[1] or "") if found else ""


def _forwarded(request: web.BaseRequest) -> dict[str, str]:
    kept = _kept(request.headers.items(), _HOP_BY_HOP | _OURS)
    length = request.headers.get("Content-Length")
    return {
        **kept,
        **({"Content-Length": length} if length and request.can_read_body else {}),
        "X-Forwarded-Uri": request.raw_path,
        "X-Forwarded-Host": request.host,
        "X-Forwarded-Proto": "https",
    }


def _kept(headers: Iterable[tuple[str, str]], dropped: frozenset[str]) -> dict[str, str]:
    return {name: text for name, text in headers if name.lower() not in dropped}


async def _relayed(request: web.BaseRequest, answer: ClientResponse, backend: Backend) -> web.StreamResponse:
    response = web.StreamResponse(status=answer.status, reason=answer.reason)
    root = request.raw_path.partition("?")[0].removesuffix(_tail(request))
    for name, text in answer.headers.items():
        if name.lower() not in _HOP_BY_HOP:
            moved = name.lower() == "location"
            response.headers.add(name, links.moved(text, backend.url, root) if moved else text)
    page = await _page(answer, backend, root)
    if page is not None:
        response.headers["Content-Length"] = str(len(page))
    await response.prepare(request)
    if page is not None:
        await response.write(page)
    async for content in answer.content.iter_chunked(BUFFER):
        await response.write(content)
    await response.write_eof()
    return response


async def _page(answer: ClientResponse, backend: Backend, root: str) -> bytes | None:
    """The answer's body where it is a page whose links are to be moved, else None."""
    headers = answer.headers
    if not headers.get("Content-Type", "").startswith("text/html") or "Content-Encoding" in headers:
        return None
    if answer.method == "HEAD" or int(headers.get("Content-Length", 0)) > _LARGEST_PAGE:
        return None
    charset = answer.charset or "utf-8"
    text = (await answer.read()).decode(charset, "surrogateescape")
    return links.page(text, backend.url, root).encode(charset, "surrogateescape")


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or errno.EIO).lower()


def _unreachable(why: str) -> Refusal:
    return Refusal(503, "ServiceUnavailable", f"error trying to reach service: {why}")

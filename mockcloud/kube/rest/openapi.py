"""/openapi/v2 and /openapi/v3: built on first use, kept while the same kinds are served."""

import hashlib
from dataclasses import dataclass, field
from typing import Final

import orjson
from aiohttp import web

from mockcloud.kube.resources.scheme import Scheme
from mockcloud.kube.rest import replies

# The OpenAPI v2 document as protobuf, its first field alone: `swagger: "2.0"`. kubectl asks for it when those
# of v3 lack a kind; not finding the kind here either, it goes on to say `no matches for kind`.
_PROTOBUF_V2: Final = b"\x0a\x032.0"
_PROTOBUF_V2_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
_V2: Final = "/openapi/v2"


@dataclass(slots=True)
class Documents:
    """The documents of what a scheme serves."""

    scheme: Scheme
    _kept: dict[str, bytes] = field(default_factory=dict)
    _revision: int = -1

    def answer(self, request: web.BaseRequest) -> web.Response:
        """The answer to a request below /openapi/: 304 where the client has it, 404 where there is none."""
        path = request.path.rstrip("/")
        if path == _V2 and "+protobuf" in request.headers.get("Accept", ""):
            return web.Response(body=_PROTOBUF_V2, headers={"Content-Type": _PROTOBUF_V2_TYPE})
        content = self._document(path)
        if content is None:
            return replies.plain("404 page not found\n", 404)
        tag = f'"{hashlib.sha256(content).hexdigest()[:32].upper()}"'
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers={"ETag": tag})
        response = replies.encoded(content)
        response.headers["ETag"] = tag
        return response

    def _document(self, path: str) -> bytes | None:
        if self._revision != self.scheme.revision:
            self._kept, self._revision = {}, self.scheme.revision
        if path not in self._kept:
            made = self._made(path)
            if made is None:
                return None  # whatever path a client makes up is not kept
            self._kept[path] = made
        return self._kept[path]

    def _made(self, path: str) -> bytes | None:
        # The schema's data takes a while to load, and most labs never ask.
        from mockcloud.kube.schema import openapi_v2
        from mockcloud.kube.schema.openapi import document, index

        if path == _V2:
            return orjson.dumps(openapi_v2.document(list(self.scheme)))
        if path == "/openapi/v3":
            return orjson.dumps(index(self.scheme))
        inner = path.removeprefix("/openapi/v3/")
        named = inner.removeprefix("apis/") if inner.startswith("apis/") else inner.removeprefix("api/")
        if named not in self.scheme.group_versions:
            return None
        return orjson.dumps(document(named, self.scheme.of_group_version(named)))

"""What the API tells of its own tokens at paths that name no objects."""

import orjson
from aiohttp import web

from mockcloud.kube.auth.access import Access
from mockcloud.kube.auth.service_accounts import discovery
from mockcloud.kube.rest import replies


def document(access: Access, path: str, host: str) -> web.Response | None:
    """The OpenID Connect document at that path, if there is one; `host` is what the client calls us."""
    if path == discovery.CONFIGURATION_PATH:
        found = discovery.configuration(access.issuer.name, f"https://{host}")
        return replies.encoded(orjson.dumps(found))
    if path == discovery.KEYS_PATH:
        response = replies.encoded(orjson.dumps(access.issuer.key.public_keys()))
        response.content_type = discovery.KEYS_TYPE
        return response
    return None

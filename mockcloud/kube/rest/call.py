"""One request below /api or /apis that names objects: what the client sent, and how it wants the answer."""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mockcloud.kube.auth.user import User
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.rest import bodies, parsing
from mockcloud.kube.rest import traffic as flow
from mockcloud.kube.rest.negotiation import Form, Wanted, wanted
from mockcloud.kube.rest.paths import Target
from mockcloud.kube.rest.rendering import Rendering
from mockcloud.kube.rest.writing import PATCH_TYPES
from mockcloud.kube.schema.operations import patch_types
from mockcloud.kube.writes import deletion
from mockcloud.kube.writes.refusals import Refusal, bad_request

CBOR: Final = "application/apply-patch+cbor"
"""Known, and behind a feature gate that is off."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request below /api or /apis that names objects, and who it is from."""

    request: web.BaseRequest
    target: Target
    user: User

    @property
    def query(self) -> dict[str, str]:
        """The query; of a repeated name the first value counts."""
        return {name: self.request.query[name] for name in self.request.query}

    @property
    def content_type(self) -> str:
        """The body's media type as the client named it, "" where it did not."""
        return self.request.headers.get("Content-Type", "")

    @property
    def medium(self) -> str:
        """The body's media type without parameters."""
        return self.content_type.partition(";")[0].strip().lower()

    async def body(self, options: bodies.WriteOptions | None = None) -> object:
        """The body as JSON values; the options of a write are told what it says twice."""
        content, repeated = await flow.body_of(self.request), None if options is None else options.repeated
        return await parsing.parsed(content, self.content_type, repeated=repeated)

    def rendering(self) -> Rendering:
        """How the client wants its objects."""
        include, accepted = self.request.query.get("includeObject", "Metadata"), self.accepted()
        if accepted.form is Form.TABLE and include not in ("None", "Metadata", "Object"):
            why = f"""Invalid value: "{include}": must be 'Metadata', 'Object', 'None', or empty"""
            msg = f"Unable to convert to Table as requested: includeObject: {why}"
            raise bad_request(msg)
        return Rendering(self.target.kind, accepted, include)

    def accepted(self, *, tables: bool = True) -> Wanted:
        """What the client can read; 406 where that cannot be."""
        return wanted(self.request.headers.get("Accept", ""), tables=tables)


async def patch_of(call: Call, options: bodies.WriteOptions) -> tuple[str, object]:
    """The patch's type and content; 415 where the type is none we apply."""
    medium = call.medium
    if medium == CBOR:
        raise Refusal(415, "UnsupportedMediaType", "415: Unsupported Media Type", {})
    taken = tuple(each for each in PATCH_TYPES if each in patch_types(call.target.kind))
    content = await flow.body_of(call.request)
    return medium, await parsing.parsed(content, medium, taken, options.repeated)


def patch_options(call: Call) -> bodies.WriteOptions:
    """What the query says of a patch."""
    return bodies.patch_options(call.query, apply=call.medium == parsing.APPLY)


async def delete_options(call: Call) -> tuple[deletion.DeleteOptions, bool]:
    """How to delete, by body and query, and whether only to try."""
    content = await flow.body_of(call.request)
    body = required_object(await parsing.parsed(content, call.content_type)) if content.strip() else {}
    query = call.query
    parsed = deletion.parse_options(
        body, query.get("gracePeriodSeconds", ""), query.get("propagationPolicy", "")
    )
    dry_run = ",".join(body.get("dryRun") or ()) or query.get("dryRun", "")
    options = bodies.write_options({"dryRun": dry_run}, "DeleteOptions")
    return parsed, options.dry_run


def required_object(body: object) -> JsonObject:
    """The body; 400 where it is no object."""
    if not isinstance(body, dict):
        msg = "couldn't get version/kind; json parse error: the body must be an object"
        raise bad_request(msg)
    return body

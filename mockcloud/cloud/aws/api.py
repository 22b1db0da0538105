"""A request to the answer: which operation, by whom, well formed or not; its handler; errors in AWS' form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from mockcloud.cloud.aws import signing
from mockcloud.cloud.aws.default_vpc import default_vpc
from mockcloud.cloud.aws.errors import AwsError, error_of, ordered_error
from mockcloud.cloud.aws.services import OPERATIONS
from mockcloud.cloud.aws.signing import HttpRequest, signature_of
from mockcloud.cloud.aws.wire.models import BY_VERSION, SIGNING_NAMES, operation_names
from mockcloud.cloud.aws.wire.parsing import parse
from mockcloud.cloud.aws.wire.validating import check
from mockcloud.cloud.aws.wire.writing import write, write_error, write_json_error
from mockcloud.cloud.core.refusal import Refusal
from mockcloud.cloud.remembered import Remembered

if TYPE_CHECKING:
    from mockcloud.cloud.faults import FaultRule
    from mockcloud.cloud.keys import KeyPair
    from mockcloud.cloud.service import CloudService

# Parameters of the protocol and of signatures, which no operation has.
_PROTOCOL: Final = frozenset(
    ("Action", "Version", "AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp")
)
_READS: Final = ("Describe", "Get", "List")
# Their protocol is XML by REST, which no request says. That of others is JSON, or has an Action.
_XML_BY_REST: Final = frozenset(
    ("cloudfront", "route53", "s3", "s3-object-lambda", "s3-outposts", "s3express")
)
_XML: Final = "text/xml"
_JSON: Final = "application/x-amz-json-1.1"
_BY_SIGNING_NAME: Final = {signed: service for service, signed in SIGNING_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that has been looked at: `path` is what the list of calls and faults know it by."""

    request: HttpRequest
    service: str = "sts"  # whose form an error has where nothing says which service is meant
    operation: str = ""
    form: list[tuple[str, str]] = field(default_factory=list)
    error: AwsError | None = None
    elsewhere: str = ""  # the service of AWS' that it is meant for, where this cloud does not have it
    json: bool = False  # whether that one speaks JSON

    @property
    def path(self) -> str:
        """/ec2/DescribeInstances."""
        return f"/{self.elsewhere or self.service}/{self.operation or '-'}"

    @property
    def reads(self) -> bool:
        """Whether it changes nothing."""
        return self.operation.startswith(_READS)


@dataclass(frozen=True, slots=True)
class Answer:
    """`code` of an error, empty where it is none."""

    status: int
    body: bytes
    code: str = ""
    content_type: str = _XML


class AwsApi:
    """Answers for one cloud."""

    def __init__(self, cloud: CloudService, keys: KeyPair) -> None:
        self._cloud, self._keys = cloud, keys
        # What comes before the request's id in an answer, and after it.
        self._remembered: Remembered[tuple[bytes, bytes]] = Remembered(cloud)

    def look_at(self, request: HttpRequest) -> Asked:
        """Which operation it is. By the version; by the credential's scope where the version is nobody's."""
        form = request.form()
        named = dict(form)
        signed_for = _signed_for(request)
        service = BY_VERSION.get(named.get("Version", "")) or _BY_SIGNING_NAME.get(signed_for)
        action = named.get("Action", "")
        if service is None and signed_for:
            return _of_another_service(request, signed_for, action)
        if service is None:
            known = ", ".join(sorted(OPERATIONS))
            error = AwsError(
                "InvalidAction", f"no service has Version '{named.get('Version', '')}': there are {known}"
            )
            return Asked(request, error=error)
        asked = [(key, value) for key, value in form if key not in _PROTOCOL and not key.startswith("X-Amz-")]
        return Asked(request, service, action, asked, _not_served(service, action))

    def answer(self, asked: Asked, now: float, request_id: str) -> Answer:
        """`now` by the machine's clock, which clients sign with. Never raises for what a client sends."""
        try:
            if asked.elsewhere and asked.error is not None:  # each service signs in its own way: not checked
                raise asked.error
            signing.check(
                asked.request, signature_of(asked.request), self._keys, SIGNING_NAMES[asked.service], now
            )
            if asked.error is not None:
                raise asked.error
            return Answer(200, self._recall(asked, request_id))
        except AwsError as error:
            return refuse(asked, error, request_id)
        except Refusal as refusal:
            return refuse(asked, error_of(refusal, asked.service), request_id)

    def _recall(self, asked: Asked, request_id: str) -> bytes:
        """What was asked before, but for the request's id, which is in an answer once."""
        if asked.service == "sts" or not asked.reads:
            return self._do(asked, request_id)
        question = (asked.service, asked.operation, tuple(asked.form))
        found = self._remembered.find(question)
        if found is not None:
            return b"".join((found[0], request_id.encode(), found[1]))
        began = self._cloud.clock.now()
        body = self._do(asked, request_id)
        head, _, tail = body.partition(request_id.encode())
        self._remembered.keep(question, (head, tail), began, len(body))
        return body

    def _do(self, asked: Asked, request_id: str) -> bytes:
        parsed = parse(asked.service, asked.operation, asked.form)
        check(asked.service, asked.operation, parsed)
        if parsed.wanted.pop("DryRun", False):
            raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        if asked.service != "sts":
            default_vpc(self._cloud)
        found = OPERATIONS[asked.service][asked.operation](self._cloud, parsed.wanted)
        return write(asked.service, asked.operation, found, request_id)


def refuse(asked: Asked, error: AwsError, request_id: str) -> Answer:
    """An error, in the form of the service that was asked."""
    if asked.json:
        return Answer(error.status, write_json_error(error), error.code, _JSON)
    return Answer(error.status, write_error(asked.service, error, request_id), error.code)


def struck(asked: Asked, rule: FaultRule, request_id: str) -> Answer:
    """A fault that a tester ordered."""
    return refuse(asked, ordered_error(asked.service, rule.status, rule.code, rule.message), request_id)


def _signed_for(request: HttpRequest) -> str:
    """The signing name of a service; empty where nothing says it."""
    try:
        claimed = signature_of(request)
    except AwsError:
        return ""
    return claimed.service if claimed is not None else ""


def _of_another_service(request: HttpRequest, signed_for: str, action: str) -> Asked:
    """Of a service that this cloud does not have. In one of JSON's protocols the operation is in a header."""
    operation = action or request.headers.get("x-amz-target", "").rpartition(".")[2]
    known = ", ".join(sorted(OPERATIONS))
    error = AwsError(
        "UnsupportedOperation", f"this cloud does not have the service {signed_for}: there are {known}"
    )
    json = not action and signed_for not in _XML_BY_REST
    return Asked(request, operation=operation, elsewhere=signed_for, error=error, json=json)


def _not_served(service: str, action: str) -> AwsError | None:
    if action in OPERATIONS[service]:
        return None
    if not action:
        return AwsError("MissingAction", "The request must contain the parameter Action")
    if action in operation_names(service):
        return AwsError(
            "UnsupportedOperation",
            f"this cloud does not have {service} {action}; docs/cloud.md lists what it has",
        )
    return AwsError("InvalidAction", f"The action {action} is not valid for this web service.")

"""Requests to AWS: aiobotocore's door. Answers are parsed by botocore; what may pass is tried again."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

from aiobotocore.config import AioConfig
from aiobotocore.session import get_session
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
from tenacity import AsyncRetrying, before_sleep_log, retry_if_exception, stop_after_attempt
from tenacity.wait import wait_random_exponential

from mockcloud.ccm.aws.decide.calls import CLASSIC, EC2, NETWORK, Call, resolved
from mockcloud.ccm.provider import ProviderError

ATTEMPTS: Final = 6
THROTTLED: Final = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "TooManyRequestsException",
    }
)
LOG: Final = logging.getLogger(__name__)


class AwsRefusal(ProviderError):
    """AWS answered no, with a code."""

    def __init__(self, error: ClientError) -> None:
        super().__init__(str(error))
        self.code: str = error.response["Error"].get("Code", "")


class Aws:
    """Made by `connected`. Methods raise AwsRefusal for AWS' own no, ProviderError where no answer came."""

    def __init__(self, clients: Mapping[str, Any]) -> None:
        self._clients = clients

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """One operation, by botocore's names; its answer."""
        method = getattr(self._clients[service], operation)
        answer: Mapping[str, Any] = await _retried(lambda: method(**params))
        return answer

    async def rows(self, service: str, operation: str, key: str, **params: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - AWS' own parameters
        """All that a describing operation lists below `key`, page by page."""
        client = self._clients[service]
        if not client.can_paginate(operation):
            return list((await self.call(service, operation, params)).get(key) or ())

        async def pages() -> list[dict[str, Any]]:
            paginator = client.get_paginator(operation)
            return [row async for page in paginator.paginate(**params) for row in page.get(key) or ()]

        found: list[dict[str, Any]] = await _retried(pages)
        return found

    async def perform(self, calls: list[Call]) -> dict[str, Any]:
        """In order; the answers of those that have a name. It ends with the first that fails."""
        answers: dict[str, Any] = {}
        for call in calls:
            answer = await self.call(call.service, call.operation, resolved(call.params, answers))
            if call.name:
                answers[call.name] = answer
        return answers


@asynccontextmanager
async def connected() -> AsyncIterator[Aws]:
    """By the environment, as any of AWS' clients: endpoint, region, key pair. ProviderError."""
    # tenacity tries again, and says so in the log: botocore is to try once.
    config = AioConfig(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
    session = get_session()
    async with AsyncExitStack() as stack:
        try:
            clients = {
                name: await stack.enter_async_context(session.create_client(name, config=config))
                for name in (EC2, CLASSIC, NETWORK)
            }
        except BotoCoreError as error:
            raise ProviderError(str(error)) from error
        yield Aws(clients)


async def _retried(request: Any) -> Any:  # noqa: ANN401 - botocore has no types
    try:
        async for attempt in AsyncRetrying(
            retry=retry_if_exception(_may_pass),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_random_exponential(multiplier=0.1, max=5),
            before_sleep=before_sleep_log(LOG, logging.WARNING),
            reraise=True,
        ):
            with attempt:
                return await request()
    except ClientError as error:
        raise AwsRefusal(error) from error
    except (TimeoutError, BotoCoreError) as error:
        raise ProviderError(str(error) or type(error).__name__) from error
    raise AssertionError  # the retrying ends with an answer or an error


def _may_pass(error: BaseException) -> bool:
    """No answer, a busy service, too many requests. Whether a change was made is then unknown: names tell."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or error.response["Error"].get("Code") in THROTTLED
    return isinstance(error, ConnectionError | HTTPClientError)

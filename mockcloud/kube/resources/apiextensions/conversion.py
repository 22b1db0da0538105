"""How objects go from one version to another: the rules of `spec.conversion`."""

from collections.abc import Iterator
from typing import Final

from mockcloud.kube.field_errors import Cause, forbidden, not_supported, required
from mockcloud.kube.json_types import JsonObject, object_at
from mockcloud.kube.resources.validation.webhooks import client_problems, review_versions_problems

STRATEGIES: Final = ("None", "Webhook")


def conversion_problems(conversion: JsonObject, at: str) -> Iterator[Cause]:
    """A strategy, and what it takes."""
    strategy, client = conversion.get("strategy") or "", object_at(conversion, "webhook").get("clientConfig")
    versions = object_at(conversion, "webhook").get("conversionReviewVersions") or []
    if not strategy:
        yield required(f"{at}.strategy")
    elif strategy not in STRATEGIES:
        yield not_supported(f"{at}.strategy", strategy, STRATEGIES)
    of_client, of_versions = f"{at}.webhookClientConfig", f"{at}.conversionReviewVersions"
    if strategy == "Webhook":
        if client is None:
            yield required(of_client, "required when strategy is set to Webhook")
        else:
            yield from client_problems(client, of_client)
        yield from review_versions_problems(versions, of_versions)
        return
    why = "should not be set when strategy is not set to Webhook"
    if client is not None:
        yield forbidden(of_client, why)
    if versions:
        yield forbidden(of_versions, why)

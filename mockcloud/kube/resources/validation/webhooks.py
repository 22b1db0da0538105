"""How a webhook is reached: the rules for its address (apiserver's `util/webhook/validation.go`)."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from mockcloud.kube.field_errors import Cause, invalid, required
from mockcloud.kube.json_types import JsonObject
from mockcloud.kube.resources.validation.formats import dns_1035_label, dns_1123_subdomain, port_number

DEFAULT_PORT: Final = 443
REVIEW_VERSIONS: Final = ("v1", "v1beta1")
_FORM: Final = "; desired format: https://host[/path]"


def client_problems(client: JsonObject, at: str) -> Iterator[Cause]:
    """One of a URL and a Service; `at` is the field of the clientConfig."""
    url, service = client.get("url"), client.get("service")
    if (url is None) == (service is None):
        yield required(at, "exactly one of url or service is required")
    elif url is not None:
        yield from _url_problems(url, f"{at}.url")
    elif service is not None:
        yield from _service_problems(service, f"{at}.service")


def _url_problems(url: str, at: str) -> Iterator[Cause]:
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        yield required(at, f"url must be a valid URL: {exc}{_FORM}")
        return
    if parts.scheme != "https":
        yield invalid(at, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not parts.netloc:
        yield invalid(at, "", f"host must be specified{_FORM}")
    user, has_user, _ = parts.netloc.rpartition("@")
    if has_user:
        yield invalid(at, user, "user information is not permitted in the URL")
    if parts.fragment:
        yield invalid(at, parts.fragment, "fragments are not permitted in the URL")
    if parts.query:
        yield invalid(at, parts.query, "query parameters are not permitted in the URL")


def _service_problems(service: JsonObject, at: str) -> Iterator[Cause]:
    for word in ("name", "namespace"):
        if not service.get(word):
            yield required(f"{at}.{word}")
    port = service.get("port") or DEFAULT_PORT
    complaints = port_number(port)
    if complaints:
        yield invalid(f"{at}.port", port, f"port is not valid: {', '.join(complaints)}")
    path = service.get("path") or "/"
    if path != "/":
        yield from _path_problems(path, f"{at}.path")


def _path_problems(path: str, at: str) -> Iterator[Cause]:
    if path == "//":
        yield invalid(at, path, "segment[0] may not be empty")
        return
    if not path.startswith("/"):
        yield invalid(at, path, "must start with a '/'")
    for number, step in enumerate(path[1:].removesuffix("/").split("/")):
        why = [f"segment[{number}]: {each}" for each in dns_1123_subdomain(step)]
        for each in why if step else [f"segment[{number}] may not be empty"]:
            yield invalid(at, path, each)


def review_versions_problems(versions: list[str], at: str, why: str = "") -> Iterator[Cause]:
    """Versions of reviews that a webhook takes: one that we send has to be among them."""
    if not versions:
        yield required(at, why)
        return
    for number, version in enumerate(versions):
        if version in versions[:number]:
            yield invalid(f"{at}[{number}]", version, "duplicate version")
            continue
        yield from (invalid(f"{at}[{number}]", version, each) for each in dns_1035_label(version))
    if not any(version in REVIEW_VERSIONS for version in versions):
        yield invalid(at, versions, f"must include at least one of {', '.join(REVIEW_VERSIONS)}")

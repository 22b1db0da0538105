"""One HTTP request, and why it could not be made."""

import http.client
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit


class Unreachable(Exception):
    """No answer; `code` is what curl would exit with."""

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    reason: str
    head: str
    body: bytes


def fetch(method: str, url: str, headers: Sequence[str], timeout: float, body: bytes | None = None) -> Answer:
    """The answer; Unreachable where there was none. Certificates are not checked."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if parts.scheme == "https":
        context = ssl._create_unverified_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=timeout, context=context
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    given = dict(
        (name.strip(), value.strip()) for name, _, value in (each.partition(":") for each in headers)
    )
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(method, path, body, {"User-Agent": "mockcloud", "Accept": "*/*", **given})
        answer = connection.getresponse()
        lines = [f"HTTP/1.1 {answer.status} {answer.reason}"]
        lines += [f"{name}: {value}" for name, value in answer.getheaders()]
        return Answer(answer.status, answer.reason, "\n".join(lines) + "\n", answer.read())
    except socket.gaierror:
        raise Unreachable(6, f"Could not resolve host: {host}") from None
    except TimeoutError:
        raise Unreachable(28, f"Connection timed out after {timeout * 1000:.0f} milliseconds") from None
    except (OSError, http.client.HTTPException) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unreachable(7, f"Failed to connect to {host} port {port}: {why}") from None
    finally:
        connection.close()

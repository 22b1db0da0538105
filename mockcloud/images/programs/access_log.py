"""The web server's log of requests, line for line as the nginx image writes it (log_format main)."""

import os
import time
from typing import Final

STDOUT: Final = 1
MOST: Final = 1 << 16  # bytes that wait for the end of a round


class AccessLog:
    """Takes a line for each request; `flush` writes those of one round by one call."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.size = 0
        self.second = -1
        self.stamp = ""

    def add(self, client: str, request: str, status: str, sent: int, fields: dict[str, str]) -> None:
        """Note what a client (its address) asked, and the answer: status code, bytes of content."""
        said = [
            escaped(fields.get(name, "-") or "-") for name in ("referer", "user-agent", "x-forwarded-for")
        ]
        referer, agent, forwarded = said
        text = (
            f'{client} - - [{self.now()}] "{escaped(request)}" {status} {sent}'
            f' "{referer}" "{agent}" "{forwarded}"\n'
        )
        self.lines.append(text.encode("latin-1", "replace"))
        self.size += len(text)
        if self.size > MOST:
            self.flush()

    def flush(self) -> None:
        """Write what there is. Where nobody reads it, it is lost."""
        if not self.lines:
            return
        rest = b"".join(self.lines)
        self.lines.clear()
        self.size = 0
        try:
            while rest:
                rest = rest[os.write(STDOUT, rest) :]
        except OSError:
            return

    def now(self) -> str:
        """The time as $time_local has it."""
        second = int(time.time())  # noqa: TID251  (for people to read)
        if second != self.second:
            self.second = second
            self.stamp = time.strftime("%d/%b/%Y:%H:%M:%S %z", time.localtime(second))
        return self.stamp


def escaped(text: str) -> str:
    """Without what could forge a line or another field (ngx_http_log_escape)."""
    if text.isascii() and text.isprintable() and '"' not in text and "\\" not in text:
        return text
    return "".join(one if " " <= one <= "~" and one not in '"\\' else f"\\x{ord(one):02X}" for one in text)

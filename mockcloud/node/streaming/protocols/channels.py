"""The numbered channels of exec and attach in WebSocket messages, in all versions that are in use.

v5 adds to v4 the closing of one channel; v4 to the first version a Status as JSON at the end, where that
has plain text (k8s.io/apimachinery/pkg/util/remotecommand; k8s.io/apiserver/pkg/util/wsstream).
"""

import base64
import binascii
import json
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final


class Channel(IntEnum):
    """Where a message belongs: its first byte."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    ERROR = 3  # the Status, at the end
    RESIZE = 4
    CLOSE = 255  # v5: the second byte names the channel that its sender has ended


class ChannelError(ValueError):
    """A message that the protocol does not have."""


@dataclass(frozen=True, slots=True)
class Message:
    """What was said on a channel."""

    channel: Channel
    data: bytes


@dataclass(frozen=True, slots=True)
class Closed:
    """The client will send no more on the channel."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class Size:
    """A terminal's new size, in characters."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Protocol:
    """One version of the channels."""

    name: str  # as in Sec-WebSocket-Protocol; empty where the client named none
    base64: bool = False  # text messages
    json_status: bool = True
    closes: bool = False

    def encode(self, channel: int, data: bytes) -> bytes | str:
        """The message: text in the base64 versions, bytes in the others."""
        if self.base64:
            return f"{channel:d}{base64.b64encode(data).decode()}"
        return bytes((channel,)) + data

    def split(self, message: bytes | str) -> tuple[int, bytes] | None:
        """A message's channel and content, None for an empty message; ChannelError where it is no base64."""
        content = message.encode() if isinstance(message, str) else message
        if not content:
            return None
        if self.base64:
            return content[0] - ord("0"), _from_base64(content[1:])
        return content[0], content[1:]

    def decode(self, message: bytes | str) -> Message | Closed | None:
        """What a client of exec says, None where it says nothing; ChannelError where it makes no sense."""
        found = self.split(message)
        if found is None:
            return None
        number, content = found
        if number == Channel.CLOSE and self.closes:
            if content != bytes((Channel.STDIN,)):
                msg = f"channel {content.hex() or 'none'} is to be closed: expected 00, standard input"
                raise ChannelError(msg)
            return Closed(Channel.STDIN)
        if number not in _SENT_BY_CLIENTS:
            msg = f"channel {number} is not one that a client writes to: expected {_EXPECTED}"
            raise ChannelError(msg)
        return Message(Channel(number), content)

    def status(self, code: int) -> bytes:
        """What the ERROR channel says of a program that ended with the exit code."""
        if not self.json_status:
            return b"" if code == 0 else _exit_message(code).encode()
        return json.dumps(SUCCESS if code == 0 else _exit_status(code)).encode()

    def failure(self, message: str) -> bytes:
        """What the ERROR channel says where the program could not be run."""
        text = f"Internal error occurred: {message}"
        if not self.json_status:
            return text.encode()
        details = {"causes": [{"message": message}]}
        return json.dumps(
            _failed(text, "InternalError", details) | {"code": 500},
        ).encode()


V5: Final = Protocol("v5.channel.k8s.io", closes=True)
V4: Final = Protocol("v4.channel.k8s.io")
V4_BASE64: Final = Protocol("v4.base64.channel.k8s.io", base64=True)
V1: Final = Protocol("channel.k8s.io", json_status=False)
V1_BASE64: Final = Protocol("base64.channel.k8s.io", base64=True, json_status=False)
UNNAMED: Final = Protocol("", json_status=False)
PROTOCOLS: Final = {one.name: one for one in (V5, V4, V4_BASE64, V1, V1_BASE64, UNNAMED)}

SUCCESS: Final[dict[str, Any]] = {"metadata": {}, "status": "Success"}
_SENT_BY_CLIENTS: Final = (Channel.STDIN, Channel.RESIZE)
_EXPECTED: Final = ", ".join(f"{one:d} ({one.name.lower()})" for one in _SENT_BY_CLIENTS)


def size(data: bytes) -> Size:
    """The terminal size in a RESIZE message; ChannelError where there is none."""
    try:
        found = json.loads(data)
        width, height = int(found["Width"]), int(found["Height"])
    except (ValueError, KeyError, TypeError) as error:
        msg = f'a terminal size {data[:64]!r}: expected {{"Width": COLUMNS, "Height": LINES}}'
        raise ChannelError(msg) from error
    if not (0 <= width <= 0xFFFF and 0 <= height <= 0xFFFF):
        msg = f"a terminal of {width}x{height}: expected 0 to 65535"
        raise ChannelError(msg)
    return Size(width, height)


def _from_base64(content: bytes) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except binascii.Error as error:
        msg = f"a message is not base64: {error}"
        raise ChannelError(msg) from error


def _exit_message(code: int) -> str:
    return f"command terminated with non-zero exit code: exit status {code}"


def _exit_status(code: int) -> dict[str, Any]:
    causes = [{"reason": "ExitCode", "message": str(code)}]
    return _failed(_exit_message(code), "NonZeroExitCode", {"causes": causes})


def _failed(message: str, reason: str, details: dict[str, Any]) -> dict[str, Any]:
    return {
        "metadata": {},
        "status": "Failure",
        "message": message,
        "reason": reason,
        "details": details,
    }

"""A container's log file -> what `kubectl logs` shows. Pure.

One line is `TIME STREAM TAG TEXT`; tag P means that the next line goes on where this one stops (CRI logging).
Times are all written alike, in UTC with nine decimals, so they can be compared as text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

Object = dict[str, Any]
MOST_SECONDS: Final = 10**9  # longer ago than any log
_PARTIAL: Final = b"P"
_NO_LOG: Final = {
    "ErrImagePull": "image can't be pulled",
    "ImagePullBackOff": "trying and failing to pull image",
}


class NoLog(Exception):
    """There is no log to show; the message is kubelet's."""


@dataclass(frozen=True, slots=True)
class LogOptions:
    """What of a log is wanted."""

    follow: bool = False
    timestamps: bool = False
    tail: int | None = None  # lines
    limit: int | None = None  # bytes
    since: bytes = b""  # a time as logs have it; empty: from the start

    @classmethod
    def parse(cls, query: Mapping[str, str], now: datetime) -> "LogOptions":
        """The options of a request's query; ValueError where one makes no sense."""
        since = None
        if seconds := query.get("sinceSeconds"):
            since = now - timedelta(seconds=min(int(seconds), MOST_SECONDS))
        elif moment := query.get("sinceTime"):
            since = datetime.fromisoformat(moment)
        return cls(
            follow="follow" in query,
            timestamps="timestamps" in query,
            tail=_number(query.get("tailLines")),
            limit=_number(query.get("limitBytes")),
            since=b"" if since is None else _stamp(since),
        )


@dataclass(slots=True)
class LogRenderer:
    """Pieces of a log file -> pieces of the answer."""

    options: LogOptions
    _rest: bytes = b""
    _inside: dict[bytes, bool] = field(default_factory=dict)  # by stream: the last line was a part
    _given: int = 0
    _lines: int = 0

    @property
    def full(self) -> bool:
        """Whether as much was given as was wanted."""
        return self._has_lines or (self.options.limit is not None and self._given >= self.options.limit)

    @property
    def _has_lines(self) -> bool:
        """A tail that nobody follows is so many lines, whatever is written meanwhile (kubelet's ReadLogs)."""
        return not self.options.follow and self.options.tail is not None and self._lines >= self.options.tail

    def feed(self, piece: bytes) -> bytes:
        """What the lines that end in this piece say."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        found = b"".join(self._shown(line) for line in lines)
        if self.options.limit is not None:
            found = found[: self.options.limit - self._given]
        self._given += len(found)
        return found

    def _shown(self, line: bytes) -> bytes:
        fields = line.split(b" ", 3)
        if len(fields) < 4:
            return b""  # cut by a machine that went down
        if self._has_lines:
            return b""
        time, stream, tag, text = fields
        continues = self._inside.get(stream, False)
        partial = self._inside[stream] = tag == _PARTIAL
        self._lines += not partial
        if time < self.options.since:
            return b""
        head = time + b" " if self.options.timestamps and not continues else b""
        return head + text + (b"" if partial else b"\n")


def count_lines(piece: bytes) -> list[int]:
    """Where lines end in a piece of a log that begins with a line: parts of lines do not count."""
    found, place = [], 0
    for line in piece.splitlines(keepends=True):
        place += len(line)
        fields = line.split(b" ", 3)
        if line.endswith(b"\n") and len(fields) == 4 and fields[2] != _PARTIAL:
            found.append(place)
    return found


def run_to_show(statuses: Sequence[Object], container: str, pod: str, *, previous: bool) -> int:
    """Which of a container's runs has the log asked for; NoLog where none has.

    As kubelet's validateContainerLogStatus decides and words it.
    """
    what = f'container "{container}" in pod "{pod}"'
    status = next((one for one in statuses if one["name"] == container), None)
    if status is None:
        msg = f"{what} is not available"
        raise NoLog(msg)
    state, last = status.get("state") or {}, (status.get("lastState") or {}).get("terminated")
    runs: int = status.get("restartCount") or 0
    now = any(state.get(name) is not None for name in ("running", "terminated"))
    if previous:
        if not last:
            msg = f"previous terminated {what} not found"
            raise NoLog(msg)
        return runs - 1 if now else runs
    if now or last:
        return runs
    reason = (state.get("waiting") or {}).get("reason")
    why = f": {_NO_LOG.get(reason, reason)}" if reason else " - no logs yet"
    msg = f"{what} is waiting to start{why}"
    raise NoLog(msg)


def _number(text: str | None) -> int | None:
    return int(text) if text else None


def _stamp(moment: datetime) -> bytes:
    in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return f"{in_utc:%Y-%m-%dT%H:%M:%S.%f}000Z".encode()

"""Chunks of a stream -> whole lines, of whatever length (aiohttp's own line reader gives up at 64 KiB)."""


class LineSplitter:
    """Feed it chunks as they come; it hands back the lines that are complete, without their newline."""

    def __init__(self) -> None:
        self._pending: list[bytes] = []

    def feed(self, chunk: bytes) -> list[bytes]:
        """The lines that `chunk` completes; empty lines are dropped, the rest is kept for the next chunk."""
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            self._pending.append(chunk)
            return []
        whole = b"".join([*self._pending, head])
        self._pending = [tail] if tail else []
        return [line for line in whole.split(b"\n") if line.strip()]

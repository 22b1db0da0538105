"""What the speaker tells the process that answers: one datagram each, on a SEQPACKET socket.

The first byte is the kind, then comes the port's number; of SYNC a number that who answers sends back, when
all that came before is done. At its start it sends READY.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

OPEN, SERVE, REMOVE, ANSWER, SILENCE, SYNC = range(6)
HEAD: Final = Struct("=BxxxI")
OPENED: Final = Struct("=B6s")  # protocol, and the interface's MAC; the socket comes beside it
DONE: Final = Struct("=I")
READY: Final = 0
ARP, NDP = range(2)
# By protocol: an address's bytes, where its counts are, and what is prepared of its replies.
# (For NDP two frames: see NdpAnswer.)
RECORDS: Final = Struct("=4sI26s"), Struct("=16sI86s86s")
KEYS: Final = Struct("=4s"), Struct("=16s")
MOST: Final = 256  # records in one message: far below what a socket's buffer holds
ROOM: Final = HEAD.size + MOST * RECORDS[NDP].size

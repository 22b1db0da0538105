"""A speaker's heartbeats as a process: prints each state of its own, and when its lease was taken."""

import secrets
import sys
import time
from ipaddress import ip_address

from baremetal_lb.decide.membership.machine import Incarnation, Membership
from baremetal_lb.decide.membership.neighbour import Timing
from baremetal_lb.link.heartbeats import Heartbeats, Told, open_heartbeat_socket
from baremetal_lb.model.membership import View


def main(name: str, key: str, interval: str, *peers: str) -> None:
    def on_view(view: View) -> None:
        print(view.states[name].name, flush=True)

    def on_lease(until: float) -> None:
        if until < 0:
            print("lease 0", flush=True)

    birth = Incarnation(secrets.randbits(63) + 1, time.time_ns() // 1000)
    timing = Timing(float(interval), return_delay=1.0)
    told = Told(on_view, on_lease, lambda: None)
    beats = Heartbeats(Membership(name, birth, timing), open_heartbeat_socket(7947), told)
    beats.keys = (bytes.fromhex(key),)
    beats.meet({each.split("=")[0]: ip_address(each.split("=")[1]) for each in peers}, frozenset())
    beats.run()


if __name__ == "__main__":
    main(*sys.argv[1:])

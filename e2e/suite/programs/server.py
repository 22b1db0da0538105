"""A pod's server: says who it is and whom it sees, by HTTP and by UDP on one port, IPv4 and IPv6.

    server.py PORT

Its pod's and node's names are in the environment, as POD and NODE.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from socketserver import BaseRequestHandler, StreamRequestHandler, TCPServer, ThreadingMixIn, UDPServer


def said(peer: str) -> bytes:
    """One answer, a line of JSON."""
    pod, node = os.environ.get("POD", ""), os.environ.get("NODE", "")
    return json.dumps({"pod": pod, "node": node, "client": peer.removeprefix("::ffff:")}).encode() + b"\n"


class _Http(StreamRequestHandler):
    def handle(self) -> None:
        while self.rfile.readline(65536).strip():
            pass  # every path is answered alike
        body = said(self.client_address[0])
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        self.wfile.write(head.encode() + b"\r\nConnection: close\r\n\r\n" + body)


class _Datagram(BaseRequestHandler):
    def handle(self) -> None:
        self.request[1].sendto(said(self.client_address[0]), self.client_address)


class _BothFamilies(TCPServer):
    """One socket for IPv4 and IPv6, where the kernel has both."""

    address_family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    allow_reuse_address = True
    request_queue_size = 1024

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        super().server_bind()


class _Tcp(ThreadingMixIn, _BothFamilies):
    daemon_threads = True


class _Udp(ThreadingMixIn, UDPServer, _BothFamilies):
    daemon_threads = True


def main(port: int) -> None:
    """Serve until SIGTERM, which process 1 of a container does not heed by itself."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    udp = _Udp(("", port), _Datagram)
    threading.Thread(target=udp.serve_forever, daemon=True).start()
    _Tcp(("", port), _Http).serve_forever()


if __name__ == "__main__":
    main(int(sys.argv[1]))

# SPDX-License-Identifier: Apache-2.0
"""A proxy: who asks for Vertex AI's host reaches a port of this machine; all other hosts are refused."""

from __future__ import annotations

import socket
from collections.abc import Collection
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

_BLOCK = 1 << 16


class Tunnel(ThreadingTCPServer):
    """The proxy.

    Attributes:
        hosts: For which hosts it opens a tunnel; all others are refused.
        port: Where all of its tunnels lead.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, hosts: Collection[str], port: int) -> None:
        super().__init__(("127.0.0.1", 0), Connect)
        self.hosts, self.port = hosts, port


class Connect(StreamRequestHandler):
    """One CONNECT (https://www.rfc-editor.org/rfc/rfc9110#name-connect)."""

    server: Tunnel

    def handle(self) -> None:
        """Open a tunnel, and carry bytes both ways until one side has closed."""
        method, _, rest = self.rfile.readline().decode().partition(" ")
        while self.rfile.readline().strip():
            pass
        host = rest.partition(":")[0]
        if method != "CONNECT" or host not in self.server.hosts:
            self.wfile.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        with socket.create_connection(("127.0.0.1", self.server.port)) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            Thread(target=_carry, args=(self.connection, upstream), daemon=True).start()
            _carry(upstream, self.connection)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(_BLOCK):
            target.sendall(block)
    for side in (source, target):
        with suppress(OSError):
            side.shutdown(socket.SHUT_RDWR)

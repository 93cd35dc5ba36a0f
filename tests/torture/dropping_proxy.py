"""A line that breaks: it carries each request to the server and loses the answer, before or after that is given."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.live import HOST
from tests.torture.sizes import SEED

PATIENCE_SECONDS = 60.0


class DroppingProxy(socketserver.ThreadingTCPServer):
    """Listens on a port of its own. Of the answers it loses, half have not even been waited for."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, server_port: int) -> None:
        super().__init__((HOST, 0), _Dropping)
        self.server_port = server_port
        self.chance = Random(SEED)
        self.port: int = self.server_address[1]


class _Dropping(socketserver.BaseRequestHandler):
    server: DroppingProxy
    request: socket.socket

    def handle(self) -> None:
        """One request, without an answer: the client only sees its connection end."""
        with socket.create_connection((HOST, self.server.server_port), PATIENCE_SECONDS) as onward:
            onward.sendall(self._whole_request())
            if self.server.chance.random() < 0.5:
                onward.recv(1)

    def _whole_request(self) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.request.recv(65536)
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while len(body) < sum(map(int, lengths)):
            body += self.request.recv(65536)
        return head + b"\r\n\r\n" + body


@contextmanager
def dropping_proxy(server_port: int) -> Iterator[DroppingProxy]:
    """A running one in front of the server on that port."""
    with DroppingProxy(server_port) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()

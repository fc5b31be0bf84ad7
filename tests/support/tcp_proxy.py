"""A line to a server that can be made to swallow everything, and then to go on."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_PIECE = 2**16


class TcpProxy:
    """Passes bytes on while `flows` is set; connections are taken and kept in any case."""

    def __init__(self, host: str, port: int) -> None:
        self.flows = threading.Event()
        self.flows.set()
        self._target = (host, port)
        self._server = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._server]
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End all connections."""
        self.flows.set()
        for each in self._open:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._server.accept()
                server = socket.create_connection(self._target)
                self._open += [client, server]
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, from_: socket.socket, to: socket.socket) -> None:
        with suppress(OSError):
            while piece := from_.recv(_PIECE):
                self.flows.wait()
                to.sendall(piece)
            to.shutdown(socket.SHUT_WR)


@contextmanager
def tcp_proxy(host: str, port: int) -> Iterator[TcpProxy]:
    """Run a proxy before a server until the block ends."""
    proxy = TcpProxy(host, port)
    try:
        yield proxy
    finally:
        proxy.close()

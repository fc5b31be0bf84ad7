"""Ports of this machine that nobody listens on."""

import socket
from contextlib import ExitStack, closing


def free_ports(count: int) -> list[int]:
    """Return different free ports of 127.0.0.1; whoever is quicker may still take one."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(closing(socket.socket())) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]

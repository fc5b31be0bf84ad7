"""A stretch without network stops whatever reaches for it, and nothing else.

No test here may open a socket: what the interpreter announces of one is announced in its place.
"""

import sys
import threading

import pytest

from scripts.demo.off_line import NetworkTouched, off_line


class TestOffLine:
    @pytest.mark.parametrize("event", ["socket.connect", "socket.getaddrinfo", "socket.sendto"])
    def test_stops_what_reaches_for_the_network(self, event: str) -> None:
        sys.audit(event)
        with off_line():
            sys.audit("open", "a file", "r", 0)
            with pytest.raises(NetworkTouched):
                sys.audit(event)
        sys.audit(event)

    def test_is_of_one_thread(self) -> None:
        seen: list[str] = []

        def other() -> None:
            sys.audit("socket.connect")
            seen.append("went on")

        with off_line():
            thread = threading.Thread(target=other)
            thread.start()
            thread.join()
        assert seen == ["went on"]

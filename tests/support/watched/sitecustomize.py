"""Loaded by every Python process that is watched: notes to whom it opens connections.

Lines of JSON at WATCHED_SOCKETS: when a process begins, what it connects or sends to, what it
looks up, which programs it starts. uvloop is taken away, since its connections are not Python's.
"""

import json
import os
import sys
from typing import Any

_FILE = os.environ["WATCHED_SOCKETS"]
_OUTWARD = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo"}
_PROGRAMS = {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.getaddrinfo":
        _write(event, list(arguments[:2]))
    elif event in _OUTWARD:
        _write(event, arguments[1])
    elif event in _PROGRAMS:
        _write(event, str(arguments[0]))


def _write(event: str, value: object) -> None:
    line = json.dumps({"pid": os.getpid(), "event": event, "value": value}, default=repr)
    handle = os.open(_FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, line.encode() + b"\n")
    os.close(handle)


sys.modules["uvloop"] = None  # type: ignore[assignment]  # what an import of it fails by
_write("began", sys.orig_argv)
sys.addaudithook(_note)

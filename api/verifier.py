"""The program of a verifier: see `api.http.verifiers`."""

import gc
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Final

from api.http.frames import Frames, framed
from api.http.shown import Shown, shown
from api.logs import json_log
from api.services.at_head import AtHead
from api.services.progress import Proofs
from api.services.verification import Answer, Question, Verifications
from api.store.batches import BatchStore
from api.store.database import Database
from api.store.registry import Registry
from ledger.errors import LedgerError
from ledger.licences.catalogue import load_catalogue
from ledger.values import LedgerRef
from ledger.verification.evidence import Evidence, Query, Unreachable
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile

_START: Final = "import gc; gc.disable(); from api.verifier import main; gc.enable(); main()"
PROGRAM: Final = (sys.executable, "-c", _START)
"""Not `-m api.verifier`: the classes of its `__main__` would be others than those that arrive.

Without looks for garbage while modules come in: the server that starts it wants both cores too.
"""
SWITCH_SECONDS: Final = 0.0005
"""As in the process that serves: a thread that builds a tree holds nobody up."""
_PIECE_BYTES: Final = 1 << 18
_READERS: Final = 4
"""Threads that ask the database; what is in memory waits for none of them."""

Asked = tuple[int, Question]
Told = tuple[int, Shown | None]
"""A question and its answer by their number; None is left to the server."""


@dataclass(frozen=True, slots=True)
class Brief:
    """What a verifier needs to know: where the projection is, and by what terms it judges."""

    database_url: str
    ledger: LedgerRef
    policy: Policy


class NoNode:
    """Stands where no fresh question comes: those stay in the process that serves."""

    def evidence(
        self, _query: Query, proof: ProofFile | None, *, now: int, past: bool = False
    ) -> Evidence:
        """See `LiveLedger`."""
        del now, past
        return Evidence(proof, Unreachable("a verifier asks no node"))


class Verifier:
    """Answers what comes over a line: at once out of memory, else in a thread beside.

    What came together and is in memory is answered together: a message for each would wake the
    server as often, and each of the two would find its caches cold.
    """

    def __init__(self, verifications: Verifications, line: socket.socket) -> None:
        self._verifications = verifications
        self._line = line
        self._turn = Lock()

    def run(self, frames: Frames) -> None:
        """Answer until the line ends."""
        self._line.sendall(framed(None))  # ready
        with ThreadPoolExecutor(_READERS, thread_name_prefix="reader") as readers:
            while piece := self._line.recv(_PIECE_BYTES):
                asked = chain.from_iterable(frames.feed(piece))
                if told := list(self._at_hand(asked, readers)):
                    self._tell(told)

    def _at_hand(self, asked: Iterable[Asked], readers: ThreadPoolExecutor) -> Iterator[Told]:
        """Yield the answers that memory has; let `readers` look for the others."""
        for number, question in asked:
            told = _told(number, question, self._at_once)
            if told is None:
                readers.submit(self._look_up, number, question)
            else:
                yield told

    def _at_once(self, question: Question) -> Answer | None:
        if not self._verifications.is_recent:
            self._verifications.look()
        return self._verifications.at_once(question)

    def _look_up(self, number: int, question: Question) -> None:
        told = _told(number, question, self._verifications.verify)
        assert told is not None, "the database was asked"
        self._tell([told])

    def _tell(self, answers: Sequence[Told]) -> None:
        message = framed(answers)
        with self._turn:
            self._line.sendall(message)


def _told(
    number: int, question: Question, find: Callable[[Question], Answer | None]
) -> Told | None:
    """Return what is found, None where nothing is; a defect of ours the server meets and words."""
    try:
        found = find(question)
        return None if found is None else (number, shown(found))
    except Exception:  # noqa: BLE001  # see above
        return number, None


def verifications(brief: Brief, database: Database) -> Verifications:
    """Return what answers, by the clocks of this machine."""
    return Verifications(
        projected=AtHead(Registry(database, brief.ledger), time.monotonic),
        live=NoNode(),
        proofs=Proofs(BatchStore(database), brief.ledger),
        policy=brief.policy,
        catalogue=load_catalogue(),
        clock=lambda: int(time.time()),
    )


def main() -> None:
    """Answer what comes over the socket whose number is the last argument, until it ends."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # for the server, which ends this one in order
    sys.setswitchinterval(SWITCH_SECONDS)
    frames = Frames()
    with socket.socket(fileno=int(sys.argv[-1])) as line, suppress(OSError):
        brief = _first(frames, line)
        try:
            database = Database.open(brief.database_url)
        except LedgerError as error:
            json_log().error("verifier.failed", error=type(error).__name__)
            return
        verifier = Verifier(verifications(brief, database), line)
        gc.freeze()  # as in the process that serves
        verifier.run(frames)
        database.close()


def _first(frames: Frames, line: socket.socket) -> Brief:
    """Return the first message; raise `ConnectionError` when the line ends before it."""
    while piece := line.recv(_PIECE_BYTES):
        for brief in frames.feed(piece):
            assert isinstance(brief, Brief), "told first"
            return brief
    raise ConnectionError

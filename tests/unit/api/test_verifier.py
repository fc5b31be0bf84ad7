"""A verifier, spoken to as the server does: whoever must wait for the database holds nobody up."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast

from api.http.frames import Frames, framed
from api.http.shown import Shown, shown
from api.services.verification import Answer, Question, Verifications
from api.verifier import NoNode, Verifier
from ledger.verification.evidence import Unreachable
from tests.support.verification import sample

AT_HAND, ELSEWHERE, WRONG = Question("at hand"), Question("elsewhere"), Question("wrong")
ANSWER = Answer(sample().report(), None)


@dataclass
class Fake:
    """Verifications whose database hangs until it is let go."""

    is_recent: bool = False
    looks: int = 0
    database: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        self.looks += 1
        self.is_recent = True

    def at_once(self, question: Question) -> Answer | None:
        if question.document == WRONG.document:
            raise KeyError(question.document)
        return ANSWER if question.document == AT_HAND.document else None

    def verify(self, _: Question) -> Answer:
        self.database.wait()
        return ANSWER


class Server:
    """The other end of the line."""

    def __init__(self, line: socket.socket) -> None:
        self._line = line
        self._frames = Frames()
        self._told: list[Any] = []

    def ask(self, *questions: Question) -> None:
        self._line.sendall(framed(list(enumerate(questions))))

    def told(self) -> Any:
        while not self._told:
            for message in self._frames.feed(self._line.recv(1 << 16)):
                self._told += [None] if message is None else message
        return self._told.pop(0)


@contextmanager
def asked(fake: Fake) -> Iterator[Server]:
    ours, theirs = socket.socketpair()
    verifier = Verifier(cast("Verifications", fake), theirs)
    thread = threading.Thread(target=verifier.run, args=(Frames(),))
    with theirs:
        thread.start()
        try:
            with ours:
                server = Server(ours)
                assert server.told() is None  # it is ready
                yield server
        finally:
            fake.database.set()
            thread.join()


class TestVerifier:
    def test_answers_what_is_at_hand_before_what_is_not(self) -> None:
        fake = Fake()
        with asked(fake) as server:
            server.ask(ELSEWHERE, AT_HAND, ELSEWHERE, AT_HAND)
            assert [server.told(), server.told()] == [(1, shown(ANSWER)), (3, shown(ANSWER))]
            fake.database.set()
            assert {server.told()[0], server.told()[0]} == {0, 2}
            assert fake.looks == 1

    def test_leaves_a_defect_to_the_server(self) -> None:
        with asked(Fake()) as server:
            server.ask(WRONG, AT_HAND)
            assert server.told() == (0, None)
            number, told = server.told()
            assert (number, type(told)) == (1, Shown)


class TestNoNode:
    def test_cannot_say(self) -> None:
        evidence = NoNode().evidence(cast("Any", None), None, now=1)
        assert isinstance(evidence.reading, Unreachable)

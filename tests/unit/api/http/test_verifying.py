"""Verifying on the event loop: nobody waits for somebody else's node or look."""

import asyncio
import threading
from dataclasses import dataclass, field
from typing import Any, cast

from api.http.verifying import FRESH_AT_ONCE, Verifying
from api.services.verification import Answer, Question, Verifications

AT_ONCE, ASKED = cast("Answer", "at once"), cast("Answer", "asked")
QUESTION = Question("~")
FRESH = Question("~", is_fresh=True)


@dataclass
class Fake:
    """Verifications whose node and database hang until they are let go."""

    is_recent: bool = True
    is_at_hand: bool = True
    looks: int = 0
    node: threading.Event = field(default_factory=threading.Event)
    database: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        self.looks += 1
        self.database.wait()
        self.is_recent = True

    def at_once(self, _: Question) -> Answer | None:
        return AT_ONCE if self.is_recent and self.is_at_hand else None

    def verify(self, question: Question) -> Answer:
        (self.node if question.is_fresh else self.database).wait()
        return ASKED


def run(fake: Fake, play: Any) -> None:
    """Play on a loop; whatever fails, nobody is left waiting."""

    async def played() -> None:
        try:
            await play(Verifying(cast("Verifications", fake)))
        finally:
            fake.node.set()
            fake.database.set()

    asyncio.run(played())


class TestAnswer:
    def test_hanging_nodes_hold_up_nobody_else(self) -> None:
        fake = Fake()

        async def play(verifying: Verifying) -> None:
            hanging = [
                asyncio.create_task(verifying.answer(FRESH)) for _ in range(3 * FRESH_AT_ONCE)
            ]
            for _ in range(100):
                assert await verifying.answer(QUESTION) is AT_ONCE
            fake.is_at_hand = False
            fake.database.set()
            assert await verifying.answer(QUESTION) is ASKED  # a thread is left for it
            assert not any(task.done() for task in hanging)
            fake.node.set()
            assert await asyncio.gather(*hanging) == [ASKED] * len(hanging)

        run(fake, play)

    def test_one_look_serves_all_who_wait_for_it(self) -> None:
        fake = Fake(is_recent=False)

        async def play(verifying: Verifying) -> None:
            waiting = [asyncio.create_task(verifying.answer(QUESTION)) for _ in range(50)]
            await asyncio.sleep(0)  # let each of them begin
            gone = waiting.pop(0)  # the one who began the look hangs up
            gone.cancel()
            fake.database.set()
            assert await asyncio.gather(*waiting) == [AT_ONCE] * len(waiting)
            assert fake.looks == 1

        run(fake, play)

    def test_asks_where_the_look_said_nothing(self) -> None:
        fake = Fake(is_recent=False, is_at_hand=False)
        fake.database.set()

        async def play(verifying: Verifying) -> None:
            assert await verifying.answer(QUESTION) is ASKED

        run(fake, play)

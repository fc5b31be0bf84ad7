"""The traveller's commands: ask, keep, show, answer a gate, and see who was answered."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ledger.authority import DocumentKey
from ledger.health import presentations
from ledger.health.passes import Mode
from ledger.keys import PublicKey
from ledger.values import KeyUsage
from tests.support.gates import BEGAN, DAY, HOUR, NOW
from tests.support.terminal import Terminal
from tests.support.travellers import (
    PUBLISHER,
    READER,
    VOUCHING,
    Traveller,
    challenge,
    pass_texts,
)
from wallet.drawing import SCREEN, draw
from wallet.health.passes import read_pass
from wallet.health.screen import RENEWED_SECONDS, Screen
from wallet.pictures import codes_in


@pytest.fixture
def traveller(terminal: Terminal) -> Traveller:
    return Traveller(terminal)


def shown(text: str) -> tuple[presentations.Presentation, PublicKey]:
    """Return a presentation whose holder's signature was found good, and the holder's key."""
    presentation = presentations.read(text)
    holder = read_pass(presentation.passes[0]).holder
    assert holder is not None
    presentation.verify(holder)
    return presentation, holder


class TestPass:
    def test_asks_for_keys_that_nobody_can_join(self, traveller: Traveller) -> None:
        keys = traveller.asked("--count", 3) + traveller.asked("--count", 3)
        assert len({key.kid for key in keys}) == 6
        me = traveller.terminal.json("key", "show", "me")["kid"]
        assert me not in {key.kid for key in keys}
        assert [key.kid for key in traveller.asked("--count", 0)] == [me]

    def test_shows_a_new_pass_each_time(self, traveller: Traveller) -> None:
        keys = traveller.asked("--count", 2)
        traveller.keep(pass_texts(keys))
        seen = []
        for _ in keys:
            answer = traveller.terminal.json("health", "pass", "show")
            presentation, holder = shown(answer["text"])
            assert presentation.time == NOW
            seen.append(holder)
        assert seen == keys
        again = traveller.terminal.try_("health", "pass", "show")
        assert "was shown before" in again.stderr
        assert shown(again.stdout.strip())[1] == keys[0]

    def test_says_when_few_are_left(self, traveller: Traveller) -> None:
        traveller.keep(pass_texts(traveller.asked("--count", 6)))
        first = traveller.terminal.try_("health", "pass", "show")
        assert first.stderr == ""
        assert "left after this: 4" in traveller.terminal.try_("health", "pass", "show").stderr

    def test_shows_a_group_by_one_key(self, traveller: Traveller) -> None:
        (me,) = traveller.asked("--count", 0)
        kept = traveller.keep(pass_texts([me, me, me]))
        digests = [held["digest"] for held in kept]
        text = traveller.terminal.json("health", "pass", "show", *digests)["text"]
        assert text.startswith(presentations.GROUP)
        assert len(shown(text)[0].passes) == 3

    def test_shows_a_large_group_in_pages(self, traveller: Traveller) -> None:
        kept = traveller.keep(pass_texts(traveller.asked("--count", 0) * 8))
        out = traveller.terminal.folder / "group.png"
        words = [*(held["digest"] for held in kept), "--out", out]
        done = traveller.terminal.try_("health", "pass", "show", *words)
        assert "on 2 pages" in done.stderr
        pictures = [Path(line).read_bytes() for line in done.stdout.split()]
        pages = [shown(text)[0] for picture in pictures for text in codes_in(picture)]
        assert [len(page.passes) for page in pages] == [4, 4]
        assert len({each for page in pages for each in page.passes}) == 8
        assert len({page.nonce for page in pages}) == 2

    def test_refuses_a_group_of_several_keys(self, traveller: Traveller) -> None:
        kept = traveller.keep(pass_texts(traveller.asked("--count", 2)))
        digests = [held["digest"] for held in kept]
        said = traveller.terminal.run("health", "pass", "show", *digests, code=1)
        assert "bound to one key" in said

    def test_prints_paper_as_it_is(self, traveller: Traveller) -> None:
        (text,) = pass_texts([None], modes=Mode.PAPER)  # type: ignore[list-item]  # paper has none
        traveller.keep([text])
        out = traveller.terminal.folder / "paper.png"
        traveller.terminal.run("health", "pass", "show", "--paper", "--out", out)
        assert codes_in(out.read_bytes()) == [text]
        assert traveller.terminal.run("health", "pass", "add", out)
        assert len(traveller.terminal.json("health", "pass", "list")) == 1

    def test_lists_what_it_holds(self, traveller: Traveller) -> None:
        assert "health pass add" in traveller.terminal.run("health", "pass", "list")
        traveller.keep(pass_texts(traveller.asked("--count", 1)))
        (row,) = traveller.terminal.json("health", "pass", "list")
        assert (row["issuer"], row["from"], row["grade"]) == ("XB", "XA", 0)
        assert row["isCurrent"]
        assert "C L 07-23" in traveller.terminal.run("health", "pass", "list")

    @pytest.mark.parametrize("text", ["", "HC1:ABC", "no code\n"])
    def test_says_where_no_pass_is(self, traveller: Traveller, text: str) -> None:
        path = traveller.terminal.folder / "nothing.txt"
        path.write_text(text)
        assert "no pass in it" in traveller.terminal.run("health", "pass", "add", path, code=1)

    def test_is_not_shown_after_its_time(self, traveller: Traveller) -> None:
        traveller.keep(pass_texts(traveller.asked("--count", 1)))
        traveller.terminal.now += 2 * HOUR
        assert "can be shown now" in traveller.terminal.run("health", "pass", "show", code=1)


class TestScreen:
    @pytest.mark.parametrize(
        ("pages", "told"),
        [
            (1, ["\rRenewed in 30 s"]),
            (2, ["\rPage 1 of 2. Turns in 15 s", "\rPage 2 of 2. Turns in 15 s"]),
            (4, ["\rPage 1 of 4. Turns in  7 s", "\rPage 4 of 4. Turns in  8 s"]),
        ],
    )
    def test_renews_and_turns_until_it_is_ended(
        self,
        traveller: Traveller,
        capsys: pytest.CaptureFixture[str],
        pages: int,
        told: list[str],
    ) -> None:
        made: list[str] = []
        pauses = iter(range(2 * RENEWED_SECONDS))

        def pause(_seconds: float) -> None:
            if next(pauses, None) is None:
                raise KeyboardInterrupt

        def make() -> list[str]:
            made.append(f"SZ2:{len(made)}")
            return [made[-1]] * pages

        terminal = traveller.terminal.outside
        outside = replace(terminal, clocks=replace(terminal.clocks, pause=pause))
        Screen(outside, is_terminal=True).show(make, None, is_lasting=True, as_json=False)
        assert len(made) == 3
        said = capsys.readouterr().out
        assert [said.count(each) for each in told] == [3, *[2] * (len(told) - 1)]
        assert said.endswith("\x1b[H")


class TestAnswer:
    def answer(self, traveller: Traveller, *words: object, **options: Any) -> str:
        bundle = traveller.bundle(options.pop("key", None))
        given = ("health", "answer", *words, "--offline", bundle)
        return traveller.terminal.run(*given, **options)

    def test_answers_a_gate_that_proves_itself(self, traveller: Traveller) -> None:
        keys = traveller.asked("--count", 1)
        traveller.keep(pass_texts(keys))
        asked = challenge()
        bundle = traveller.bundle()
        told = traveller.terminal.json("health", "answer", asked, "--offline", bundle, "--yes")
        presentation, holder = shown(told["text"])
        assert holder == keys[0]
        assert presentation.nonce == presentations.read_challenge(asked).answer
        assert told["gate"]["checkpoint"] == "Sample Checkpoint"
        (entry,) = traveller.terminal.json("health", "gates")
        assert (entry["at"], entry["lane"]) == (NOW, "7")
        assert "Sample Checkpoint" in traveller.terminal.run("health", "gates")
        assert traveller.terminal.json("health", "gates", "--forget") == []

    def test_answers_with_every_page_of_a_group(self, traveller: Traveller) -> None:
        kept = traveller.keep(pass_texts(traveller.asked("--count", 0) * 8))
        asked = challenge()
        said = self.answer(traveller, asked, *(held["digest"] for held in kept), "--yes")
        assert "on 2 pages" in said
        texts = [line for line in said.splitlines() if line.startswith(presentations.GROUP)]
        pages = [shown(text)[0] for text in texts]
        assert [len(page.passes) for page in pages] == [4, 4]
        assert {page.nonce for page in pages} == {presentations.read_challenge(asked).answer}

    def test_reads_the_challenge_from_a_picture(self, traveller: Traveller, tmp_path: Path) -> None:
        traveller.keep(pass_texts(traveller.asked("--count", 1)))
        picture = tmp_path / "challenge.png"
        draw(challenge(), picture, SCREEN)
        assert self.answer(traveller, picture, "--yes").strip().splitlines()[-1].startswith("SZ2:")

    def test_asks_first(self, traveller: Traveller) -> None:
        traveller.keep(pass_texts(traveller.asked("--count", 1)))
        said = self.answer(traveller, challenge(), code=1)
        assert "Sample Checkpoint" in said
        assert "--yes" in said
        assert traveller.terminal.json("health", "gates") == []
        (row,) = traveller.terminal.json("health", "pass", "list")
        assert row["shownAt"] is None

    @pytest.mark.parametrize(
        "text",
        [
            challenge(time=NOW - 61),
            challenge(replace(READER, key=PUBLISHER.public_key)),
            challenge(purpose=3),
            challenge(replace(READER, expires_at=NOW)),
            challenge(replace(READER, agency="SAMPLE-OTHER")),
        ],
        ids=["old", "forged", "purpose", "expired", "agency"],
    )
    def test_shows_nothing_to_a_gate_that_does_not(self, traveller: Traveller, text: str) -> None:
        traveller.keep(pass_texts(traveller.asked("--count", 1)))
        said = self.answer(traveller, text, "--yes", code=1)
        assert "nothing is shown to it" in said
        (row,) = traveller.terminal.json("health", "pass", "list")
        assert row["shownAt"] is None

    def test_does_not_know_a_key_of_another_use(self, traveller: Traveller) -> None:
        end = NOW + DAY
        key = DocumentKey(VOUCHING.public_key, KeyUsage.DOCUMENTS, BEGAN, BEGAN, end, end)
        said = self.answer(traveller, challenge(), "--yes", key=key, code=2)
        assert "not known here" in said

    def test_says_where_no_challenge_is(self, traveller: Traveller) -> None:
        path = traveller.terminal.folder / "nothing.txt"
        path.write_text("SZ1:ABC")
        assert "no gate's challenge" in self.answer(traveller, path, code=1)

"""Lists of filings that papers answered: as they were signed, and what several say together."""

from dataclasses import replace
from typing import Any

import pytest

from ledger import jws
from ledger.jws import TypeRefused
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.tenders import filing_answers
from ledger.tenders.events import Stage
from ledger.tenders.filing_answers import (
    FilingAnswer,
    FilingAnswers,
    FilingAnswersMalformed,
    PaperAnswer,
    first_answer,
)
from ledger.tenders.filings import Filing, FilingKind
from ledger.tenders.ids import TenderId
from tests.support.licences import AGENCY_KEY

FILED, PAPER = b"\x1d" * 32, b"\x3a" * 32
FILING = Filing(FilingKind.OBJECTION, 0, Stage.DOCUMENTS, FILED, 100, None)
ANSWER = FilingAnswer(FilingKind.OBJECTION, FILED, PAPER, 150)
SAID = FilingAnswers("https://tenders.example", 200, TenderId(b"\x02" * 32), (ANSWER,))


class TestList:
    @pytest.mark.parametrize("answers", [(), (ANSWER,), (ANSWER, replace(ANSWER, paper=None))])
    def test_is_read_as_it_was_signed(self, answers: tuple[FilingAnswer, ...]) -> None:
        said = replace(SAID, answers=answers)
        token = filing_answers.sign(said, AGENCY_KEY)
        assert filing_answers.read(token, AGENCY_KEY.public_key) == said

    def test_of_another_signer_or_kind_of_token_is_refused(self) -> None:
        token = filing_answers.sign(SAID, AGENCY_KEY)
        with pytest.raises(SignatureInvalid):
            filing_answers.read(token, PrivateKey.from_secret(b"\x07" * 32).public_key)
        with pytest.raises(TypeRefused):
            filing_answers.read(jws.sign("x+jwt", {}, AGENCY_KEY), AGENCY_KEY.public_key)

    @pytest.mark.parametrize(
        ("changes", "member"),
        [
            ({"tender": "0x02"}, "tender"),
            ({"answers": {}}, "answers"),
            ({"answers": [7]}, "answers"),
            (
                {"answers": [{"kind": "letter", "filing": "0x" + "1d" * 32, "at": 1}]},
                "answers.kind",
            ),
            ({"answers": [{"kind": "question", "filing": "0x1d", "at": 1}]}, "answers.filing"),
            ({"more": 1}, "payload"),
        ],
    )
    def test_that_says_nonsense_is_refused(self, changes: dict[str, Any], member: str) -> None:
        token = filing_answers.sign(SAID, AGENCY_KEY)
        payload = jws.parse(token, filing_answers.TYPE).payload
        bent = jws.sign(filing_answers.TYPE, {**payload, **changes}, AGENCY_KEY)
        with pytest.raises(FilingAnswersMalformed) as refused:
            filing_answers.read(bent, AGENCY_KEY.public_key)
        assert refused.value.member == member


class TestFirstAnswer:
    NONE = replace(SAID, answers=())

    def test_is_the_earliest_of_all_papers(self) -> None:
        other = b"\x3b" * 32
        again = replace(ANSWER, paper=other, at=160)
        both = replace(SAID, answers=(again, ANSWER))
        found = first_answer([both], FILING, 190)
        assert found == PaperAnswer(150, frozenset((PAPER, other)))

    def test_is_known_to_be_none_only_from_the_time_of_a_list_on(self) -> None:
        assert first_answer([self.NONE], FILING, 200) == PaperAnswer(0, frozenset())
        assert first_answer([self.NONE], FILING, 201) is None
        assert first_answer([], FILING, 0) is None

    def test_came_no_earlier_than_a_list_without_it(self) -> None:
        early = replace(self.NONE, issued_at=170)
        assert first_answer([early, SAID], FILING, 0) == PaperAnswer(170, frozenset((PAPER,)))

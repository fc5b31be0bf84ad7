"""What a report says: texts, signs, citations, and nothing personal."""

import json
import re

import pytest

from ledger.health import passes
from ledger.health.gate.findings import GateFinding
from ledger.health.gate.lane import Match
from ledger.health.gate.messages import sentences_of, texts_in
from ledger.health.gate.outcome import SIGNS, Outcome
from ledger.health.reasons import Reason
from ledger.licences.catalogue import LANGUAGES
from tests.support.gates import (
    CTI,
    GOOD,
    NOW,
    POLICY,
    agreements,
    evidence,
    judged,
    live,
    sealed,
    suspension,
)


class TestMessages:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("reason", Reason)
    def test_every_reason_has_a_sentence(self, reason: Reason, language: str) -> None:
        for outcome in (Outcome.DENY, Outcome.SECONDARY):
            finding = GateFinding(reason, outcome, "purpose")
            said = sentences_of(finding, (language,))[language]
            assert said
            assert not re.search(r"[{}]", said)

    def test_all_languages_have_the_same(self) -> None:
        first = texts_in("en")
        for language in LANGUAGES:
            texts = texts_in(language)
            assert texts.keys() == first.keys()
            for part in ("sentences", "outcomes", "rules"):
                assert texts[part].keys() == first[part].keys()
            for name, text in texts["sentences"].items():
                places = re.findall(r"\{\w+\}", text)
                assert places == re.findall(r"\{\w+\}", first["sentences"][name])

    @pytest.mark.parametrize(
        ("age", "english"),
        [(59, "0 min"), (3_599, "59 min"), (7_260, "2 h 1 min"), (90_000, "1 d 1 h")],
    )
    def test_age_in_its_greatest_units(self, age: int, english: str) -> None:
        finding = GateFinding(Reason.STALE_LIST, Outcome.UNKNOWN, "status", facts={"age": age})
        assert sentences_of(finding, ("en",))["en"] == f"A list is out of date ({english})."

    def test_texts_of_the_specification(self) -> None:
        assert texts_in("zh-Hans")["sentences"]["TIME"] == "不在有效时间内，请重新转码。"
        assert texts_in("en")["sentences"]["ANCHOR"] == "No record of its issue."


class TestSigns:
    def test_every_outcome_has_a_colour_with_word_shape_and_sound_of_its_own(self) -> None:
        signs = [SIGNS[outcome] for outcome in Outcome]
        for member in ("colour_name", "colour", "shape", "sound"):
            assert len({getattr(sign, member) for sign in signs}) == len(Outcome)
        for language in LANGUAGES:
            assert len(set(texts_in(language)["outcomes"].values())) == len(Outcome)

    def test_what_is_not_known_is_never_red(self) -> None:
        assert SIGNS[Outcome.UNKNOWN].colour_name == "grey"


class TestCitations:
    def test_everything_that_an_appeal_needs(self) -> None:
        known = evidence(agreements=agreements(suspensions=[suspension()]))
        person = judged(live(GOOD), known).to_json()["people"][0]
        assert person["citations"] == {
            "bundle": 5,
            "block": {"number": 1000, "hash": "0x" + "0c" * 32, "time": "2021-06-29T20:51:20Z"},
            "online": False,
            "trust": {"sequence": 5, "asOf": "2021-06-29T20:52:20Z", "age": 60},
            "status": {"sequence": 9, "asOf": "2021-06-29T19:53:20Z", "age": 3600},
            "allow": {"sequence": 1, "asOf": "2021-06-29T20:52:20Z", "age": 60},
            "rules": {"sequence": 5, "asOf": "2021-06-29T20:52:20Z", "age": 60},
            "agreement": {
                "from": "XA",
                "to": "XB",
                "recordType": "health:pass",
                "version": 1,
                "policyHash": "0x" + POLICY.digest.hex(),
                "state": "SUSPENDED",
                "causes": [42],
            },
        }

    def test_a_domestic_pass_cites_its_policy(self) -> None:
        given = sealed(recognition=None)
        cited = judged(live(given), evidence(given)).to_json()["people"][0]["citations"]
        agreement = cited["agreement"]
        assert (agreement["from"], agreement["to"]) == ("XB", "XB")
        assert (agreement["version"], agreement["state"]) == (None, None)

    def test_the_same_again_gives_the_same(self) -> None:
        known, text = evidence(), live(GOOD)
        assert judged(text, known) == judged(text, known)


class TestShown:
    def test_grade_in_the_receiver_s_words(self) -> None:
        shown = judged(live(GOOD)).to_json()["people"][0]["shown"]
        assert shown["grade"]["code"] == 0
        assert set(shown["grade"]["texts"]) == set(LANGUAGES)
        assert (shown["lane"], shown["hint"]) == ("auto", "C L 07-23")
        assert shown["expiresAt"] == "2021-06-29T21:53:20Z"

    def test_nothing_is_shown_of_a_code_that_nobody_signed(self) -> None:
        person = judged("SZ1:00").people[0]
        assert (person.shown, person.effects) == (None, None)

    def test_no_cti_no_code_and_no_digest_in_the_answer(self) -> None:
        found = judged(passes.to_text(GOOD), None, Match.MATCHED)
        said = json.dumps(found.to_json())
        digest = passes.from_text(passes.to_text(GOOD)).digest
        for secret in (CTI.hex(), digest.hex(), passes.to_text(GOOD)):
            assert secret not in said


class TestEffects:
    def test_what_the_caller_has_to_remember(self) -> None:
        given = sealed(max_uses=3)
        effects = judged(live(given), evidence(given)).people[0].effects
        assert effects is not None
        assert (effects.subject, effects.shown_at) == (CTI, NOW - 5)
        assert (effects.counts_use, effects.source) == (True, "XA")

    def test_paper_was_shown_at_no_time(self) -> None:
        effects = judged(passes.to_text(GOOD), None, Match.MATCHED).people[0].effects
        assert effects is not None
        assert (effects.shown_at, effects.counts_use) == (None, False)

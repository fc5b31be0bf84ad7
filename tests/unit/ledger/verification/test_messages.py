from collections.abc import Iterable

import pytest

from ledger.licences.catalogue import LANGUAGES
from ledger.licences.reasons import REASONS
from ledger.verification.messages import placeholders, sentence_of, texts_in

CODES = sorted(texts_in("zh-Hans")["sentences"])
CLASSES = [
    ("status.suspended", range(101, 106), ("暂扣", "暫扣", "suspend", "suspen")),
    ("status.annulled", range(310, 312), ("撤销", "撤銷", "annul", "anul")),
    ("status.cancelled", (330, 331, 332, 333, 334, 335, 350), ("注销", "註銷", "cancel", "cancel")),
    ("status.withdrawn", range(340, 341), ("撤回", "撤回", "withdraw", "retirad")),
    ("status.superseded", range(401, 407), ("替代", "替代", "replac", "substitu")),
]
"""Sentence, the reasons that it may give, and the word of its class in each language."""
OTHERS = [language for language in LANGUAGES if language != "zh-Hans"]


class TestTexts:
    @pytest.mark.parametrize("language", OTHERS)
    def test_every_language_has_every_code(self, language: str) -> None:
        assert sorted(texts_in(language)["sentences"]) == CODES

    @pytest.mark.parametrize("language", OTHERS)
    @pytest.mark.parametrize("code", CODES)
    def test_every_language_has_the_same_places(self, code: str, language: str) -> None:
        ours = placeholders(texts_in("zh-Hans")["sentences"][code])
        assert placeholders(texts_in(language)["sentences"][code]) == ours

    @pytest.mark.parametrize("language", OTHERS)
    def test_every_language_words_the_same_unknowns(self, language: str) -> None:
        assert texts_in(language)["unknown"].keys() == texts_in("zh-Hans")["unknown"].keys()

    @pytest.mark.parametrize("language", ["en", "pt"])
    def test_no_sentence_was_left_in_chinese(self, language: str) -> None:
        texts = texts_in(language)["sentences"].values()
        assert not [text for text in texts if any(ord(character) > 0x2FFF for character in text)]


class TestSentenceOf:
    def test_puts_facts_in_their_places(self) -> None:
        facts = {"time": "2026-11-21T02:00:02Z", "block": 7}
        said = sentence_of("anchor.ok", facts, "en")
        assert said == "Anchored at 2026-11-21T02:00:02Z, block 7."

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("code", REASONS)
    def test_names_reasons_in_the_language(self, code: int, language: str) -> None:
        name = texts_in(language)["reasons"].get(str(code), REASONS[code].names[language])
        assert name in sentence_of("status.superseded", {"reason": code}, language)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(("said", "reasons", "stems"), CLASSES)
    def test_names_the_class_of_a_reason_once(
        self, said: str, reasons: Iterable[int], stems: tuple[str, ...], language: str
    ) -> None:
        stem = stems[("zh-Hans", "zh-Hant", "en", "pt").index(language)]
        for code in REASONS.keys() & set(reasons):
            sentence = sentence_of(said, {"reason": code, "from": "2026-11-21"}, language).lower()
            assert sentence.count(stem) == 1, sentence

    def test_words_what_is_not_known(self) -> None:
        said = sentence_of("status.suspended", {}, "en")
        assert said == "Suspended from a date not given to further notice: no reason given."

    def test_shows_a_reason_that_is_not_listed_by_its_number(self) -> None:
        assert "999" in sentence_of("status.annulled", {"reason": 999}, "en")

    def test_facts_are_not_texts(self) -> None:
        said = sentence_of("issuer.ok", {"name": "{reason}"}, "en")
        assert "Issued by {reason}," in said

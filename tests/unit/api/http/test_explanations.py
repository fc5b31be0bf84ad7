"""Every kind of problem is explained, in every language that has texts."""

from html.parser import HTMLParser

import pytest

from api.http.explanations import LANGUAGES, explained, texts_in
from api.http.plain_pages import POLICY
from api.http.problem_pages import page_of
from api.http.problems import status_of
from ledger.errors import LedgerError, RoleMissing, StatusTransitionIllegal
from tests.support.errors import every_error

NAMES = set(every_error())
STATUSES = {str(status_of(kind)) for kind in every_error().values()}


class TestTexts:
    def test_there_is_a_chinese_title_for_every_error_and_none_besides(self) -> None:
        titles = texts_in("zh-Hans")["titles"]
        assert titles.keys() == NAMES, "api/http/explanations/zh-Hans.json"
        assert not [name for name, title in titles.items() if not title.endswith("。")]

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("part", ["meanings", "advice"])
    def test_are_of_errors_and_statuses_that_exist(self, part: str, language: str) -> None:
        texts = texts_in(language)[part]
        assert texts.keys() == texts_in("en")[part].keys()
        assert texts.keys() >= STATUSES
        assert texts.keys() - NAMES == STATUSES

    def test_no_english_one_was_left_in_chinese(self) -> None:
        texts = texts_in("en")
        assert not [
            text
            for part in ("labels", "titles", "meanings", "advice")
            for text in texts[part].values()
            if any(ord(character) > 0x2FFF for character in text)
        ]


class TestExplained:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_says_what_happened_what_it_means_and_what_to_do(self, language: str) -> None:
        for name, kind in every_error().items():
            told = explained(kind, language)
            for text in (told.title, told.meaning, told.advice):
                assert text.endswith((".", "。")), name

    def test_prefers_an_errors_own_advice(self) -> None:
        assert "/v1/changes" not in explained(RoleMissing, "en").advice
        assert "/v1/changes" in explained(every_error()["ChangePending"], "en").advice

    def test_names_values_as_documents_do(self) -> None:
        assert explained(StatusTransitionIllegal, "en").members == ("word", "entries", "from", "to")
        assert explained(LedgerError, "en").members == ()


class Reader(HTMLParser):
    """Collects the tags, languages and words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.languages: list[str] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.languages += [value for name, value in attrs if name == "lang" and value]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


class TestPage:
    def test_is_whole_and_says_everything(self) -> None:
        for kind in every_error().values():
            self.check(kind)

    @staticmethod
    def check(kind: type[LedgerError]) -> None:
        answer = page_of(kind)
        read = Reader(bytes(answer.body).decode())
        assert read.open == []
        assert read.languages == ["en", *LANGUAGES]
        assert "script" not in read.tags
        assert read.tags.count("h1") == read.tags.count("main") == 1
        for language in LANGUAGES:
            told = explained(kind, language)
            assert all(text in read.words for text in (told.title, told.meaning, told.advice))
            assert all(name in read.words for name in told.members)

    def test_comes_with_a_policy_that_lets_nothing_else_in(self) -> None:
        assert page_of(RoleMissing).headers["Content-Security-Policy"] == POLICY
        assert "unsafe" not in POLICY
        assert POLICY.startswith("default-src 'none'; style-src 'sha256-")

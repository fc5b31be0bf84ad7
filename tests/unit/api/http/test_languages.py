import pytest

from api.http.languages import language_of


class TestLanguageOf:
    @pytest.mark.parametrize(
        ("asked", "given"),
        [
            ("", "en"),
            ("fr, de;q=0.8", "en"),
            ("pt-PT,pt;q=0.9,en;q=0.8", "pt"),
            ("en-GB;q=0.5, pt;q=0.7", "pt"),
            ("zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
            ("zh-HK", "zh-Hant"),
            ("zh-Hant-MO", "zh-Hant"),
            ("ZH-tw", "zh-Hant"),
            ("en, pt", "en"),
            ("en;q=0, pt;q=0.1", "pt"),
            ("*", "en"),
            ("en;q=0", "en"),
            ("en;q=much, pt;q=0.2", "pt"),
            ("en ; q=0.3 , pt ; q=0.2", "en"),
            (";;,=,", "en"),
            ("en;q=nan, pt", "pt"),
        ],
    )
    def test_is_the_one_asked_for_most(self, asked: str, given: str) -> None:
        assert language_of(asked) == given

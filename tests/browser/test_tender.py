"""What a bidder's phone shows at a tender's address, in a real browser against a real port."""

import pytest

from tests.browser.conftest import Site
from tests.support.browser import Browser
from tests.support.told_tenders import Told

NAMES = ("Ann", "Bo", "Cai")


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh-CN", "标段"),
        ("zh-TW", "標段"),
        ("en-GB", "Lots"),
        ("pt-PT", "Lotes"),
    ],
)
class TestTender:
    def test_is_told_on_a_phone(
        self, site: Site, browser: Browser, language: str, title: str
    ) -> None:
        told = Told(site.world)
        for name in NAMES:
            told.story.submit(name)
        told.story.open(NAMES, trustees=(1, 3))
        told.story.release(5)
        told.story.record(3)
        told.catch_up()
        browser.tell("open", url=site.origin + told.path, language=language, settled="h2")
        assert browser.tell("evaluate", script="document.querySelector('h2').innerText") == title
        width = browser.tell("evaluate", script="document.documentElement.scrollWidth")
        assert width <= 360
        styled = browser.tell("evaluate", script="getComputedStyle(document.body).maxWidth")
        assert styled != "none", "the policy lets its style in"
        assert browser.tell("complaints") == []

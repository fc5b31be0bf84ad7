import re
from collections.abc import Mapping

import pytest

from api.http.tender_pages import texts_in
from ledger.tenders.events import Phase
from ledger.tenders.risks import LANGUAGES

_NAMES = re.compile(r"\{(\w+)\}")


def names_of(labels: Mapping[str, str]) -> dict[str, set[str]]:
    return {key: set(_NAMES.findall(text)) for key, text in labels.items()}


@pytest.mark.parametrize("language", LANGUAGES)
class TestTexts:
    def test_name_every_phase(self, language: str) -> None:
        assert set(texts_in(language)["phases"]) == {each.name for each in Phase}

    def test_say_the_same_in_every_language(self, language: str) -> None:
        texts, others = texts_in(language), texts_in("en")
        assert names_of(texts["labels"]) == names_of(others["labels"])
        assert texts["ends"].keys() == others["ends"].keys()
        assert all(text for part in texts.values() for text in part.values())

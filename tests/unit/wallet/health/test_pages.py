"""Groups in pages: as few as a scanner can read, everybody on one of them, none too dense."""

import os

import pytest
import segno

from ledger.health import presentations
from ledger.health.presentations import PresentationMalformed
from tests.support.gates import HOLDER, NOW, sealed
from wallet.health.pages import PAGE_CHARACTERS, pages_of

DENSEST = 25
PASSES = [
    sealed(cti=os.urandom(16), binding=os.urandom(16), index=number)  # nothing to deflate
    for number in range(8)
]


def nonce() -> bytes:
    return os.urandom(presentations.NONCE_BYTES)


def version(text: str) -> int:
    made = segno.make(text, mode="alphanumeric", error="m", boost_error=False, micro=False)
    assert isinstance(made.version, int)
    return made.version


def test_a_page_holds_what_version_25_does() -> None:
    assert version("A" * PAGE_CHARACTERS) == DENSEST
    assert version("A" * (PAGE_CHARACTERS + 1)) == DENSEST + 1


@pytest.mark.parametrize(
    ("count", "sizes"), [(1, [1]), (4, [4]), (7, [3, 4]), (8, [4, 4])], ids=str
)
def test_everybody_is_on_a_page_that_can_be_read(count: int, sizes: list[int]) -> None:
    texts = pages_of(PASSES[:count], NOW, nonce, HOLDER)
    pages = [presentations.read(text) for text in texts]
    assert [len(page.passes) for page in pages] == sizes
    assert [each for page in pages for each in page.passes] == PASSES[:count]
    assert max(map(version, texts)) <= DENSEST
    for page in pages:
        page.verify(HOLDER.public_key)


def test_one_code_for_all_would_be_too_dense() -> None:
    assert version(presentations.present(PASSES, NOW, nonce(), HOLDER)) > DENSEST


def test_a_pass_too_long_for_any_page_is_shown_alone() -> None:
    texts = pages_of([os.urandom(1_000), os.urandom(1_000)], NOW, nonce, HOLDER)
    assert [len(presentations.read(text).passes) for text in texts] == [1, 1]


@pytest.mark.parametrize("passes", [[], [*PASSES, sealed(cti=b"\x09" * 16)]], ids=["none", "nine"])
def test_no_pass_and_nine_are_refused(passes: list[bytes]) -> None:
    with pytest.raises(PresentationMalformed):
        pages_of(passes, NOW, nonce, HOLDER)

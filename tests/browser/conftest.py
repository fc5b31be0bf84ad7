from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from api.http.pages import VERIFY, Pages
from tests.support.apps import app_over
from tests.support.browser import Browser, chromium
from tests.support.databases import migrated_sqlite
from tests.support.listening import listening
from tests.support.service import BASE_URL, World, world

BUILT = Path("web/dist")


@dataclass(frozen=True, slots=True)
class Site:
    """A service with its pages on a real port; `world` is its chain and its people."""

    world: World
    origin: str

    def anchored(self) -> dict[str, Any]:
        """Issue a licence that stands on the chain."""
        issued: dict[str, Any] = self.world.issue()
        self.world.clock.now += 1
        self.world.anchor()
        return issued

    def link(self, issued: dict[str, Any], **more: Any) -> str:
        """Return a link to a licence, as its QR code holds it."""
        answer = self.world.client.post(
            f"/v1/licences/{issued['digest']}/links",
            json=more,
            headers=self.world.by(self.world.registrar),
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["url"]).replace(BASE_URL, self.origin)


@pytest.fixture(scope="session")
def pages() -> Pages:
    built = Pages.load(BUILT)
    if VERIFY not in built.files:
        pytest.skip("the pages are not built here (make pages)")
    return built


@pytest.fixture
def site(tmp_path: Path, pages: Pages) -> Iterator[Site]:
    with (
        world(migrated_sqlite(tmp_path)) as made,
        listening(app_over(made.services, made, built=pages)) as origin,
    ):
        yield Site(made, origin)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.http.pages import POLICY, Pages
from tests.support.apps import app_over
from tests.support.service import BASE_URL, World, refusal

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
UNKNOWN = "/v/AAAAAAAAAAAAAAAAAAAAAA"
PAGE = "<!doctype html><title>made up</title>"


@pytest.fixture
def client(service: World, tmp_path: Path) -> TestClient:
    built = tmp_path / "dist"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text(PAGE)
    (built / "assets" / "index-1.js").write_text("1")
    (built / "assets" / "secret.txt").write_text("no page's")
    app = app_over(service.services, service, built=Pages.load(built))
    return TestClient(app, base_url=BASE_URL)


class TestLinkPage:
    def test_a_browser_gets_the_page_whatever_the_link(self, client: TestClient) -> None:
        for path in (UNKNOWN, "/v/!", "/verify"):
            answer = client.get(path, headers={"Accept": BROWSER})
            assert (answer.status_code, answer.text) == (200, PAGE)
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["Content-Security-Policy"] == POLICY
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Vary"] == "Accept"

    @pytest.mark.parametrize(
        "accept", ["*/*", "application/octet-stream", "text/html;q=0", "text/html;q=0.0, */*", ""]
    )
    def test_everybody_else_gets_the_copy(
        self, service: World, client: TestClient, accept: str
    ) -> None:
        issued = service.issue()
        made = service.client.post(
            f"/v1/licences/{issued['digest']}/links",
            json={},
            headers=service.by(service.registrar),
        )
        url = made.json()["url"].partition("#")[0]
        copy = client.get(url, headers={"Accept": accept})
        assert copy.headers["Content-Type"] == "application/octet-stream"
        assert copy.headers["Vary"] == "Accept"
        assert copy.headers["Cache-Control"] == "no-store"
        unknown = client.get(UNKNOWN, headers={"Accept": accept})
        assert refusal(unknown) == (404, "LinkUnknown")

    def test_is_asked_for_again_by_its_tag(self, client: TestClient) -> None:
        first = client.get("/verify")
        again = client.get("/verify", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == POLICY
        other = client.get("/verify", headers={"If-None-Match": '"another"'})
        assert other.status_code == 200

    def test_says_so_where_nothing_was_built(self, service: World) -> None:
        answer = service.client.get(UNKNOWN, headers={"Accept": BROWSER})
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert "make pages" in answer.text
        assert answer.headers["Vary"] == "Accept"


class TestAssets:
    def test_are_kept_for_ever(self, client: TestClient) -> None:
        answer = client.get("/assets/index-1.js")
        assert (answer.status_code, answer.text) == (200, "1")
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

    @pytest.mark.parametrize(
        "name", ["other.js", "secret.txt", "..%2Findex.html", "%2e%2e/index.html", ""]
    )
    def test_nothing_else_is_served(self, client: TestClient, name: str) -> None:
        assert refusal(client.get(f"/assets/{name}")) == (404, "RouteUnknown")

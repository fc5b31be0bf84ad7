import re

import pytest

from api.http.app import ROUTERS
from api.http.public import PublicRoute
from tests.support.licences import AGENCY
from tests.support.service import World, refusal

OFFICE = f"/v1/agencies/CN-GD/{AGENCY.code}"
PUBLIC = [
    "/v1/catalogue",
    "/v1/catalogue/cn.food-business",
    "/v1/catalogue/cn.food-business/template.csv",
    "/v1/deployment",
    "/v1/agencies",
    "/v1/agreements",
    "/v1/bids/storage",
    "/v1/tenders",
    "/v1/feed",
    OFFICE,
    f"{OFFICE}/keys",
    f"{OFFICE}/accreditations",
    "/v1/bundle",
    f"/v1/health/trust-lists/CN-GD/{AGENCY.code}",
    "/problems/RoleMissing",
    "/ocds/extensions/ledger/extension.json",
    "/ocds/extensions/ledger/codelists/+documentType.csv",
]

WITH_SOMETHING_THERE = [
    f"/v1/tenders/0x{'00' * 32}/lots/0/openings/1",
    *(f"/v1/{noun}/0x{'00' * 32}" for noun in ("proofs", "agreements", "policies", "tenders")),
    f"/v1/tenders/0x{'00' * 32}/papers",
    *(f"/v1/tenders/0x{'00' * 32}/{each}" for each in ("archive", "ocds/record", "ocds/releases")),
    *(f"/v1/health/allow/CN-GD/{AGENCY.code}{segment}" for segment in ("", "/0")),
    f"/v1/health/gate-bundles/CN-GD/{AGENCY.code}",
    f"/v1/health/gate-bundles/CN-GD/{AGENCY.code}/files/{'00' * 32}",
]
"""Tried where there is something to read: proofs below, the others where they are made."""


class TestPublicReads:
    @pytest.mark.parametrize("path", PUBLIC)
    def test_are_kept_by_caches_and_open_to_pages(self, service: World, path: str) -> None:
        first = service.client.get(path)
        assert first.status_code == 200
        assert first.headers["Cache-Control"].startswith("public, ")
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        tag = first.headers["ETag"]
        for given in (tag, f'"other", {tag}', "*"):
            again = service.client.get(path, headers={"If-None-Match": given})
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["ETag"] == tag
            assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
        other = service.client.get(path, headers={"If-None-Match": '"other"'})
        assert (other.status_code, other.content) == (200, first.content)

    def test_change_their_tag_with_their_content_and_not_with_the_head(
        self, service: World
    ) -> None:
        first = service.client.get(OFFICE)
        service.clock.now += 5
        service.say()
        service.clock.now += 3
        given = {"If-None-Match": first.headers["ETag"]}
        same = service.client.get(OFFICE, headers=given)
        assert same.status_code == 304
        assert same.headers["Suizheng-Head"].startswith("block=3, ")
        assert same.headers["Suizheng-Head"].endswith("age=3")
        service.suspend_agency()
        changed = service.client.get(OFFICE, headers=given)
        assert changed.status_code == 200
        assert changed.headers["ETag"] != first.headers["ETag"]

    def test_include_proofs(self, service: World) -> None:
        path = f"/v1/proofs/{service.issue()['digest']}"
        assert refusal(service.client.get(path)) == (404, "ProofPending")
        service.anchor()
        first = service.client.get(path)
        assert first.headers["Access-Control-Allow-Origin"] == "*"
        again = service.client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert again.status_code == 304
        assert "Suizheng-Head" in again.headers


class TestRoutes:
    def test_that_are_public_are_all_tried_here(self) -> None:
        templates = {
            route.path
            for router in ROUTERS
            for route in router.routes
            if isinstance(route, PublicRoute)
        }
        tried = {
            template
            for template in templates
            for path in (*PUBLIC, *WITH_SOMETHING_THERE)
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path)
        }
        assert tried == templates
        assert len(templates) >= 11

    def test_take_no_write_from_other_pages(self, service: World) -> None:
        asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
        for path in ("/v1/licences", "/v1/catalogue", "/v1/verifications", "/v1/sign-in"):
            answer = service.client.options(path, headers=asked)
            assert answer.status_code == 405
            assert "Access-Control-Allow-Origin" not in answer.headers


class TestTheRest:
    def test_is_neither_kept_nor_open_to_other_pages(self, service: World) -> None:
        issued = service.issue()
        headers = service.by(service.issuer)
        form = {"document": issued["document"]}
        answers = [
            service.client.get(f"/v1/licences/{issued['digest']}", headers=headers),
            service.client.get(f"/v1/licences/{issued['digest']}/document", headers=headers),
            service.client.post("/v1/verifications", json=form),
            service.client.get("/metrics"),
            service.client.get("/v1/agencies/CN-GD/NOBODY"),
            service.client.get("/v/AAAA"),
        ]
        for answer in answers:
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Access-Control-Allow-Origin" not in answer.headers
            assert "ETag" not in answer.headers

import csv
import gzip
import io
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from api.http.plain_pages import POLICY
from api.services.health import STALE_SECONDS, Health
from ledger.keys import PublicKey
from ledger.licences.rows import template_labels
from ledger.list_tokens import parse_list
from ledger.values import AgencyStatus, Digest, Status
from ledger.verification.bundle import parse_bundle
from tests.support.apps import app_over
from tests.support.fake_projection import fall_back
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE
from tests.support.service import BASE_URL, LEDGER, World, refusal

LIST = f"/status/CN-GD/{AGENCY.code}/0"


class TestHealth:
    def test_lives(self, service: World) -> None:
        assert service.client.get("/healthz").json() == {"status": "alive"}

    def test_is_ready_while_the_chain_was_seen_lately(self, service: World) -> None:
        service.clock.now += STALE_SECONDS
        ready = service.client.get("/readyz").json()
        assert ready["head"]["ageSeconds"] == STALE_SECONDS
        service.clock.now += 1
        answer = service.client.get("/readyz")
        assert refusal(answer) == (503, "ProjectionStale")
        assert answer.headers["Retry-After"]
        assert service.client.get("/healthz").status_code == 200

    def test_is_not_ready_where_the_chain_does_not_say_what_is_final(self, service: World) -> None:
        services = service.services
        health = Health(services.directory, lambda: None, needs_finality=True)
        client = TestClient(app_over(replace(services, health=health), service))
        assert refusal(client.get("/readyz")) == (503, "FinalityUnknown")
        assert service.client.get("/readyz").status_code == 200  # where a number is enough
        service.projection.seen(service.clock.now, 0)
        assert client.get("/readyz").status_code == 200
        service.projection.seen(service.clock.now)  # which takes back nothing
        assert client.get("/readyz").status_code == 200

    def test_is_not_ready_before_the_first_block(self, service: World) -> None:
        fall_back(service.projection, 0)
        assert refusal(service.client.get("/readyz")) == (503, "ProjectionEmpty")

    def test_tells_database_and_schema_apart(
        self, service: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with service.database.write() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0000'")
        answer = service.client.get("/readyz")
        assert refusal(answer) == (503, "SchemaOutdated")
        assert answer.json()["found"] == "0000"
        nowhere = create_engine("sqlite:////nowhere/at/all.db")
        monkeypatch.setattr(service.database, "engine", nowhere)
        answer = service.client.get("/readyz")
        assert refusal(answer) == (503, "StoreUnavailable")
        assert answer.headers["Retry-After"]
        assert service.client.get("/healthz").json() == {"status": "alive"}

    def test_names_the_ledger(self, service: World) -> None:
        body = service.client.get("/v1/deployment").json()
        assert body["chainId"] == LEDGER.chain_id
        assert body["contracts"]["RecordLedger"] == LEDGER.address


class TestAgencies:
    def test_lists_them_with_the_head(self, service: World) -> None:
        body = service.client.get("/v1/agencies").json()
        assert body["agencies"][0]["code"] == AGENCY.code
        assert body["head"]["block"] == 2

    def test_shows_one(self, service: World) -> None:
        body = service.client.get(f"/v1/agencies/CN-GD/{AGENCY.code}").json()
        assert (body["name"], body["status"]) == (AGENCY.name, AgencyStatus.ACTIVE.name.lower())
        assert body["id"] == "0x" + AGENCY.id.hex()

    def test_shows_keys_and_accreditations(self, service: World) -> None:
        path = f"/v1/agencies/CN-GD/{AGENCY.code}"
        (key,) = service.client.get(f"{path}/keys").json()["keys"]
        assert PublicKey.from_jwk(key["jwk"]) == AGENCY_KEY.public_key
        assert (key["state"], key["signUntil"]) == ("active", None)
        assert set(key["usage"]) == {"documents", "status_lists", "bundles"}
        found = service.client.get(f"{path}/accreditations").json()["accreditations"]
        assert "cn.food-business" in {entry["type"] for entry in found}
        assert all(entry["windows"][0]["end"] is None for entry in found)

    @pytest.mark.parametrize("part", ["", "/keys", "/accreditations"])
    def test_refuses_an_unknown_one(self, service: World, part: str) -> None:
        answer = service.client.get(f"/v1/agencies/CN-GD/NOBODY{part}")
        assert refusal(answer) == (404, "AgencyUnknown")


class TestCatalogue:
    def test_lists_types(self, service: World) -> None:
        types = service.client.get("/v1/catalogue").json()["types"]
        assert {t["vct"] for t in types} == {t.vct for t in CATALOGUE.all()}

    def test_shows_claims_schema_and_reasons(self, service: World) -> None:
        body = service.client.get("/v1/catalogue/cn.food-business").json()
        assert body["schema"]["properties"].keys() == {claim["name"] for claim in body["claims"]}
        assert 331 in body["reasons"]

    @pytest.mark.parametrize("heading", ["names", "labels"])
    def test_gives_a_template_that_spreadsheets_read(self, service: World, heading: str) -> None:
        answer = service.client.get(
            "/v1/catalogue/cn.food-business/template.csv", params={"heading": heading}
        )
        assert answer.content.startswith(b"\xef\xbb\xbf")
        (columns,) = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
        assert columns[0] == "external_id"
        expected = template_labels(CATALOGUE.get("cn.food-business"))
        assert (columns[1:] == expected) == (heading == "labels")

    def test_refuses_an_unknown_type(self, service: World) -> None:
        for part in ("", "/template.csv"):
            answer = service.client.get(f"/v1/catalogue/cn.unheard-of{part}")
            assert refusal(answer) == (404, "TypeUnknown")


class TestStatusList:
    def test_serves_the_signed_list(self, service: World) -> None:
        issued = service.issue()
        service.revoke(issued["digest"])
        service.list_signing.step()
        answer = service.client.get(LIST, headers={"Accept-Encoding": "identity"})
        assert answer.headers["content-type"] == "application/statuslist+jwt"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        signed = parse_list(answer.text)
        assert signed.uri == BASE_URL + LIST
        row = service.services.licences.own(
            Digest(bytes.fromhex(issued["digest"][2:])), service.issuer.address
        )
        assert signed.list.status(row.index) is Status.REVOKED

    def test_answers_304_for_the_tag_it_gave(self, service: World) -> None:
        service.issue()
        service.list_signing.step()
        first = service.client.get(LIST)
        again = service.client.get(LIST, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")

    def test_compresses_for_whoever_takes_it(self, service: World) -> None:
        service.issue()
        service.list_signing.step()
        plain = service.client.get(LIST, headers={"Accept-Encoding": "identity"})
        with service.client.stream("GET", LIST, headers={"Accept-Encoding": "gzip"}) as packed:
            assert packed.headers["Content-Encoding"] == "gzip"
            packed.read()
            assert packed.text == plain.text
        assert gzip.compress(plain.content, mtime=0) != plain.content

    def test_finds_the_list_that_was_good_then(self, service: World) -> None:
        service.issue()
        service.list_signing.step()
        then = service.clock.now
        service.clock.now += 900
        service.list_signing.step()
        found = parse_list(service.client.get(LIST, params={"time": then}).text)
        assert found.issued_at == then
        early = service.client.get(LIST, params={"time": then - 1})
        assert refusal(early) == (404, "ListTokenUnknown")

    @pytest.mark.parametrize(
        ("path", "expected"),
        [
            (LIST[:-1] + "7", (404, "ListTokenUnknown")),
            ("/status/CN-GD/NOBODY/0", (404, "ListTokenUnknown")),
            (LIST[:-1] + "-1", (422, "RequestInvalid")),
            (LIST[:-1] + str(2**32), (422, "RequestInvalid")),
            (LIST[:-1] + "x", (422, "RequestInvalid")),
        ],
    )
    def test_refuses_other_lists(
        self, service: World, path: str, expected: tuple[int, str]
    ) -> None:
        assert refusal(service.client.get(path)) == expected


class TestBundle:
    def test_serves_what_an_offline_verifier_trusts(self, service: World) -> None:
        issued = service.issue()
        service.anchor()
        service.revoke(issued["digest"])
        answer = service.client.get("/v1/bundle")
        assert answer.headers["content-type"] == "application/jwt"
        bundle = parse_bundle(answer.text, [AGENCY_KEY.public_key], service.clock.now)
        assert bundle.content.head.block == 4
        assert bundle.content.agencies[0].agency.code == AGENCY.code
        assert len(bundle.content.agencies[0].batches) == 1
        assert len(bundle.content.agencies[0].events) == 1

    def test_is_made_anew_after_a_minute(self, service: World) -> None:
        first = service.client.get("/v1/bundle").text
        service.clock.now += 59
        assert service.client.get("/v1/bundle").text == first
        service.clock.now += 1
        service.projection.seen(service.clock.now)
        second = service.client.get("/v1/bundle").text
        trusted = [AGENCY_KEY.public_key]
        sequences = [
            parse_bundle(text, trusted, service.clock.now).content.sequence
            for text in (first, second)
        ]
        assert sequences[0] < sequences[1]

    def test_is_dated_as_of_the_last_look_at_the_chain(self, service: World) -> None:
        seen = service.clock.now
        service.clock.now += 1000
        text = service.client.get("/v1/bundle").text
        content = parse_bundle(text, [AGENCY_KEY.public_key], service.clock.now).content
        assert (content.sequence, content.issued_at) == (seen, seen)

    def test_refuses_without_a_key_for_it(self, service: World) -> None:
        service.keys.held = []
        assert refusal(service.client.get("/v1/bundle")) == (503, "BundleSignerMissing")


class TestProblems:
    def test_explains_each(self, service: World) -> None:
        body = service.client.get("/problems/RoleMissing").json()
        assert body == {
            "type": "/problems/RoleMissing",
            "title": "The account does not hold the role that this needs.",
            "status": 403,
            "meaning": "The service knows who asks, and this account may not do that. "
            "Nothing was changed.",
            "advice": "Act with an account that holds the role, or have the agency's "
            "administrator grant it.",
            "members": ["subject", "role", "account"],
        }

    def test_gives_a_browser_a_page(self, service: World) -> None:
        accepted = {"Accept": "text/html,*/*;q=0.8"}
        page = service.client.get("/problems/RoleMissing", headers=accepted)
        assert page.status_code == 200
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Content-Security-Policy"] == POLICY
        assert page.headers["Vary"] == "Accept"
        assert "该账户没有所需的角色。" in page.text
        known = {"If-None-Match": page.headers["ETag"]}
        again = service.client.get("/problems/RoleMissing", headers=accepted | known)
        assert again.status_code == 304
        assert again.headers["Content-Security-Policy"] == POLICY
        assert again.headers["Vary"] == "Accept"
        other = service.client.get("/problems/RoleMissing", headers=known)
        assert (other.status_code, other.headers["Vary"]) == (200, "Accept")

    @pytest.mark.parametrize("accept", ["*/*", "text/html"])
    def test_refuses_a_name_that_is_none(self, service: World, accept: str) -> None:
        answer = service.client.get("/problems/SystemExit", headers={"Accept": accept})
        assert refusal(answer) == (404, "ProblemUnknown")

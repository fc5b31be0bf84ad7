"""Issuing: what is written, what stays hidden, what is refused before anything is signed."""

import hashlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ReasonOutsideClass, Refused
from ledger.licences.fields import FieldsInvalid
from ledger.licences.identifiers import IdentifierWrong
from ledger.licences.issuance import Draft, Predecessor, issue, read_licence
from ledger.licences.reading import ALWAYS_VISIBLE
from ledger.licences.sd_jwt import parse, present
from ledger.status_list import IndexInvalid
from ledger.values import Digest
from tests.support.licences import (
    AGENCY,
    AGENCY_KEY,
    CATALOGUE,
    FIELDS,
    HOLDER_KEY,
    ISSUED_AT,
    counted_bytes,
    draft,
    issuer,
    sample,
)

OLD = Digest(hashlib.sha256(b"old").digest())
HIDDEN_VALUES = "示例市蓝鲸小吃店"


def issued(given_draft: Draft) -> dict[str, Any]:
    document = parse(issue(given_draft, issuer(), counted_bytes()).document)
    document.jws.verify(AGENCY_KEY.public_key)
    return document.claims


class TestIssue:
    def test_without_dates_it_runs_from_its_issue_for_the_types_term(self) -> None:
        fields = {k: v for k, v in FIELDS["cn.food-business"].items() if "valid" not in k}
        claims = issued(draft(fields=fields))
        dates = [claims[name] for name in ("issue_date", "valid_from", "valid_until")]
        assert dates == ["2026-11-21", "2026-11-21", "2031-11-20"]

    def test_the_illustrated_licence(self) -> None:
        licence = sample()
        document = parse(licence.document)
        payload = document.jws.payload
        assert document.jws.header == {
            "alg": "ES256",
            "typ": "dc+sd-jwt",
            "kid": AGENCY_KEY.public_key.kid,
        }
        expected = {
            "iss": "https://licences.example/agencies/CN-GD/11440100MBEXAMPE7Y",
            "vct": "urn:suizheng:licence:cn.food-business:1",
            "vct#integrity": CATALOGUE.get("cn.food-business").integrity,
            "iat": 1_795_226_400,
            "nbf": 1_795_190_400,
            "exp": 1_952_956_800,
            "jurisdiction": "CN-GD",
            "issuing_authority": "示例市市场监督管理局",
            "issuing_authority_code": "11440100MBEXAMPE7Y",
            "licence_name": "食品经营许可证",
            "type_code": "11100000MBTE5TXX15001",
            "licence_id": "1.2.156.3005.2.11100000MBTE5TXX15001.11440100MBEXAMPE7Y"
            ".20261121000042.001.U",
            "issue_date": "2026-11-21",
            "valid_from": "2026-11-21",
            "valid_until": "2031-11-20",
            "status": {
                "status_list": {
                    "idx": 718_204,
                    "uri": "https://licences.example/status/CN-GD/11440100MBEXAMPE7Y/0",
                }
            },
            "cnf": {"jwk": HOLDER_KEY.public_key.jwk()},
            "_sd_alg": "sha-256",
        }
        assert {k: v for k, v in payload.items() if k not in ("jti", "_sd")} == expected
        assert licence.digest == hashlib.sha256(licence.document.split("~")[0].encode()).digest()
        assert (licence.nbf, licence.exp) == (payload["nbf"], payload["exp"])
        assert (licence.licence_id, licence.type_id) == (payload["licence_id"], "cn.food-business")
        assert (licence.list, licence.index) == (0, 718_204)

    @pytest.mark.parametrize("type_id", FIELDS)
    def test_what_is_supplied_is_in_the_document(self, type_id: str) -> None:
        claims = issued(draft(type_id))
        assert FIELDS[type_id].items() <= claims.items()
        assert claims["holder_code_kind"] in ("统一社会信用代码", "公民身份号码")
        assert claims["licence_id"].split(".")[5] == claims["type_code"]

    @pytest.mark.parametrize("type_id", FIELDS)
    def test_nothing_else_is_visible(self, type_id: str) -> None:
        document = parse(sample(type_id).document)
        own = set() if CATALOGUE.get(type_id).hides_count else {"licence_id"}
        visible = document.jws.payload.keys() - {"_sd", "_sd_alg"}
        assert visible - {"exp"} == ALWAYS_VISIBLE - {"predecessor", "exp"} | own
        assert ("exp" in visible) == (document.claims["valid_until"] != "长期")

    @pytest.mark.parametrize(
        ("area", "steps"),
        [
            (49.9, (False, False)),
            (50, (True, False)),
            (149.99, (True, False)),
            (150, (True, True)),
        ],
    )
    def test_steps(self, area: float, steps: tuple[bool, bool]) -> None:
        fields = {**FIELDS["cn.food-business"], "area_m2": area}
        document = parse(sample(fields=fields).document)
        shown = present(document, ["area_ge_50", "area_ge_150"]).claims
        assert (shown["area_ge_50"], shown["area_ge_150"]) == steps
        assert "area_m2" not in shown

    def test_no_steps_without_the_number(self) -> None:
        fields = {k: v for k, v in FIELDS["cn.food-business"].items() if k != "area_m2"}
        assert not {"area_ge_50", "area_ge_150"} & issued(draft(fields=fields)).keys()

    def test_the_day_of_issue_is_local_and_may_be_supplied(self) -> None:
        late = ISSUED_AT + 14 * 3_600  # midnight at +08:00
        assert issued(draft(issued_at=late - 1))["issue_date"] == "2026-11-21"
        assert issued(draft(issued_at=late))["issue_date"] == "2026-11-22"
        fields = {**FIELDS["cn.food-business"], "issue_date": "2026-11-19"}
        assert issued(draft(fields=fields))["issue_date"] == "2026-11-19"

    def test_an_open_end_has_no_exp(self) -> None:
        licence = sample("cn.business-licence")
        assert licence.exp is None
        assert "exp" not in parse(licence.document).jws.payload

    def test_without_a_wallet_there_is_no_key(self) -> None:
        assert "cnf" not in issued(draft(holder_key=None))

    def test_a_successor_names_its_predecessor(self) -> None:
        claims = issued(draft(predecessor=Predecessor(OLD, 401), version=2))
        assert set(claims["predecessor"]) == {"digest", "reason"}
        assert claims["licence_id"].split(".")[-2] == "002"

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"fields": {}}, FieldsInvalid),
            ({"serial": "a"}, IdentifierWrong),
            ({"version": 1_000}, IdentifierWrong),
            ({"index": 2**20}, IndexInvalid),
            ({"index": -1}, IndexInvalid),
            ({"predecessor": Predecessor(OLD, 320)}, ReasonOutsideClass),
        ],
    )
    def test_refused_before_randomness_is_asked_for(
        self, changes: dict[str, Any], error: type[Refused]
    ) -> None:
        def none_left(_size: int) -> bytes:
            pytest.fail("randomness was asked for")

        with pytest.raises(error):
            issue(draft(**changes), issuer(), none_left)


class TestSalts:
    @pytest.mark.parametrize("type_id", FIELDS)
    def test_all_come_from_one_call_and_no_two_are_alike(self, type_id: str) -> None:
        sizes: list[int] = []
        source = counted_bytes()

        def random(size: int) -> bytes:
            sizes.append(size)
            return source(size)

        document = parse(issue(draft(type_id), issuer(), random).document)
        assert len(sizes) == 1
        salts = [item.salt for item in document.disclosures]
        assert {len(salt) for salt in salts} == {22}
        assert len({*salts, document.jws.payload["jti"]}) == len(salts) + 1

    def test_equal_drafts_give_different_documents(self) -> None:
        random = counted_bytes()
        one, two = (issue(draft(), issuer(), random) for _ in range(2))
        assert one.digest != two.digest

    def test_hidden_values_are_in_no_visible_byte(self) -> None:
        payload = parse(sample().document).jws.payload
        assert FIELDS["cn.food-business"]["holder_name"] not in str(payload)
        assert FIELDS["cn.food-business"]["holder_code"] not in str(payload)


PERSONAL = [entry for entry in CATALOGUE.all() if entry.hides_count]


class TestDecoys:
    @given(st.sampled_from(PERSONAL), st.data())
    def test_personal_documents_tell_neither_count_nor_order(
        self, licence_type: Any, data: st.DataObject
    ) -> None:
        optional = ["signer", "photo", "file_number", "max_uses"]
        fields: dict[str, Any] = dict(FIELDS[licence_type.id])
        values = {
            "signer": "样例",
            "photo": "data:image/png;base64,AAAA",
            "file_number": "1" * 12,
            "max_uses": 3,
        }
        for name in data.draw(st.sets(st.sampled_from(optional))):
            if name in licence_type.by_name:
                fields[name] = values[name]
        document = parse(sample(licence_type.id, fields=fields).document)
        digests = document.jws.payload["_sd"]
        assert len(digests) == len(set(digests)) == licence_type.most_disclosures
        assert digests == sorted(digests)
        assert len(document.disclosures) < licence_type.most_disclosures
        assert {item.digest for item in document.disclosures} <= set(digests)

    def test_organisations_get_none(self) -> None:
        document = parse(sample().document)
        digests = document.jws.payload["_sd"]
        assert digests == sorted(item.digest for item in document.disclosures)


class TestIssuer:
    def test_addresses(self) -> None:
        claims = read_licence(parse(sample(list=7).document))
        assert claims.iss == issuer().url
        assert claims.status_uri == issuer().status_uri(7)
        assert claims.list == 7
        assert claims.agency_id == AGENCY.id

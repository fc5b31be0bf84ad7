"""Reading: the visible claims, each one spoilt in turn."""

from typing import Any

import orjson
import pytest

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.licences.disclosures import disclose
from ledger.licences.issuance import Predecessor
from ledger.licences.reading import ClaimsMalformed, read_licence
from ledger.licences.sd_jwt import parse, present
from ledger.status_list import IndexInvalid
from ledger.values import Digest, agency_id
from tests.support.licences import AGENCY, AGENCY_KEY, HOLDER_KEY, ISSUED_AT, sample

GOOD: dict[str, Any] = parse(sample().document).jws.payload
LIST = "https://licences.example/status/CN-GD/11440100MBEXAMPE7Y/0"
JWK = HOLDER_KEY.public_key.jwk()
DIGEST = "A" * 43


def document(header: dict[str, Any] | None = None, *, without: str = "", **changes: Any) -> Any:
    payload = {k: v for k, v in (GOOD | {"_sd": []} | changes).items() if k != without}
    token = jws.sign("dc+sd-jwt", payload, AGENCY_KEY)
    if header is not None:
        _, rest = token.split(".", 1)
        token = f"{b64url_encode(orjson.dumps(header))}.{rest}"
    return parse(f"{token}~")


def status(uri: Any = LIST, index: Any = 0, **more: Any) -> dict[str, Any]:
    return {"status_list": {"uri": uri, "idx": index, **more}}


def refused(found: Any) -> str:
    with pytest.raises(ClaimsMalformed) as malformed:
        read_licence(found)
    return malformed.value.claim


class TestReadLicence:
    def test_a_licence(self) -> None:
        claims = read_licence(
            parse(sample(predecessor=Predecessor(Digest(b"\1" * 32), 402)).document)
        )
        assert claims.agency_id == agency_id("CN-GD", "11440100MBEXAMPE7Y") == AGENCY.id
        assert claims.agency_name == "示例市市场监督管理局"
        assert claims.key_id == AGENCY_KEY.public_key.key_id
        assert claims.kid == AGENCY_KEY.public_key.kid
        assert (claims.nbf, claims.exp) == (1_795_190_400, 1_952_956_800)
        assert claims.issued_at == ISSUED_AT
        assert (claims.list, claims.index, claims.status_uri) == (0, 718_204, LIST)
        assert claims.place == (5_610, 2 * 124)
        assert claims.holder_key == HOLDER_KEY.public_key
        assert claims.predecessor == Predecessor(Digest(b"\1" * 32), 402)
        assert claims.licence_id == GOOD["licence_id"]

    @pytest.mark.parametrize("length", [1, 60, 200, 10_000])
    def test_an_agency_of_any_length(self, length: int) -> None:
        code = "A" * length
        found = read_licence(
            document(
                iss=f"https://licences.example/agencies/CN-GD/{code}",
                issuing_authority_code=code,
                status=status(f"https://licences.example/status/CN-GD/{code}/0"),
            )
        )
        assert found.agency_id == agency_id("CN-GD", code)

    def test_an_open_end(self) -> None:
        claims = read_licence(parse(sample("cn.business-licence").document))
        assert claims.exp is None
        assert claims.valid_until == "长期"

    def test_a_persons_identifier_is_read_where_it_is_shown(self) -> None:
        whole = parse(sample("cn.driving-licence").document)
        assert read_licence(whole).licence_id is not None
        assert read_licence(present(whole, [])).licence_id is None

    def test_without_key_and_predecessor(self) -> None:
        claims = read_licence(parse(sample(holder_key=None).document))
        assert (claims.holder_key, claims.predecessor) == (None, None)

    @pytest.mark.parametrize(
        "name",
        [
            "iss", "vct", "vct#integrity", "jti", "iat", "nbf", "exp", "jurisdiction", "status",
            "issuing_authority", "issuing_authority_code", "licence_name", "type_code",
            "issue_date",
        ],
    )  # fmt: skip  # a list of words
    def test_each_claim_is_missed(self, name: str) -> None:
        assert refused(document(without=name)) == name

    @pytest.mark.parametrize("name", ["valid_from", "valid_until"])
    def test_the_dates_are_missed(self, name: str) -> None:
        assert refused(document(without=name)) == name

    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("iss", "https://licences.example/agencies/CN-GD/OTHER"),
            ("iss", "https://licences.example/agencies/MO/11440100MBEXAMPE7Y"),
            ("iss", "https://licences.example/agencies/CN-GD/11440100MBEXAMPE7Y/"),
            ("iss", "https://licences.example/agencies/CN-GD/11440100MBEXAMPE7Y?a"),
            ("iss", "ftp://licences.example/agencies/CN-GD/11440100MBEXAMPE7Y"),
            ("iss", 5),
            ("vct", ""),
            ("jti", "AAAA"),
            ("jti", "=" * 22),
            ("iat", "1795226400"),
            ("iat", True),
            ("iat", 1795226400.5),
            ("nbf", GOOD["nbf"] + 1),
            ("exp", GOOD["exp"] - 1),
            ("exp", None),
            ("valid_until", "2026-11-20"),
            ("valid_until", "20311120"),
            ("jurisdiction", ["CN-GD"]),
            ("cnf", None),
            ("cnf", {}),
            ("cnf", {"jwk": JWK, "kid": "a"}),
            ("cnf", {"jwk": JWK | {"y": JWK["x"]}}),
            ("cnf", {"jwk": JWK | {"kty": "OKP"}}),
            ("cnf", {"jwk": JWK | {"x": JWK["x"] + "="}}),
            ("predecessor", None),
            ("predecessor", {"digest": DIGEST}),
            ("predecessor", {"digest": DIGEST, "reason": 401, "a": 1}),
            ("predecessor", {"digest": DIGEST, "reason": 320}),
            ("predecessor", {"digest": DIGEST, "reason": 999}),
            ("predecessor", {"digest": DIGEST, "reason": True}),
            ("predecessor", {"digest": DIGEST[1:], "reason": 401}),
            ("predecessor", {"digest": 1, "reason": 401}),
            ("status", None),
            ("status", {}),
            ("status", []),
            ("status", status() | {"a": 1}),
            ("status", status(more=1)),
            ("status", status(index=-1)),
            ("status", status(index="5")),
            ("status", status(index=True)),
            ("status", status(index=5.0)),
            ("status", status(uri=5)),
            ("status", status(uri=LIST + "0" * 10)),
            ("status", status(uri=LIST.replace("/0", "/00"))),
            ("status", status(uri=LIST.replace("/0", "/4294967296"))),
            ("status", status(uri=LIST.replace("CN-GD", "MO"))),
            ("status", status(uri=LIST.replace("11440100MBEXAMPE7Y", "OTHER"))),
            ("status", status(uri=LIST + "?a=1")),
            ("status", status(uri="file:///status/CN-GD/11440100MBEXAMPE7Y/0")),
        ],
    )
    def test_spoilt_claims_are_refused(self, claim: str, value: Any) -> None:
        assert refused(document(**{claim: value})) == claim

    def test_an_exp_beside_an_open_end_is_refused(self) -> None:
        assert refused(document(valid_until="长期")) == "exp"

    @pytest.mark.parametrize("name", ["exp", "status", "cnf", "issue_date", "predecessor"])
    def test_a_disclosure_of_what_must_be_visible_is_refused(self, name: str) -> None:
        text, digest = disclose(b"\0" * 16, name, GOOD.get(name))
        payload = {k: v for k, v in GOOD.items() if k != name} | {"_sd": [digest]}
        found = parse(f"{jws.sign('dc+sd-jwt', payload, AGENCY_KEY)}~{text}~")
        assert refused(found) == name

    def test_a_part_hidden_inside_a_visible_claim_is_refused(self) -> None:
        text, digest = disclose(b"\0" * 16, "idx", 5)
        hidden = {"status_list": {"uri": LIST, "_sd": [digest]}}
        payload = GOOD | {"_sd": [], "status": hidden}
        found = parse(f"{jws.sign('dc+sd-jwt', payload, AGENCY_KEY)}~{text}~")
        assert refused(found) == "status"

    @pytest.mark.parametrize(
        ("header", "claim"),
        [
            ({"alg": "ES256", "typ": "dc+sd-jwt"}, "header"),
            ({"alg": "ES256", "typ": "dc+sd-jwt", "kid": "k", "jwk": JWK}, "header"),
            ({"alg": "ES256", "typ": "dc+sd-jwt", "kid": "k", "x5c": []}, "header"),
            ({"alg": "ES256", "typ": "vc+sd-jwt", "kid": "A" * 43}, "typ"),
            ({"alg": "ES256", "typ": "dc+sd-jwt", "kid": "A" * 42}, "kid"),
            ({"alg": "ES256", "typ": "dc+sd-jwt", "kid": 5}, "kid"),
        ],
    )
    def test_other_headers_are_refused(self, header: dict[str, Any], claim: str) -> None:
        assert refused(document(header)) == claim

    def test_an_index_outside_the_list_is_read_and_has_no_place(self) -> None:
        assert read_licence(document(status=status(index=2**20 - 1))).place == (8_191, 254)
        claims = read_licence(document(status=status(index=2**20)))
        with pytest.raises(IndexInvalid):
            _ = claims.place

    def test_the_last_list(self) -> None:
        uri = LIST.replace("/0", "/4294967295")
        assert read_licence(document(status=status(uri=uri))).list == 2**32 - 1

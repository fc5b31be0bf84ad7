"""What a visitor hands over: signed by whom it names, read strictly, about whom the code is."""

from dataclasses import replace

import pytest

from ledger.health import signed, visits
from ledger.health.applications import Receipt
from ledger.health.claims import ClaimsInvalid
from ledger.health.code_conversion import reissued, shown_by
from ledger.health.hcert import claims as hcert_claims
from ledger.health.hcert import envelope
from ledger.health.hcert.claims import Claims
from ledger.health.transfers import Person
from ledger.health.visits import Visit, is_about, plain_name
from ledger.keys import PrivateKey, SignatureInvalid
from tests.support.health_codes import CERTIFICATE, Issuer, certificate

HOLDER = PrivateKey.from_secret(b"\x41" * 32)
OTHER = PrivateKey.from_secret(b"\x42" * 32)
PERSON = Person("MUSTER<<ANA", "1990-07-23", "P", "UTO", "C01X00T47")
ISSUER = Issuer()
VISIT = Visit(
    target="XB",
    applied_at=1_625_000_000,
    nonce=b"n" * 16,
    code=ISSUER.code(),
    holder=HOLDER.public_key,
    person=PERSON,
    receipts=(Receipt(b"{}", b"s" * 64),),
    keys=(OTHER.public_key,),
    answer_key=b"a" * 32,
)


def claims(content: object = None) -> Claims:
    return hcert_claims.read(envelope.read(ISSUER.code(content)).payload)


class TestVisit:
    @pytest.mark.parametrize("port", [None, "port-1"])
    def test_comes_back_as_it_was_signed(self, port: str | None) -> None:
        asked = replace(VISIT, port=port)
        found = signed.read(visits.sign(asked, HOLDER))
        assert visits.read(found) == asked
        visits.verify(found, HOLDER.public_key)
        with pytest.raises(SignatureInvalid):
            visits.verify(found, OTHER.public_key)

    @pytest.mark.parametrize(
        ("changes", "claim"),
        [
            ({"code": "H" * 4_297}, "code"),
            ({"nonce": b"n" * 15}, "nonce"),
            ({"target": ""}, "aud"),
            ({"person": replace(PERSON, name="")}, "person"),
            ({"keys": (OTHER.public_key,) * 257}, "keys"),
        ],
    )
    def test_says_nothing_else(self, changes: dict[str, object], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            visits.sign(replace(VISIT, **changes), HOLDER)  # type: ignore[arg-type]  # by name
        assert refused.value.claim == claim


class TestIsAbout:
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({}, True),
            ({"name": "muster<<ana<<<"}, True),
            ({"name": "MUSTER<<AN"}, False),
            ({"name": "ANA<<MUSTER"}, False),
            ({"name": "<<<"}, False),
            ({"birth_date": "1990-07-24"}, False),
        ],
    )
    def test_by_name_and_birth_date(self, changes: dict[str, str], expected: object) -> None:
        assert is_about(replace(PERSON, **changes), claims()) is expected

    def test_by_as_much_of_a_name_as_a_zone_holds(self) -> None:
        long = certificate()
        long["nam"] = {"fnt": "A" * 30, "gnt": "B" * 20}
        cut = ("A" * 30 + "<<" + "B" * 20)[:39]
        assert is_about(replace(PERSON, name=cut), claims(long))
        assert not is_about(replace(PERSON, name=cut[:-1]), claims(long))
        assert not is_about(replace(PERSON, name=cut[:-1] + "C"), claims(long))

    def test_of_a_code_without_given_names(self) -> None:
        single = certificate()
        single["nam"] = {"fnt": "MONONYM"}
        assert is_about(replace(PERSON, name="MONONYM<<"), claims(single))
        assert is_about(replace(PERSON, name="MONONYM"), claims(single))

    @pytest.mark.parametrize(
        ("zone", "plain"),
        [("QUETZAL<<MARISOL<ANA<<", "MARISOL ANA QUETZAL"), ("MONONYM", "MONONYM")],
    )
    def test_people_write_given_names_first(self, zone: str, plain: str) -> None:
        assert plain_name(zone) == plain


class TestReissued:
    def test_says_the_same_under_its_own_number_and_name(self) -> None:
        made = reissued(claims(), "CN-GD", "Sample Authority", b"e" * 16)
        before, after = CERTIFICATE["v"][0], made["v"][0]
        assert {name for name in before if before[name] != after[name]} == {"ci", "is"}
        assert (after["is"], after["ci"][:15]) == ("Sample Authority", "URN:UVCI:01:CN:")
        assert {name: made[name] for name in ("ver", "nam", "dob")} == {
            name: CERTIFICATE[name] for name in ("ver", "nam", "dob")
        }

    def test_what_it_rests_on_is_kept_as_a_test(self) -> None:
        found = shown_by(claims(certificate("t")))
        assert (found.kind, found.result, found.laboratory) == (
            "LP6464-4",
            "260415000",
            "Sample Laboratory",
        )
        shot = shown_by(claims())
        assert (shot.kind, shot.result) == ("Vaccination", "stated")

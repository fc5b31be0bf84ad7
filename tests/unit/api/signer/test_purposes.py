from dataclasses import replace
from typing import Any

import pytest

from api.signer.purposes import CLOCK_SECONDS, Purpose, PurposeRefused, Rules
from ledger.licences.decisions import Decision, sign_decisions
from ledger.list_tokens import ListChain, sign_list
from ledger.status_list import StatusList
from ledger.tenders import receipts
from ledger.values import Address, Digest, LedgerRef, Status
from tests.support.licences import AGENCY, CATALOGUE, counted_bytes, issuer
from tests.support.signer import BASE_URL, KID, NOW, RULES, Recorder, licence_message, message

VCT = CATALOGUE.get("cn.food-business").vct
LICENCE: dict[str, Any] = {"iss": f"{BASE_URL}/agencies/CN-GD/X", "vct": VCT, "iat": NOW}
LIST: dict[str, Any] = {"sub": f"{BASE_URL}/status/CN-GD/X/0", "iat": NOW, "exp": NOW + 86_400}
BUNDLE: dict[str, Any] = {"iat": NOW, "exp": NOW + 86_400}
RECEIPT: dict[str, Any] = {"iss": LICENCE["iss"], "iat": NOW, "state": "stored"}
SAMPLES = {
    "dc+sd-jwt": LICENCE,
    "licence-decision+jwt": LICENCE,
    "statuslist+jwt": LIST,
    "suizheng-bundle+jwt": BUNDLE,
    "bid-receipt+jwt": RECEIPT,
}


def refused(found: bytes, now: int = NOW, kid: str = KID) -> str:
    with pytest.raises(PurposeRefused) as caught:
        RULES.purpose_of(found, kid, now)
    return caught.value.part


class TestPurposeOf:
    def test_knows_a_real_licence(self) -> None:
        assert RULES.purpose_of(licence_message(), KID, NOW) is Purpose.LICENCE

    def test_knows_a_real_decision(self) -> None:
        recorder = Recorder()
        decided = Decision(Digest(bytes(32)), Status.REVOKED, 331, NOW, "1", "art. 1", "t", "a")
        by = replace(issuer(), signer=recorder)
        sign_decisions([decided], by, counted_bytes(), issued_at=NOW)
        assert RULES.purpose_of(recorder.messages[0], KID, NOW) is Purpose.DECISION

    def test_knows_a_real_status_list(self) -> None:
        recorder = Recorder()
        ledger = LedgerRef(1, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3"))
        chain = ListChain(ledger, AGENCY.id, 0, 1, bytes(32))
        uri = f"{BASE_URL}/status/CN-GD/{AGENCY.code}/0"
        entries = StatusList.from_words({})
        sign_list(entries, uri=uri, issued_at=NOW, chain=chain, signer=recorder)
        assert RULES.purpose_of(recorder.messages[0], KID, NOW) is Purpose.STATUS_LIST

    def test_knows_a_bundle(self) -> None:
        found = message("suizheng-bundle+jwt", BUNDLE)
        assert RULES.purpose_of(found, KID, NOW) is Purpose.BUNDLE

    def test_knows_a_real_receipt(self) -> None:
        recorder = Recorder()
        file = receipts.StoredFile(bytes(32), 1, NOW)
        url, stored = LICENCE["iss"], receipts.ReceiptState.STORED
        receipts.sign(receipts.Receipt(url, "id", NOW, None, (file,), stored), recorder)
        assert RULES.purpose_of(recorder.messages[0], KID, NOW) is Purpose.BID_RECEIPT

    def test_refuses_a_receipt_of_an_unknown_state_or_another_service(self) -> None:
        assert refused(message("bid-receipt+jwt", RECEIPT | {"state": "won"})) == "state"
        other = RECEIPT | {"iss": "https://x.example/agencies/a"}
        assert refused(message("bid-receipt+jwt", other)) == "iss"

    @pytest.mark.parametrize("typ", SAMPLES)
    def test_refuses_another_moment(self, typ: str) -> None:
        found = message(typ, SAMPLES[typ])
        for at in (NOW - CLOCK_SECONDS, NOW + CLOCK_SECONDS):
            RULES.purpose_of(found, KID, at)
        for at in (NOW - CLOCK_SECONDS - 1, NOW + CLOCK_SECONDS + 1):
            assert refused(found, at) == "iat"

    @pytest.mark.parametrize("typ", SAMPLES)
    def test_refuses_a_token_for_another_key(self, typ: str) -> None:
        assert refused(message(typ, SAMPLES[typ]), kid="A" * 43) == "kid"

    @pytest.mark.parametrize("typ", ["kb+jwt", "JWT", "", None, 1, ["dc+sd-jwt"]])
    def test_refuses_other_types(self, typ: Any) -> None:
        assert refused(message("dc+sd-jwt", LICENCE, typ=typ)) == "typ"

    @pytest.mark.parametrize("alg", ["none", "ES384", "HS256", None])
    def test_refuses_other_algorithms(self, alg: str | None) -> None:
        assert refused(message("dc+sd-jwt", LICENCE, alg=alg)) == "alg"

    @pytest.mark.parametrize("more", [{"jwk": {}}, {"x5c": []}, {"kid": None}])
    def test_refuses_another_header(self, more: dict[str, Any]) -> None:
        assert refused(message("dc+sd-jwt", LICENCE, **more)) == "header"

    def test_refuses_what_is_critical(self) -> None:
        assert refused(message("dc+sd-jwt", LICENCE, crit=["exp"])) == "alg"

    @pytest.mark.parametrize(
        ("found", "part"),
        [
            (b"", "form"),
            (b"abc", "form"),
            (bytes(32), "form"),
            (b"\xff.\xff", "encoding"),
            (message("dc+sd-jwt", LICENCE) + b".AA", "form"),
            (message("dc+sd-jwt", LICENCE) + b"=", "form"),
            (b'{"alg":"ES256"}.{}', "form"),
        ],
    )
    def test_refuses_what_is_no_signing_input(self, found: bytes, part: str) -> None:
        assert refused(found) == part

    @pytest.mark.parametrize(
        ("typ", "change", "part"),
        [
            ("dc+sd-jwt", {"vct": f"{VCT}x"}, "vct"),
            ("dc+sd-jwt", {"vct": None}, "vct"),
            ("dc+sd-jwt", {"vct": [VCT]}, "vct"),
            ("dc+sd-jwt", {"iss": "https://other.example/agencies/CN-GD/X"}, "iss"),
            ("dc+sd-jwt", {"iss": f"{BASE_URL}.evil.example/agencies/CN-GD/X"}, "iss"),
            ("dc+sd-jwt", {"iat": True}, "iat"),
            ("dc+sd-jwt", {"iat": NOW + 0.5}, "iat"),
            ("licence-decision+jwt", {"iss": None}, "iss"),
            ("statuslist+jwt", {"sub": "https://other.example/status/CN-GD/X/0"}, "sub"),
            ("statuslist+jwt", {"exp": NOW + 86_401}, "exp"),
            ("statuslist+jwt", {"exp": None}, "exp"),
            ("suizheng-bundle+jwt", {"exp": NOW + 86_401}, "exp"),
            ("suizheng-bundle+jwt", {"iat": None}, "iat"),
        ],
    )
    def test_refuses_an_implausible_payload(
        self, typ: str, change: dict[str, Any], part: str
    ) -> None:
        RULES.purpose_of(message(typ, SAMPLES[typ]), KID, NOW)
        assert refused(message(typ, SAMPLES[typ] | change)) == part

    def test_refuses_a_licence_as_long_as_a_bundle(self) -> None:
        assert refused(message("dc+sd-jwt", LICENCE | {"x": "x" * 2**20})) == "length"

    def test_names_another_service_by_its_own_rules(self) -> None:
        other = Rules("https://other.example", RULES.vcts)
        with pytest.raises(PurposeRefused):
            other.purpose_of(licence_message(), KID, NOW)

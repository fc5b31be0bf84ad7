from dataclasses import replace
from typing import Any

import pytest

from ledger.health import applications, cbor, cose, signed
from ledger.health.applications import Anchor, Application, Receipt
from ledger.health.claims import ClaimsInvalid
from ledger.keys import PrivateKey, SignatureInvalid
from ledger.merkle import Proof
from ledger.values import AgencyId

HOLDER = PrivateKey.from_secret(b"\x09" * 32)
OTHER = PrivateKey.from_secret(b"\x0a" * 32)
APPLICATION = Application(
    target="XB",
    applied_at=1_795_262_400,
    nonce=b"\x01" * 16,
    transfer=b"transfer",
    anchor=Anchor(AgencyId(b"\xaa" * 32), Proof(3, 2, (b"\x03" * 32,))),
    receipts=(Receipt(b"{}", b"\x04" * 64),),
    keys=(HOLDER.public_key, OTHER.public_key),
    answer_key=b"\x05" * 32,
    port="port-1",
)


class TestApplication:
    @pytest.mark.parametrize("changes", [{}, {"port": None, "keys": (), "receipts": ()}])
    def test_is_read_again(self, changes: dict[str, Any]) -> None:
        content = replace(APPLICATION, **changes)
        envelope = signed.read(applications.sign(content, HOLDER))
        applications.verify(envelope, HOLDER.public_key)
        assert applications.read(envelope) == content

    def test_of_another_holder_is_refused(self) -> None:
        envelope = signed.read(applications.sign(APPLICATION, HOLDER))
        with pytest.raises(SignatureInvalid):
            applications.verify(envelope, OTHER.public_key)

    @pytest.mark.parametrize(
        ("change", "claim"),
        [
            ({"target": ""}, "aud"),
            ({"nonce": b"\x01" * 15}, "nonce"),
            ({"transfer": bytes(4_097)}, "transfer"),
            ({"anchor": Anchor(AgencyId(b"\xaa"), Proof(1, 0, ()))}, "anchor"),
            ({"anchor": Anchor(AgencyId(bytes(32)), Proof(1, 1, ()))}, "anchor"),
            ({"anchor": Anchor(AgencyId(bytes(32)), Proof(1, 0, (b"",)))}, "anchor"),
            ({"receipts": APPLICATION.receipts * 9}, "receipts"),
            ({"receipts": (Receipt(b"{}", b""),)}, "receipts"),
            ({"keys": APPLICATION.keys * 129}, "keys"),
            ({"answer_key": b""}, "answer"),
            ({"port": ""}, "port"),
        ],
    )
    def test_is_never_what_none_may_say(self, change: dict[str, Any], claim: str) -> None:
        with pytest.raises(ClaimsInvalid) as refused:
            applications.sign(replace(APPLICATION, **change), HOLDER)
        assert refused.value.claim == claim

    def test_with_another_claim_is_refused(self) -> None:
        payload = cose.read(applications.sign(APPLICATION, HOLDER)).payload
        envelope = signed.read(signed.sign(cbor.decode(payload) | {9: 1}, HOLDER))
        with pytest.raises(ClaimsInvalid):
            applications.read(envelope)

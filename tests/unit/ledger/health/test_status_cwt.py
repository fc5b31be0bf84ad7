"""The status list as a CWT: the draft's encoding, and the same judgement as of the JWT."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.authority import DocumentKey
from ledger.health import cbor, cose, status_cwt
from ledger.keys import PrivateKey
from ledger.list_tokens import ListChain, ListStale, ListUntrusted
from ledger.status_list import ListMalformed, StatusList
from ledger.values import Address, AgencyId, KeyUsage, LedgerRef, Status

URI = "https://health.example/status/XB/SAMPLE/0"
NOW = 1_795_226_400
SIGNER = PrivateKey.from_secret(b"\x01" * 32)
OTHER = PrivateKey.from_secret(b"\x02" * 32)
KEY = DocumentKey(
    SIGNER.public_key, KeyUsage.STATUS_LISTS, NOW - 1000, NOW - 900, NOW + 900, NOW + 100_000
)
LIST = StatusList.empty().with_status([7, 718_204], Status.REVOKED)
CHAIN = ListChain(
    LedgerRef(31337, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")),
    AgencyId(b"\x0a" * 32),
    0,
    12,
    b"\x0b" * 32,
)
TOKEN = status_cwt.sign_list(LIST, uri=URI, issued_at=NOW, chain=CHAIN, signer=SIGNER)
HEADERS: dict[int, Any] = {4: SIGNER.public_key.key_id, 16: "application/statuslist+cwt"}
CLAIMS: dict[Any, Any] = cbor.decode(cose.read(TOKEN).payload)


def token(signer: PrivateKey = SIGNER, headers: Any = None, **changes: Any) -> bytes:
    """A token with some claims changed, signed all the same; None takes a claim away."""
    names = {"sub": 2, "exp": 4, "iat": 6, "ttl": 65534, "status_list": 65533, "chain": -65540}
    claims = CLAIMS | {names[name]: value for name, value in changes.items()}
    kept = {label: value for label, value in claims.items() if value is not None}
    return cose.sign(cbor.encode(kept), signer, HEADERS if headers is None else headers)


class TestWritten:
    def test_as_the_draft_writes_a_list(self) -> None:
        """The example of §4.3, one bit an entry, in CBOR."""
        theirs = cbor.decode(bytes.fromhex("a2646269747301636c73744a78dadbb918000217015d"))
        entries = StatusList(bytes.fromhex("b9a3"), 1)
        assert theirs == {"bits": 1, "lst": entries.deflated()}
        assert StatusList.unpack(theirs["lst"], 1) == entries

    def test_with_the_claims_and_headers_of_the_draft(self) -> None:
        message = cose.read(TOKEN)
        assert message.headers == {1: -7} | HEADERS
        assert message.tags == (18,)
        assert {2: URI, 4: NOW + 86_400, 6: NOW, 65534: 900}.items() <= CLAIMS.items()
        assert CLAIMS[65533] == {"bits": 2, "lst": LIST.deflated()}

    def test_and_read_back(self) -> None:
        found = status_cwt.parse_list(TOKEN)
        assert (found.uri, found.issued_at, found.expires_at) == (URI, NOW, NOW + 86_400)
        assert (found.kid, found.ttl, found.chain) == (SIGNER.public_key.kid, 900, CHAIN)
        assert found.list == LIST
        found.check(URI, KEY, NOW)

    def test_ttl_and_chain_may_be_absent(self) -> None:
        found = status_cwt.parse_list(token(ttl=None, chain=None))
        assert (found.ttl, found.chain) == (None, None)

    def test_a_list_that_does_not_deflate_is_not_too_long(self) -> None:
        noise = hashlib.shake_256(b"").digest(262_144)
        written = status_cwt.sign_list(
            StatusList(noise), uri="x" * 1_000, issued_at=NOW, chain=CHAIN, signer=SIGNER
        )
        assert status_cwt.parse_list(written).list.packed == noise


class TestRefused:
    @pytest.mark.parametrize(
        "changes",
        [
            {"sub": None},
            {"sub": 7},
            {"iat": True},
            {"exp": None},
            {"exp": str(NOW)},
            {"ttl": "900"},
            {"status_list": None},
            {"status_list": []},
            {"status_list": {"bits": 2}},
            {"status_list": {"bits": 1, "lst": LIST.deflated()}},
            {"status_list": {"bits": 2, "lst": LIST.compressed()}},
            {"status_list": {"bits": 2, "lst": LIST.deflated()[:-1]}},
            {"status_list": {"bits": 2, "lst": LIST.deflated() + b"\0"}},
            {"status_list": {"bits": 2, "lst": StatusList(bytes(262_145)).deflated()}},
            {"chain": []},
            {"chain": [1, "0x", b"\0" * 31, 0, 12, b"\0" * 32]},
            {"headers": {4: SIGNER.public_key.key_id}},
            {"headers": {4: SIGNER.public_key.key_id, 16: "application/statuslist+jwt"}},
            {"headers": {16: "application/statuslist+cwt"}},
            {"headers": {4: 7, 16: "application/statuslist+cwt"}},
        ],
    )
    def test_other_contents(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ListMalformed):
            status_cwt.parse_list(token(**changes))

    def test_claims_that_are_no_map(self) -> None:
        for payload in (b"", b"\x80", b"\xa0\x00", b"\xd8\x1c\x81\xd8\x1d\x00"):
            with pytest.raises(ListMalformed):
                status_cwt.parse_list(cose.sign(payload, SIGNER, HEADERS))

    @given(st.binary(max_size=300))
    def test_any_bytes(self, data: bytes) -> None:
        with pytest.raises(ListMalformed):
            status_cwt.parse_list(data)

    def test_more_bytes_than_a_list_has(self) -> None:
        with pytest.raises(ListMalformed) as refused:
            status_cwt.parse_list(bytes(status_cwt.MAX_BYTES + 1))
        assert refused.value.reason == "too long"


class TestCheck:
    @pytest.mark.parametrize(
        "key",
        [
            None,
            replace(KEY, public_key=OTHER.public_key),
            replace(KEY, usage=KeyUsage.BUNDLES),
            replace(KEY, frozen=True),
            replace(KEY, distrust_from=NOW + 1),
            replace(KEY, sign_from=NOW + 1),
        ],
    )
    def test_refuses_another_key(self, key: DocumentKey | None) -> None:
        with pytest.raises(ListUntrusted):
            status_cwt.parse_list(TOKEN).check(URI, key, NOW)

    def test_refuses_another_signature(self) -> None:
        elsewhere = TOKEN.replace(URI.encode(), URI[:-1].encode() + b"1")
        for forged in (token(OTHER), TOKEN[:-1] + bytes([TOKEN[-1] ^ 1]), elsewhere):
            found = status_cwt.parse_list(forged)
            with pytest.raises(ListUntrusted):
                found.check(found.uri, KEY, NOW)

    def test_refuses_another_address_and_the_past(self) -> None:
        found = status_cwt.parse_list(TOKEN)
        with pytest.raises(ListUntrusted):
            found.check(URI + "0", KEY, NOW)
        with pytest.raises(ListStale):
            found.check(URI, KEY, NOW + 86_400)

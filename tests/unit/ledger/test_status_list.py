"""Status lists: the contract's words, the IETF's bytes, and whose word a signed list is."""

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import jws
from ledger.authority import DocumentKey
from ledger.canonical import b64url_encode
from ledger.errors import Unavailable, WordOutOfRange
from ledger.keys import PrivateKey
from ledger.list_tokens import (
    LIFETIME_SECONDS,
    TOKEN_TYPE,
    TTL_SECONDS,
    ListChain,
    ListStale,
    ListUntrusted,
    SignedList,
    parse_list,
    sign_list,
)
from ledger.status_list import (
    ENTRIES,
    WORDS,
    IndexInvalid,
    ListMalformed,
    ListTooShort,
    ListUnusable,
    StatusList,
    StatusUnknown,
    changed,
    entry,
    index_of,
    indices_of,
    mask,
    place,
    word_changes,
)
from ledger.values import Address, AgencyId, KeyUsage, LedgerRef, Status, WordChange
from tests.support.vectors import VECTORS, needs_vectors

VECTOR_FILE = VECTORS / "token-status-list" / "vectors.json"
CASES: list[dict[str, Any]] = json.loads(VECTOR_FILE.read_bytes()) if VECTOR_FILE.exists() else []

indices = st.integers(0, ENTRIES - 1)
outside = pytest.mark.parametrize("index", [-1, ENTRIES, 2**64])

URI = "https://licences.example/status/CN-GD/11440100MBEXAMPE7Y/0"
NOW = 1_795_226_400
SIGNER = PrivateKey.from_secret(b"\x01" * 32)
OTHER = PrivateKey.from_secret(b"\x02" * 32)
CHAIN = ListChain(
    LedgerRef(31337, Address("0x5FbDB2315678afecb367f032d93F642f64180aa3")),
    AgencyId(b"\x0a" * 32),
    0,
    12,
    b"\x0b" * 32,
)
KEY = DocumentKey(
    SIGNER.public_key,
    KeyUsage.STATUS_LISTS,
    announced_at=NOW - 1000,
    sign_from=NOW - 900,
    sign_until=NOW + 900,
    verify_until=NOW + 100_000,
)
LIST = StatusList.empty().with_status([7, 718_204], Status.REVOKED)


def packed(case: dict[str, Any]) -> bytes:
    """The bytes that a case of the draft stands for, by the draft's own rule."""
    if case["bytes"] is not None:
        return bytes.fromhex(case["bytes"])
    raw = bytearray(case["size"] * case["bits"] // 8)
    for index, value in case["nonzero"].items():
        bit = int(index) * case["bits"]
        raw[bit // 8] |= value << bit % 8
    return bytes(raw)


def token(**changes: Any) -> str:
    """A list token with some claims changed, signed all the same; None takes a claim away."""
    claims = jws.parse(signed(), TOKEN_TYPE).payload | changes
    return jws.sign(TOKEN_TYPE, {k: v for k, v in claims.items() if v is not None}, SIGNER)


def signed(signer: PrivateKey = SIGNER) -> str:
    return sign_list(LIST, uri=URI, issued_at=NOW, chain=CHAIN, signer=signer)


class TestVectors:
    """draft-ietf-oauth-status-list: the same text and the same bytes, in both directions."""

    @needs_vectors("token-status-list")
    def test_all_cases_are_there(self) -> None:
        assert [case["bits"] for case in CASES] == [1, 2, 1, 2]

    @needs_vectors("token-status-list")
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
    def test_inflates_to_their_bytes(self, case: dict[str, Any]) -> None:
        assert StatusList.inflate(case["lst"], case["bits"]).to_bytes() == packed(case)

    @needs_vectors("token-status-list")
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
    def test_compresses_to_their_text(self, case: dict[str, Any]) -> None:
        assert StatusList(packed(case), case["bits"]).compressed() == case["lst"]

    @needs_vectors("token-status-list")
    @pytest.mark.parametrize("case", CASES[2:], ids=lambda case: case["name"])
    def test_reads_their_entries(self, case: dict[str, Any]) -> None:
        entries = StatusList.inflate(case["lst"], case["bits"])
        assert entries.size == case["size"]
        read = {i: v for i in range(entries.size) if (v := entries.value(i))}
        assert read == {int(index): value for index, value in case["nonzero"].items()}

    @needs_vectors("token-status-list")
    @pytest.mark.parametrize("case", CASES[3:], ids=lambda case: case["name"])
    def test_the_contracts_words_make_their_list(self, case: dict[str, Any]) -> None:
        words: dict[int, int] = {}
        for index, value in case["nonzero"].items():
            word, shift = place(int(index))
            words[word] = words.get(word, 0) | value << shift
        assert StatusList.from_words(words).compressed() == case["lst"]

    @pytest.mark.parametrize(
        ("raw", "bits", "values"),
        [
            ("b9a3", 1, [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]),
            ("c944f9", 2, [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]),
            ("214365", 4, [1, 2, 3, 4, 5, 6]),
            ("00ff03", 8, [0, 255, 3]),
        ],
    )
    def test_entries_of_every_width(self, raw: str, bits: int, values: list[int]) -> None:
        entries = StatusList(bytes.fromhex(raw), bits)
        assert [entries.value(i) for i in range(entries.size)] == values


class TestPlace:
    @given(indices)
    def test_is_the_word_layout(self, index: int) -> None:
        assert place(index) == (index >> 7, 2 * (index & 127))
        assert mask(index) == 3 << 2 * (index & 127)

    @given(indices)
    def test_index_of_is_the_inverse(self, index: int) -> None:
        assert index_of(*place(index)) == index

    @outside
    def test_refuses_an_index_outside(self, index: int) -> None:
        for function in (place, mask, lambda i: entry(0, i), lambda i: word_changes([0, i])):
            with pytest.raises(IndexInvalid) as refused:
                function(index)
            assert refused.value.index == index

    @pytest.mark.parametrize("word", [-1, WORDS])
    def test_index_of_refuses_a_word_outside(self, word: int) -> None:
        with pytest.raises(WordOutOfRange):
            index_of(word, 0)

    @pytest.mark.parametrize("shift", [-2, 1, 255, 256])
    def test_index_of_refuses_half_an_entry(self, shift: int) -> None:
        with pytest.raises(IndexInvalid):
            index_of(0, shift)


class TestWords:
    @given(st.integers(0, 2**256 - 1), indices, st.sampled_from(Status))
    def test_a_change_touches_its_entry_alone(self, word: int, index: int, status: Status) -> None:
        after = changed(word, mask(index), status)
        assert entry(after, index) is status
        assert after & ~mask(index) == word & ~mask(index)

    @given(st.sets(indices, max_size=40))
    def test_changes_hold_each_entry_once(self, chosen: set[int]) -> None:
        changes = word_changes(chosen)
        assert sorted(i for change in changes for i in indices_of(change)) == sorted(chosen)
        assert [c.word for c in changes] == sorted({index >> 7 for index in chosen})

    def test_entries_of_one_word_share_a_mask(self) -> None:
        assert word_changes([128, 255, 128]) == (WordChange(1, 3 << 254 | 3),)


class TestStatusList:
    def test_empty_is_all_valid(self) -> None:
        empty = StatusList.empty()
        assert empty.to_bytes() == bytes(262_144)
        assert empty.size == ENTRIES
        assert empty.status(ENTRIES - 1) is Status.VALID

    @given(st.dictionaries(indices, st.sampled_from(Status), max_size=30))
    def test_words_bytes_and_text_say_the_same(self, statuses: dict[int, Status]) -> None:
        words: dict[int, int] = {}
        entries = StatusList.empty()
        for index, status in statuses.items():
            words[index >> 7] = changed(words.get(index >> 7, 0), mask(index), status)
            entries = entries.with_status([index], status)
        assert StatusList.from_words(words) == entries
        assert StatusList.from_words(list(entries.words())) == entries
        assert StatusList.inflate(entries.compressed()) == entries
        for index, status in statuses.items():
            assert entries.status(index) is status
            assert entry(entries.word(index >> 7), index) is status

    def test_bytes_are_the_words_little_endian_in_order(self) -> None:
        raw = StatusList.from_words({0: 1, 8191: 2 << 248}).to_bytes()
        assert (raw[0], raw[-1], sum(raw)) == (1, 2, 3)

    def test_with_status_replaces_what_was_there(self) -> None:
        entries = StatusList.empty().with_status([5, 6], Status.SUPERSEDED)
        assert entries.with_status([5], Status.VALID) == StatusList.empty().with_status(
            [6], Status.SUPERSEDED
        )

    @outside
    def test_refuses_an_index_outside(self, index: int) -> None:
        for function in (
            StatusList.empty().value,
            StatusList.empty().status,
            lambda i: StatusList.empty().with_status([i], Status.REVOKED),
        ):
            with pytest.raises(IndexInvalid):
                function(index)

    @pytest.mark.parametrize("word", [-1, WORDS])
    def test_refuses_a_word_outside(self, word: int) -> None:
        with pytest.raises(WordOutOfRange):
            StatusList.from_words({word: 0})
        with pytest.raises(WordOutOfRange):
            StatusList.empty().word(word)

    def test_refuses_more_words_than_a_list_has(self) -> None:
        with pytest.raises(WordOutOfRange):
            StatusList.from_words([0] * (WORDS + 1))

    def test_a_short_list_says_nothing_about_later_entries(self) -> None:
        entries = StatusList(b"\x00\x00")
        assert entries.status(7) is Status.VALID
        with pytest.raises(ListTooShort) as nothing:
            entries.status(8)
        assert (nothing.value.index, nothing.value.entries) == (8, 8)

    def test_a_foreign_value_has_no_meaning(self) -> None:
        entries = StatusList(b"\x43", 4)
        assert entries.status(0) is Status.SUPERSEDED
        with pytest.raises(StatusUnknown):
            entries.status(1)


class TestInflate:
    @pytest.mark.parametrize("bits", [0, 3, 16, -1])
    def test_refuses_another_width(self, bits: int) -> None:
        with pytest.raises(ListMalformed):
            StatusList.inflate(LIST.compressed(), bits)

    @pytest.mark.parametrize("bits", [1, 2, 4, 8])
    def test_stops_at_the_last_entry(self, bits: int) -> None:
        most = ENTRIES * bits // 8
        whole = b64url_encode(zlib.compress(bytes(most)))
        assert StatusList.inflate(whole, bits).size == ENTRIES
        with pytest.raises(ListMalformed):
            StatusList.inflate(b64url_encode(zlib.compress(bytes(most + 1))), bits)

    def test_an_inflate_bomb_makes_no_more_than_one_list(self) -> None:
        stream = zlib.compressobj(9)
        zeros = bytes(2**20)
        bomb = b"".join(stream.compress(zeros) for _ in range(64)) + stream.flush()
        assert len(bomb) < 100_000
        with pytest.raises(ListMalformed):
            StatusList.inflate(b64url_encode(bomb))

    @pytest.mark.parametrize(
        "spoiled",
        [
            "",
            "not base64url!",
            LIST.compressed() + "=",
            LIST.compressed()[:-8],
            b64url_encode(zlib.compress(b"abc") + b"more"),
            b64url_encode(zlib.compress(b"abc") * 2),
            b64url_encode(zlib.compress(b"abc")[:-1] + b"\x00"),
            b64url_encode(b"abc"),
            b64url_encode(zlib.compress(b"abc", wbits=-15)),
            b64url_encode(zlib.compress(b"abc", wbits=31)),
        ],
    )
    def test_refuses_anything_but_one_zlib_stream(self, spoiled: str) -> None:
        with pytest.raises(ListMalformed):
            StatusList.inflate(spoiled)

    @given(st.text(max_size=80) | st.binary(max_size=80).map(b64url_encode))
    def test_raises_nothing_else_for_any_text(self, text: str) -> None:
        with pytest.raises(ListMalformed):
            StatusList.inflate(text)


class TestSignList:
    def test_writes_the_claims_of_the_draft(self) -> None:
        parsed = jws.parse(signed(), "statuslist+jwt")
        assert parsed.header == {
            "alg": "ES256",
            "typ": "statuslist+jwt",
            "kid": SIGNER.public_key.kid,
        }
        assert parsed.payload == {
            "sub": URI,
            "iat": NOW,
            "exp": NOW + LIFETIME_SECONDS,
            "ttl": TTL_SECONDS,
            "status_list": {"bits": 2, "lst": LIST.compressed()},
            "chain": {
                "chainId": 31337,
                "ledger": "0x5FbDB2315678afecb367f032d93F642f64180aa3",
                "agency": "0x" + "0a" * 32,
                "list": 0,
                "block": 12,
                "blockHash": "0x" + "0b" * 32,
            },
        }

    def test_is_read_back(self) -> None:
        read = parse_list(signed())
        assert (read.uri, read.issued_at, read.expires_at) == (URI, NOW, NOW + 24 * 3600)
        assert (read.kid, read.ttl, read.chain) == (SIGNER.public_key.kid, 900, CHAIN)
        assert read.list == LIST
        assert read.status(718_204) is Status.REVOKED
        assert read.status(718_205) is Status.VALID


class TestParseList:
    @pytest.mark.parametrize(
        "changes",
        [
            {"sub": None},
            {"sub": 7},
            {"iat": None},
            {"iat": True},
            {"iat": NOW + 0.5},
            {"iat": str(NOW)},
            {"exp": None},
            {"ttl": "900"},
            {"status_list": None},
            {"status_list": []},
            {"status_list": {"bits": 2}},
            {"status_list": {"lst": LIST.compressed()}},
            {"status_list": {"bits": 1, "lst": LIST.compressed()}},
            {"status_list": {"bits": 4, "lst": LIST.compressed()}},
            {"status_list": {"bits": 2.0, "lst": LIST.compressed()}},
            {"status_list": {"bits": "2", "lst": LIST.compressed()}},
            {"status_list": {"bits": 2, "lst": "eNo"}},
            {"chain": []},
            {"chain": {}},
        ],
        ids=lambda changes: str(changes).replace(LIST.compressed(), "…"),
    )
    def test_refuses_other_claims(self, changes: dict[str, Any]) -> None:
        with pytest.raises(ListMalformed):
            parse_list(token(**changes))

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("chainId", "31337"),
            ("ledger", 5),
            ("agency", "0a" * 32),
            ("agency", "0x" + "0A" * 32),
            ("agency", "0x" + "0a" * 31),
            ("agency", "0xzz"),
            ("block", None),
            ("blockHash", "0x" + "0b " * 32),
        ],
    )
    def test_refuses_another_spelling_of_the_chain(self, name: str, value: object) -> None:
        chain = jws.parse(signed(), TOKEN_TYPE).payload["chain"] | {name: value}
        with pytest.raises(ListMalformed):
            parse_list(token(chain=chain))

    def test_ttl_and_chain_may_be_absent(self) -> None:
        read = parse_list(token(ttl=None, chain=None))
        assert (read.ttl, read.chain) == (None, None)
        read.check(URI, KEY, NOW)

    @pytest.mark.parametrize("text", ["", "a.b", "a.b.c", signed() + ".", signed()[:-1] + "=="])
    def test_refuses_what_is_no_token(self, text: str) -> None:
        with pytest.raises(ListMalformed):
            parse_list(text)

    def test_refuses_another_type(self) -> None:
        with pytest.raises(ListMalformed):
            parse_list(jws.sign("JWT", jws.parse(signed(), TOKEN_TYPE).payload, SIGNER))

    def test_every_refusal_is_silence_and_no_verdict(self) -> None:
        with pytest.raises(Unavailable):
            parse_list("")


class TestCheck:
    read: SignedList = parse_list(signed())

    @pytest.mark.parametrize("now", [NOW, NOW + LIFETIME_SECONDS - 1])
    def test_accepts_the_agencys_own_list(self, now: int) -> None:
        self.read.check(URI, KEY, now)

    @pytest.mark.parametrize("uri", ["", URI + "/", URI[:-1] + "1", URI.replace("https", "http")])
    def test_refuses_another_subject(self, uri: str) -> None:
        with pytest.raises(ListUntrusted):
            self.read.check(uri, KEY, NOW)

    def test_refuses_another_agencys_key(self) -> None:
        foreign = parse_list(signed(OTHER))
        foreign.check(URI, replace(KEY, public_key=OTHER.public_key), NOW)
        with pytest.raises(ListUntrusted):
            foreign.check(URI, KEY, NOW)

    def test_refuses_a_key_that_the_agency_does_not_have(self) -> None:
        with pytest.raises(ListUntrusted):
            self.read.check(URI, None, NOW)

    def test_refuses_a_wrong_signer_under_the_agencys_kid(self) -> None:
        header, payload, _ = signed().split(".")
        forged = OTHER.sign(f"{header}.{payload}".encode())
        with pytest.raises(ListUntrusted):
            parse_list(f"{header}.{payload}.{b64url_encode(forged)}").check(URI, KEY, NOW)

    def test_refuses_a_changed_list(self) -> None:
        other = sign_list(
            StatusList.empty(), uri=URI, issued_at=NOW, chain=CHAIN, signer=SIGNER
        ).split(".")
        mixed = ".".join([*other[:2], signed().split(".")[2]])
        with pytest.raises(ListUntrusted):
            parse_list(mixed).check(URI, KEY, NOW)

    @pytest.mark.parametrize(
        "usage", [KeyUsage(0), KeyUsage.DOCUMENTS, KeyUsage.DOCUMENTS | KeyUsage.BUNDLES]
    )
    def test_refuses_another_usage(self, usage: KeyUsage) -> None:
        with pytest.raises(ListUntrusted):
            self.read.check(URI, replace(KEY, usage=usage), NOW)

    def test_accepts_a_key_with_other_usages_too(self) -> None:
        self.read.check(URI, replace(KEY, usage=KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS), NOW)

    @pytest.mark.parametrize(
        "key",
        [
            pytest.param(replace(KEY, announced_at=NOW + 1, sign_from=NOW + 1), id="unknown"),
            pytest.param(replace(KEY, sign_from=NOW + 1), id="announced"),
            pytest.param(replace(KEY, sign_until=NOW), id="retiring"),
            pytest.param(replace(KEY, sign_until=NOW - 9, verify_until=NOW), id="expired"),
            pytest.param(replace(KEY, distrust_from=NOW), id="compromised then"),
            pytest.param(replace(KEY, distrust_from=NOW + 1), id="compromised later"),
            pytest.param(replace(KEY, frozen=True), id="frozen"),
        ],
    )
    def test_refuses_a_key_that_was_not_good(self, key: DocumentKey) -> None:
        with pytest.raises(ListUntrusted):
            self.read.check(URI, key, NOW)

    def test_accepts_a_key_that_retired_after_signing(self) -> None:
        self.read.check(URI, replace(KEY, sign_until=NOW + 1), NOW + 10)

    def test_refuses_a_key_that_expired_after_signing(self) -> None:
        key = replace(KEY, sign_until=NOW + 1, verify_until=NOW + 10)
        self.read.check(URI, key, NOW + 9)
        with pytest.raises(ListUntrusted):
            self.read.check(URI, key, NOW + 10)

    def test_refuses_a_list_from_the_future(self) -> None:
        with pytest.raises(ListUntrusted):
            self.read.check(URI, KEY, NOW - 1)

    def test_is_stale_from_the_second_of_exp(self) -> None:
        with pytest.raises(ListStale) as stale:
            self.read.check(URI, KEY, NOW + LIFETIME_SECONDS)
        assert stale.value.as_of == NOW

    def test_an_index_outside_is_refused_and_no_silence(self) -> None:
        with pytest.raises(IndexInvalid):
            self.read.status(ENTRIES)

    def test_a_short_list_is_silence(self) -> None:
        short = parse_list(token(status_list={"bits": 2, "lst": StatusList(b"\x00").compressed()}))
        short.check(URI, KEY, NOW)
        assert short.status(3) is Status.VALID
        with pytest.raises(ListUnusable):
            short.status(4)

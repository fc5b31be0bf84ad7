"""EIP-4361: one shape of text, and every reason to refuse it."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Refused
from ledger.secp256k1 import ORDER
from ledger.sign_in import (
    ISSUED_WITHIN_SECONDS,
    MAX_BYTES,
    SignIn,
    SignInMalformed,
    SignInRefused,
    SignInSignatureInvalid,
    check_sign_in,
    parse_sign_in,
)
from ledger.values import Address

SECRET = b"\x11" * 32
ADDRESS = Address(Account.from_key(SECRET).address)
NOW = 1_795_226_400

MESSAGE = SignIn(
    domain="licences.example",
    address=ADDRESS,
    uri="https://licences.example/sign-in",
    chain_id=31337,
    nonce="32891756",
    issued_at=NOW,
    statement="Sign in to the ledger.",
    expiration=NOW + 600,
    not_before=NOW - 5,
    request_id="request-1",
    resources=("https://licences.example/agencies/CN-GD", "urn:example:thing"),
    scheme="https",
)
TEXT = f"""\
https://licences.example wants you to sign in with your Ethereum account:
{ADDRESS}

Sign in to the ledger.

URI: https://licences.example/sign-in
Version: 1
Chain ID: 31337
Nonce: 32891756
Issued At: 2026-11-21T02:00:00Z
Expiration Time: 2026-11-21T02:10:00Z
Not Before: 2026-11-21T01:59:55Z
Request ID: request-1
Resources:
- https://licences.example/agencies/CN-GD
- urn:example:thing"""


def sign(text: str, secret: bytes = SECRET) -> bytes:
    return bytes(Account.sign_message(encode_defunct(text=text), secret).signature)


def check(text: str, signature: bytes | None = None, now: int = NOW) -> SignIn:
    return check_sign_in(
        text,
        sign(text) if signature is None else signature,
        domain="licences.example",
        scheme="https",
        chain_id=31337,
        now=now,
    )


URI_CHARS = "abcXYZ019-._~!$&'()*+,;=:@"
times = st.integers(-62_135_596_800, 253_402_300_799)
uris = st.builds(
    "{}://{}/{}".format,
    st.sampled_from(["https", "http", "ipfs", "a+b.c-1"]),
    st.sampled_from(["licences.example", "user:x@licences.example:8443", "[::1]:80", "192.0.2.1"]),
    st.text(URI_CHARS + "/", max_size=20),
)
messages = st.builds(
    SignIn,
    domain=st.sampled_from(["licences.example", "localhost:8000", "127.0.0.1:3000", "[::1]"]),
    address=st.binary(min_size=32, max_size=32).map(
        lambda b: Account.from_key(b"\x01" + b[1:]).address
    ),
    uri=uris,
    chain_id=st.integers(1, 2**256 - 1),
    nonce=st.from_regex(r"[A-Za-z0-9]{8,64}", fullmatch=True),
    issued_at=times,
    statement=st.none() | st.text(URI_CHARS + "/?#[] ", min_size=1, max_size=60),
    expiration=st.none() | times,
    not_before=st.none() | times,
    request_id=st.none() | st.text(URI_CHARS, max_size=20),
    resources=st.none() | st.lists(uris, max_size=4).map(tuple),
    scheme=st.none() | st.sampled_from(["https", "http", "wallet+x"]),
)


class TestToText:
    def test_writes_every_line(self) -> None:
        assert MESSAGE.to_text() == TEXT

    def test_leaves_out_what_is_absent(self) -> None:
        bare = SignIn("licences.example", ADDRESS, "https://licences.example", 1, "abcdefgh", 0)
        assert bare.to_text() == (
            "licences.example wants you to sign in with your Ethereum account:\n"
            f"{ADDRESS}\n\n\n"
            "URI: https://licences.example\nVersion: 1\nChain ID: 1\nNonce: abcdefgh\n"
            "Issued At: 1970-01-01T00:00:00Z"
        )


class TestParseSignIn:
    def test_reads_every_line(self) -> None:
        assert parse_sign_in(TEXT) == MESSAGE

    @given(messages)
    def test_reads_what_is_written(self, message: SignIn) -> None:
        assert parse_sign_in(message.to_text()) == message

    @given(st.text(max_size=200) | st.text("\n:/ -0123456789abcdefxT+Z%[]@", max_size=300))
    def test_raises_nothing_but_a_refusal(self, text: str) -> None:
        with pytest.raises(SignInMalformed):
            parse_sign_in(text)

    @given(st.data())
    def test_raises_nothing_but_a_refusal_when_spoiled(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(TEXT)))
        end = data.draw(st.integers(place, min(len(TEXT), place + 12)))
        spoiled = TEXT[:place] + data.draw(st.text(max_size=12)) + TEXT[end:]
        try:
            message = parse_sign_in(spoiled)
        except Refused as refused:
            assert isinstance(refused, SignInMalformed)  # noqa: PT017  # the other branch is no error
        else:
            assert parse_sign_in(message.to_text()) == message

    @pytest.mark.parametrize(
        ("written", "seconds"),
        [
            ("2026-11-21T10:00:00+08:00", NOW),
            ("2026-11-21T02:00:00.123Z", NOW),
            ("2026-11-21T02:00:00.123456789Z", NOW),
            ("2026-11-20T20:00:00-06:00", NOW),
            ("2026-11-21T02:00:00-00:00", NOW),
        ],
    )
    def test_reads_zones_and_fractions(self, written: str, seconds: int) -> None:
        text = TEXT.replace("2026-11-21T02:00:00Z", written)
        assert parse_sign_in(text).issued_at == seconds

    @pytest.mark.parametrize(
        "written",
        [
            "2026-11-21T02:00:00",
            "2026-11-21 02:00:00Z",
            "2026-11-21t02:00:00z",
            "2026-11-21",
            "2026-11-21T02:00Z",
            "2026-13-21T02:00:00Z",
            "2026-02-29T02:00:00Z",
            "2026-11-21T24:00:00Z",
            "2026-11-21T02:00:60Z",
            "2026-11-21T02:00:00+24:00",
            "2026-11-21T02:00:00+0800",
            "2026-11-21T02:00:00,5Z",
            "2026-11-21T02:00:00.Z",
            "0000-01-01T00:00:00Z",
            "20261121T020000Z",
            "1795226400",
            "",
        ],
    )
    def test_refuses_other_times(self, written: str) -> None:
        for line in ("Issued At", "Expiration Time", "Not Before"):
            lines = [f"{line}: {written}" if x.startswith(line) else x for x in TEXT.split("\n")]
            with pytest.raises(SignInMalformed):
                parse_sign_in("\n".join(lines))

    @pytest.mark.parametrize(
        ("was", "becomes"),
        [
            pytest.param(" wants you", " wants  you", id="greeting"),
            pytest.param("account:", "account: ", id="space after the greeting"),
            pytest.param("https://licences.example wants", " wants", id="no domain"),
            pytest.param("https://licences.example wants", "https:// wants", id="scheme alone"),
            pytest.param(
                "https://licences.example wants", "1a://licences.example wants", id="scheme"
            ),
            pytest.param("https://licences.example wants", "licences.example/x wants", id="path"),
            pytest.param("licences.example wants", "licénces.example wants", id="not ASCII"),
            pytest.param("licences.example wants", "a b wants", id="space in the domain"),
            pytest.param("licences.example wants", "[::1]x wants", id="bracket inside a name"),
            pytest.param(ADDRESS, ADDRESS.lower(), id="address in lower case"),
            pytest.param(ADDRESS, "0x" + ADDRESS[2:].upper(), id="address in upper case"),
            pytest.param(ADDRESS, ADDRESS[2:], id="address without 0x"),
            pytest.param(ADDRESS, ADDRESS[:-1], id="address one digit short"),
            pytest.param(ADDRESS, ADDRESS + "0", id="address one digit long"),
            pytest.param(ADDRESS, ADDRESS + " ", id="space after the address"),
            pytest.param(f"{ADDRESS}\n\n", f"{ADDRESS}\n", id="no empty line after the address"),
            pytest.param("ledger.\n\n", "ledger.\n", id="no empty line after the statement"),
            pytest.param("ledger.\n\n", "ledger.\n\n\n", id="two empty lines"),
            pytest.param("ledger.\n\n", "ledger.\nSecond line\n\n", id="statement of two lines"),
            pytest.param("the ledger.", "the “ledger”.", id="statement with quotes"),
            pytest.param("the ledger.", 'the "ledger".', id="statement outside RFC 3986"),
            pytest.param("the ledger.", "the\tledger.", id="statement with a tab"),
            pytest.param("the ledger.", "the ledger 100%", id="statement with a per cent sign"),
            pytest.param("\n", "\r\n", id="CR"),
            pytest.param("URI: ", "Uri: ", id="other case"),
            pytest.param("URI: ", "URI:", id="no space"),
            pytest.param("URI: https://licences.example/sign-in\n", "", id="no URI"),
            pytest.param("https://licences.example/sign-in", "/sign-in", id="URI without scheme"),
            pytest.param("example/sign-in", "example/sign in", id="space in the URI"),
            pytest.param("example/sign-in", "example/%zz", id="URI with a broken escape"),
            pytest.param("example/sign-in", "example/a#b#c", id="URI with two fragments"),
            pytest.param("Version: 1", "Version: 2", id="version"),
            pytest.param("Version: 1\n", "", id="no version"),
            pytest.param("Chain ID: 31337", "Chain ID: 0x7a69", id="chain id in hex"),
            pytest.param("Chain ID: 31337", "Chain ID: 031337", id="chain id with a zero before"),
            pytest.param("Chain ID: 31337", "Chain ID: -1", id="chain id below zero"),
            pytest.param("Chain ID: 31337", "Chain ID: 0", id="chain id of zero"),
            pytest.param("Chain ID: 31337", "Chain ID: 1_000", id="chain id with an underscore"),
            pytest.param("Chain ID: 31337", "Chain ID: ", id="chain id empty"),
            pytest.param("Chain ID: 31337", "Chain ID: " + "9" * 79, id="chain id too long"),
            pytest.param("Nonce: 32891756", "Nonce: 3289175", id="nonce of seven"),
            pytest.param("Nonce: 32891756", "Nonce: 3289-1756", id="nonce with a hyphen"),
            pytest.param("Nonce: 32891756\n", "", id="no nonce"),
            pytest.param("Issued At: 2026-11-21T02:00:00Z\n", "", id="no issued-at"),
            pytest.param("Request ID: request-1", "Request ID: a/b", id="request id with a slash"),
            pytest.param("- urn", "urn", id="resource without its dash"),
            pytest.param("- urn:example:thing", "- thing", id="resource without scheme"),
            pytest.param("- urn:example:thing", "- urn:example:thing\n", id="LF at the end"),
            pytest.param("- urn:example:thing", "- urn:example:thing\n\nmore", id="text after"),
            pytest.param("Version: 1\n", "Version: 1\nVersion: 1\n", id="repeated line"),
            pytest.param("Version: 1\n", "Version: 1\nColour: red\n", id="unknown line"),
            pytest.param(
                "Request ID: request-1\n", "Request ID: a\nRequest ID: a\n", id="repeated"
            ),
            pytest.param("Version: 1\nChain ID: 31337", "Chain ID: 31337\nVersion: 1", id="order"),
        ],
    )
    def test_refuses_another_shape(self, was: str, becomes: str) -> None:
        spoiled = TEXT.replace(was, becomes)
        assert spoiled != TEXT
        with pytest.raises(SignInMalformed):
            parse_sign_in(spoiled)

    def test_refuses_optional_lines_out_of_order(self) -> None:
        lines = TEXT.split("\n")
        lines[10], lines[11] = lines[11], lines[10]
        with pytest.raises(SignInMalformed):
            parse_sign_in("\n".join(lines))

    @pytest.mark.parametrize("count", range(10))
    def test_refuses_a_text_that_ends_early(self, count: int) -> None:
        with pytest.raises(SignInMalformed):
            parse_sign_in("\n".join(TEXT.split("\n")[:count]))

    def test_reads_four_kilobytes_and_no_more(self) -> None:
        room = MAX_BYTES - len(replace(MESSAGE, nonce="").to_text())
        longest = replace(MESSAGE, nonce="n" * room)
        assert len(longest.to_text()) == MAX_BYTES
        assert parse_sign_in(longest.to_text()) == longest
        with pytest.raises(SignInMalformed):
            parse_sign_in(replace(MESSAGE, nonce="n" * (room + 1)).to_text())

    def test_refuses_a_lone_surrogate(self) -> None:
        with pytest.raises(SignInMalformed):
            parse_sign_in(TEXT.replace("ledger", "ledger\ud800"))


class TestCheckSignIn:
    def test_accepts_the_account_named(self) -> None:
        assert check(TEXT) == MESSAGE

    def test_accepts_a_message_without_scheme(self) -> None:
        assert check(replace(MESSAGE, scheme=None).to_text()).scheme is None

    @pytest.mark.parametrize("rest", ["", "/", "/a/b?c=d", "?c=d"])
    def test_accepts_every_uri_of_the_origin(self, rest: str) -> None:
        message = replace(MESSAGE, uri=f"https://licences.example{rest}")
        assert check(message.to_text()) == message

    @pytest.mark.parametrize(
        "spoiled",
        [
            pytest.param(replace(MESSAGE, domain="evil.example"), id="domain"),
            pytest.param(replace(MESSAGE, domain="licences.example:443"), id="port"),
            pytest.param(replace(MESSAGE, domain="LICENCES.example"), id="case of the domain"),
            pytest.param(replace(MESSAGE, scheme="http"), id="scheme"),
            pytest.param(replace(MESSAGE, uri="https://evil.example/sign-in"), id="origin"),
            pytest.param(replace(MESSAGE, uri="http://licences.example/sign-in"), id="uri scheme"),
            pytest.param(
                replace(MESSAGE, uri="https://licences.example.evil.example"), id="suffix"
            ),
            pytest.param(
                replace(MESSAGE, uri="https://licences.example@evil.example"), id="userinfo"
            ),
            pytest.param(replace(MESSAGE, uri="https://licences.example:8443/"), id="uri port"),
            pytest.param(replace(MESSAGE, chain_id=1), id="chain"),
        ],
    )
    def test_refuses_another_place(self, spoiled: SignIn) -> None:
        with pytest.raises(SignInRefused):
            check(spoiled.to_text())

    @pytest.mark.parametrize("offset", [-ISSUED_WITHIN_SECONDS, 0, ISSUED_WITHIN_SECONDS])
    def test_accepts_a_clock_two_minutes_off(self, offset: int) -> None:
        message = replace(MESSAGE, issued_at=NOW + offset)
        assert check(message.to_text()) == message

    @pytest.mark.parametrize("offset", [-ISSUED_WITHIN_SECONDS - 1, ISSUED_WITHIN_SECONDS + 1])
    def test_refuses_a_clock_further_off(self, offset: int) -> None:
        with pytest.raises(SignInRefused):
            check(replace(MESSAGE, issued_at=NOW + offset).to_text())

    def test_refuses_from_the_second_of_expiration(self) -> None:
        check(replace(MESSAGE, expiration=NOW + 1).to_text())
        with pytest.raises(SignInRefused):
            check(replace(MESSAGE, expiration=NOW).to_text())

    def test_refuses_until_the_second_of_not_before(self) -> None:
        check(replace(MESSAGE, not_before=NOW).to_text())
        with pytest.raises(SignInRefused):
            check(replace(MESSAGE, not_before=NOW + 1).to_text())

    def test_times_may_be_absent(self) -> None:
        check(replace(MESSAGE, not_before=None, expiration=None).to_text())

    def test_refuses_another_signer(self) -> None:
        with pytest.raises(SignInSignatureInvalid) as refused:
            check(TEXT, sign(TEXT, b"\x22" * 32))
        assert refused.value.address == ADDRESS

    def test_refuses_the_signature_of_another_text(self) -> None:
        with pytest.raises(SignInSignatureInvalid):
            check(TEXT, sign(replace(MESSAGE, nonce="99999999").to_text()))

    def test_judges_the_text_as_received(self) -> None:
        text = TEXT.replace("02:00:00Z", "02:00:00.000Z")
        assert check(text) == MESSAGE
        with pytest.raises(SignInSignatureInvalid):
            check(text, sign(TEXT))

    @pytest.mark.parametrize("v", [0, 1, 2, 26, 29, 35, 36, 37, 255])
    def test_refuses_another_v(self, v: int) -> None:
        assert sign(TEXT)[64] in {27, 28}
        with pytest.raises(SignInSignatureInvalid):
            check(TEXT, sign(TEXT)[:64] + bytes([v]))

    def test_refuses_high_s(self) -> None:
        low = sign(TEXT)
        high = (ORDER - int.from_bytes(low[32:64])).to_bytes(32)
        with pytest.raises(SignInSignatureInvalid):
            check(TEXT, low[:32] + high + bytes([27 + 28 - low[64]]))

    @pytest.mark.parametrize("length", [0, 1, 64, 66, 97, 200])
    def test_refuses_another_length(self, length: int) -> None:
        with pytest.raises(SignInRefused):
            check(TEXT, (sign(TEXT) * 4)[:length])

    @given(st.binary(min_size=64, max_size=64), st.sampled_from([27, 28]))
    def test_raises_nothing_but_a_refusal_for_any_signature(self, raw: bytes, v: int) -> None:
        with pytest.raises(SignInSignatureInvalid):
            check(TEXT, raw + bytes([v]))

    @pytest.mark.parametrize("part", [b"\x00" * 32, b"\xff" * 32, ORDER.to_bytes(32)])
    def test_refuses_halves_out_of_range(self, part: bytes) -> None:
        good = sign(TEXT)
        for spoiled in (part + good[32:], good[:32] + part + good[64:]):
            with pytest.raises(SignInSignatureInvalid):
                check(TEXT, spoiled)

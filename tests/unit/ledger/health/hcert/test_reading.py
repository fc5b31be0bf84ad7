"""Codes of others: what is accepted, each single thing that is not, and that nothing raises."""

import zlib
from typing import Any

import cbor2
import pytest
from cbor2 import CBORTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ledger.certlogic.rules import CertificateType
from ledger.health import base45
from ledger.health.hcert import reading
from ledger.health.hcert.reading import Limits, Reading
from ledger.health.hcert.trust import TrustedKey, TrustList, trust_list
from ledger.health.qr_text import scanned
from ledger.keys import CURVE_ORDER
from ledger.values import KeyState, Seconds
from tests.support.health_codes import (
    END,
    NOW,
    START,
    Issuer,
    certificate,
    claims,
    packed,
    text,
)

ISSUER = Issuer()
RSA_ISSUER = Issuer(bits=2048)
MESSAGE = ISSUER.message()
TRUST = ISSUER.trust
CODE = ISSUER.code()
TWO = {**certificate(), "v": certificate()["v"] * 2}
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"


def read(code: str, trust: TrustList = TRUST, at: int = NOW, **limits: Any) -> Reading:
    return reading.read(code, trust, Seconds(at), Limits(**limits))


def code_of(code: str, trust: TrustList = TRUST, at: int = NOW, **limits: Any) -> str:
    return read(code, trust, at, **limits).code


def signed(payload: bytes) -> str:
    return text(ISSUER.message(payload))


class TestAccepted:
    @pytest.mark.parametrize("group", ["v", "t", "r"])
    def test_each_group(self, group: str) -> None:
        found = read(ISSUER.code(certificate(group)))
        assert found.code == "OK"
        assert found.claims is not None
        assert found.claims.group == group
        assert (found.claims.issuer, found.claims.issued_at) == ("XX", START)

    def test_rsa(self) -> None:
        assert code_of(RSA_ISSUER.code(), RSA_ISSUER.trust) == "OK"

    def test_untagged_and_as_a_token(self) -> None:
        message = ISSUER.message()
        assert code_of(packed(cbor2.dumps(message))) == "OK"
        assert code_of(packed(cbor2.dumps(CBORTag(61, CBORTag(18, message))))) == "OK"

    def test_headers_unprotected(self) -> None:
        message = ISSUER.message(protected={}, unprotected=ISSUER.headers())
        message[0] = b""
        message[3] = ISSUER.signature(b"", message[2])
        assert code_of(text(message)) == "OK"

    def test_two_keys_of_one_kid_the_second_right(self) -> None:
        other = Issuer().trusted
        first = TrustedKey(
            ISSUER.kid, other.key, other.usages, other.not_before, other.not_after, "XX"
        )
        assert code_of(CODE, trust_list("test", 1, NOW, [first, ISSUER.trusted])) == "OK"

    def test_either_half_of_the_curve(self) -> None:
        message = ISSUER.message()
        s = CURVE_ORDER - int.from_bytes(message[3][32:])
        message[3] = message[3][:32] + s.to_bytes(32)
        assert code_of(text(message)) == "OK"

    def test_what_becomes_json(self) -> None:
        content = {**claims(certificate("t", dr=True)), 4: float(END), 6: float(START)}
        content[-260][1]["t"][0]["sc"] = CBORTag(0, "2021-06-29T10:00:00Z")
        content[-260][1]["nam"]["fn"] = "Mu\u0308ller"
        found = read(signed(cbor2.dumps(content)))
        assert found.code == "OK"
        assert found.claims is not None
        assert found.claims.expires_at == END
        assert found.claims.entry["sc"] == "2021-06-29T10:00:00Z"
        assert found.claims.certificate["nam"]["fn"] == "Müller"

    def test_integral_doses(self) -> None:
        assert code_of(ISSUER.code(certificate(dn=2.0, sd=2.0))) == "OK"

    def test_exactly_as_much_as_is_allowed(self) -> None:
        message = ISSUER.message()
        message[1] = {99: ""}
        short = len(cbor2.dumps(CBORTag(18, message)))
        message[1] = {99: " " * (65_536 - short - 2)}  # a longer length takes two bytes more
        data = cbor2.dumps(CBORTag(18, message))
        assert len(data) == 65_536
        assert code_of(packed(data)) == "OK"
        message[1] = {99: " " * (65_537 - short - 2)}
        assert code_of(text(message)) == "FORMAT"


class TestScanned:
    @given(st.binary(max_size=40))
    def test_no_code_ends_in_a_space(self, data: bytes) -> None:
        assert not base45.encode(data).endswith(" ")

    @pytest.mark.parametrize(
        "line",
        [
            CODE + "\n",
            "\t" + CODE,
            "]Q1" + CODE,
            CODE.lower(),
            "]q3" + CODE.lower() + "\r",
            CODE + " \n",
        ],
    )
    def test_lines_of_scanners(self, line: str) -> None:
        assert scanned(line) == CODE
        assert code_of(scanned(line)) == "OK"

    @pytest.mark.parametrize("line", ["hC1:", "]Q4HC1:", " HC1:", "hc1:é", ""])
    def test_the_rest_stays_as_it_is(self, line: str) -> None:
        assert scanned(line) == line


class TestEnvelope:
    @pytest.mark.parametrize(
        "code",
        ["", "HC1", "hc1:" + CODE[4:], "HC2:" + CODE[4:], " " + CODE, CODE[4:], "\ufeffHC1:"],
    )
    def test_prefix(self, code: str) -> None:
        assert code_of(code) == "PREFIX"

    @pytest.mark.parametrize(
        "code",
        [
            "HC1:",
            "HC1:GGW",
            CODE.lower().replace("hc1:", "HC1:"),
            CODE + " ",
            CODE + "\n",
            CODE + "000",
            "HC1:" + "0" * 4_293,
            "HC1:" + base45.encode(b"no zlib"),
            "HC1:" + base45.encode(zlib.compress(b"\xd2\x84")[:-1]),
            "HC1:" + base45.encode(zlib.compress(b"\xd2\x84") + b"\x00"),
            packed(b"\x00" * 65_537),
            packed(b"\x00" * 3_000_000)[:4_290],
            packed(b""),
            packed(cbor2.dumps(CBORTag(18, ISSUER.message())) + b"\x00"),
            packed(bytes.fromhex("d81c81d81d00")),
            packed(bytes.fromhex("d9010281f6")),
            packed(b"\x81" * 400 + b"\x00"),
            packed(cbor2.dumps(ISSUER.message()[:3])),
            packed(cbor2.dumps(CBORTag(98, ISSUER.message()))),
        ],
    )
    def test_format(self, code: str) -> None:
        assert code_of(code) == "FORMAT"

    @pytest.mark.parametrize("size", [0, 7, 9])
    def test_kid_of_another_length(self, size: int) -> None:
        headers = {1: -7, 4: ISSUER.kid.ljust(9, b"\x00")[:size]}
        assert code_of(text(ISSUER.message(protected=headers))) == "FORMAT"

    def test_a_protected_kid_is_not_replaced(self) -> None:
        message = ISSUER.message(protected={1: -7, 4: b"\x00" * 8}, unprotected={4: ISSUER.kid})
        assert code_of(text(message)) == "KEY_UNKNOWN"


class TestSignature:
    def test_unknown_key(self) -> None:
        assert code_of(CODE, Issuer().trust) == "KEY_UNKNOWN"

    @pytest.mark.parametrize(
        ("protected", "unprotected", "code"),
        [(-37, -7, "SIGNATURE"), (-35, -7, "SIGNATURE"), (None, -7, "SIGNATURE"), (-7, -37, "OK")],
    )
    def test_a_protected_algorithm_is_not_replaced(
        self, protected: object, unprotected: int, code: str
    ) -> None:
        headers = {1: protected, 4: ISSUER.kid}
        message = ISSUER.message(protected=headers, unprotected={1: unprotected})
        assert code_of(text(message)) == code

    @pytest.mark.parametrize("algorithm", [-35, -36, -257, 1, "ES256", None, -7.0])
    def test_other_algorithms(self, algorithm: object) -> None:
        headers = {1: algorithm, 4: ISSUER.kid}
        assert code_of(text(ISSUER.message(protected=headers))) == "SIGNATURE"

    def test_the_name_of_the_other_kind_of_key(self) -> None:
        elliptic = ISSUER.message(protected={1: -37, 4: ISSUER.kid})
        assert code_of(text(elliptic)) == "SIGNATURE"
        modular = RSA_ISSUER.message(protected={1: -7, 4: RSA_ISSUER.kid})
        assert code_of(text(modular), RSA_ISSUER.trust) == "SIGNATURE"

    def test_der_in_place_of_two_halves(self) -> None:
        message = ISSUER.message()
        data = cbor2.dumps(["Signature1", message[0], b"", message[2]])
        message[3] = ISSUER.key.sign(data, ec.ECDSA(SHA256()))
        assert len(message[3]) >= 68
        assert code_of(text(message)) == "SIGNATURE"

    @pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\xff" * 64, b"\x01" * 256])
    def test_nonsense(self, signature: bytes) -> None:
        message = ISSUER.message()
        message[3] = signature
        assert code_of(text(message)) == "SIGNATURE"

    def test_it_comes_before_the_content(self) -> None:
        message = ISSUER.message(b"\xff")
        message[3] = b"\x00" * 64
        assert code_of(text(message)) == "SIGNATURE"


class TestClaims:
    @pytest.mark.parametrize(
        "payload",
        [
            b"",
            b"\xff",
            cbor2.dumps([]),
            cbor2.dumps(claims()) + b"\x00",
            cbor2.dumps({**claims(), 4: "soon"}),
            cbor2.dumps({**claims(), 4: END + 0.5}),
            cbor2.dumps({**claims(), 6: True}),
            cbor2.dumps({**claims(), 6: 2**64}),
            cbor2.dumps({4: END, 6: START}),
            cbor2.dumps({**claims(), -260: {True: certificate()}}),
            cbor2.dumps({**claims(), -260: {1: [certificate()]}}),
            cbor2.dumps(claims({**certificate("v"), **certificate("t"), "ver": "1.2.1"})),
            cbor2.dumps(
                claims({**certificate("v"), "v": certificate("v")["v"] * 2, "ver": "1.2.1"})
            ),
            cbor2.dumps(claims({**certificate("v"), "v": []})),
            cbor2.dumps(claims({name: certificate()[name] for name in ("ver", "nam", "dob")})),
            cbor2.dumps(claims({**certificate(), "ver": "2.0.0"})),
            cbor2.dumps(claims({**certificate(), "ver": 1.3})),
            cbor2.dumps(claims(certificate(dn=float("nan")))),
            cbor2.dumps(claims(certificate(dn=0))),
            cbor2.dumps(claims(certificate(mp=b"bytes"))),
            cbor2.dumps(claims(certificate(mp={1, 2}))),
            cbor2.dumps(claims(certificate(extra={1: "number as key"}))),
            cbor2.dumps(claims(certificate(extra=[0] * 5_000))),
            cbor2.dumps(claims(certificate(co=""))),
            cbor2.dumps(claims({**certificate(), "extra": CBORTag(5000, "x")})),
            b"\xa3\x04\x1a\x70\x00\x00\x00\x06\x01\x39\x01\x03\xa1\x01\xd8\x1c\x81\xd8\x1d\x00",
        ],
    )
    def test_refused(self, payload: bytes) -> None:
        assert code_of(signed(payload)) == "CLAIMS"

    def test_depth(self) -> None:
        deep: Any = "x"
        for _ in range(13):
            deep = [deep]
        assert code_of(ISSUER.code(certificate(extra=deep))) == "OK"
        deep = [deep]
        assert code_of(ISSUER.code(certificate(extra=deep))) == "CLAIMS"

    @pytest.mark.parametrize(
        ("content", "tolerance"),
        [
            ({**certificate(), "ver": "1.0.0", "dob": "1990"}, "dob-partial"),
            (certificate(co=""), "country-empty"),
            (certificate(mp="EU", **{"is": "x" * 81}), "text-too-long"),
        ],
    )
    def test_what_an_agreement_may_tolerate(self, content: Any, tolerance: str) -> None:
        found = read(ISSUER.code(content))
        assert [(f.reason, f.detail) for f in found.findings] == [("CLAIMS", tolerance)]
        assert code_of(ISSUER.code(content), tolerances=frozenset((tolerance,))) == "OK"
        others = frozenset(("dob-partial", "country-empty", "text-too-long")) - {tolerance}
        assert code_of(ISSUER.code(content), tolerances=others) == "CLAIMS"


class TestKey:
    def with_key(self, **changed: Any) -> TrustList:
        key = ISSUER.trusted
        values = {
            name: changed.get(name, getattr(key, name))
            for name in ("kid", "key", "usages", "not_before", "not_after", "country", "state")
        }
        return trust_list("test", 1, NOW, [TrustedKey(**values)])

    def test_usage(self) -> None:
        usages = frozenset((CertificateType.TEST,))
        assert code_of(CODE, self.with_key(usages=usages)) == "KEY_USAGE"
        assert code_of(ISSUER.code(certificate("t")), self.with_key(usages=usages)) == "OK"

    @pytest.mark.parametrize("state", [KeyState.FROZEN, KeyState.COMPROMISED])
    def test_state(self, state: KeyState) -> None:
        assert code_of(CODE, self.with_key(state=state)) == "KEY_STATE"

    def test_the_code_lies_within_its_keys_window(self) -> None:
        assert code_of(CODE, self.with_key(not_before=START, not_after=END)) == "OK"
        assert code_of(CODE, self.with_key(not_before=START + 1)) == "KEY_STATE"
        assert code_of(CODE, self.with_key(not_after=END - 1)) == "KEY_STATE"

    def test_findings_of_a_good_signature_come_together(self) -> None:
        found = read(CODE, self.with_key(usages=frozenset()), at=END)
        assert [finding.reason for finding in found.findings] == ["KEY_USAGE", "TIME"]


class TestTime:
    def test_start_and_end(self) -> None:
        assert code_of(CODE, at=END - 1) == "OK"
        assert code_of(CODE, at=END) == "TIME"
        assert code_of(ISSUER.code(iat=NOW + 30)) == "OK"
        assert code_of(ISSUER.code(iat=NOW + 31)) == "TIME"

    def test_case_files_have_no_margin_and_an_end_inside(self) -> None:
        limits: dict[str, Any] = {"ahead": 0, "behind": 1}
        assert code_of(CODE, at=END, **limits) == "OK"
        assert code_of(CODE, at=END + 1, **limits) == "TIME"
        assert code_of(ISSUER.code(iat=NOW + 1), **limits) == "TIME"


class TestEvent:
    def test_detected(self) -> None:
        assert code_of(ISSUER.code(certificate("t", tr="260373001"))) == "RULE"

    @pytest.mark.parametrize(
        ("group", "entry", "code"),
        [
            ("t", {"sc": "2021-06-29T20:53:20Z"}, "OK"),
            ("t", {"sc": "2021-06-29T20:53:21Z"}, "RULE"),
            ("t", {"sc": "2021-06-29T22:53:20+02"}, "OK"),
            ("v", {"dt": "2021-06-30"}, "OK"),  # it is that day already further east
            ("v", {"dt": "2021-07-01"}, "RULE"),
            ("r", {"fr": "2021-07-01"}, "RULE"),
            ("v", {"dt": "yesterday"}, "RULE"),
        ],
    )
    def test_in_the_future(self, group: str, entry: dict[str, str], code: str) -> None:
        assert code_of(ISSUER.code(certificate(group, **entry))) == code


class TestAnything:
    @given(st.text(max_size=60))
    @example("HC1:\ud800")
    def test_no_text_raises(self, code: str) -> None:
        assert code_of(code) in {"PREFIX", "FORMAT"}
        assert code_of("HC1:" + code) == "FORMAT"

    @given(st.binary(max_size=200))
    def test_no_bytes_raise(self, data: bytes) -> None:
        assert code_of(packed(data)) in {"FORMAT", "SIGNATURE", "KEY_UNKNOWN"}

    @settings(suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=200))
    def test_no_signed_bytes_raise(self, data: bytes) -> None:
        assert code_of(signed(data)) == "CLAIMS"

    @given(st.integers(4, len(CODE) - 1), st.sampled_from(ALPHABET))
    def test_another_character_is_never_accepted(self, place: int, character: str) -> None:
        changed = CODE[:place] + character + CODE[place + 1 :]
        assert (code_of(changed) == "OK") is (changed == CODE)

    @given(st.integers(4, len(CODE) - 1))
    def test_a_missing_or_doubled_character_is_never_accepted(self, place: int) -> None:
        assert code_of(CODE[:place] + CODE[place + 1 :]) != "OK"
        assert code_of(CODE[:place] + CODE[place] + CODE[place:]) != "OK"

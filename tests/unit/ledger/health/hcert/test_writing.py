"""Codes that we write: read by ourselves, deterministic, and refused when they would not do."""

from io import BytesIO
from pathlib import Path
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.health import cbor
from ledger.health.hcert import envelope, reading
from ledger.health.hcert.certificates import ALL_USAGES
from ledger.health.hcert.trust import TrustedKey, trust_list
from ledger.health.hcert.writing import CertificateUnfit, certificate_id, symbol, write
from ledger.keys import PrivateKey
from ledger.values import Seconds
from tests.support.health_codes import CERTIFICATE, END, NOW, START, certificate
from wallet.pictures import codes_in

KEY = PrivateKey.from_secret(b"\x07" * 32)
SAMPLE = ["HC1:SAMPLE"]
KID = KEY.public_key.key_id[:8]
TRUST = trust_list(
    "ours", 1, NOW, [TrustedKey(KID, KEY.public_key.loaded(), ALL_USAGES, START, END, "XX")]
)


def written(content: Any = CERTIFICATE, **changed: Any) -> str:
    return write(
        content,
        "XX",
        changed.get("issued_at", START),
        changed.get("expires_at", END),
        KEY,
        changed.get("verify_until", END),
    )


class TestWrite:
    @pytest.mark.parametrize("group", ["v", "t", "r"])
    def test_is_read(self, group: str) -> None:
        found = reading.read(written(certificate(group)), TRUST, NOW)
        assert found.code == "OK"
        assert found.claims is not None
        assert found.claims.certificate == certificate(group)

    def test_is_deterministic_with_every_header_protected(self) -> None:
        data = envelope.inflated(envelope.decoded(envelope.unprefixed(written())))
        message = cbor.decode_deterministic(data).value
        assert cbor2.loads(message[0]) == {1: -7, 4: KID}
        assert message[1] == {}
        cbor.decode_deterministic(message[2])

    @pytest.mark.parametrize(
        ("content", "changed"),
        [
            ({**CERTIFICATE, "dob": "soon"}, {}),
            ({**CERTIFICATE, "t": certificate("t")["t"], "ver": "1.2.1"}, {}),
            (CERTIFICATE, {"issued_at": END}),
            (CERTIFICATE, {"verify_until": Seconds(END - 1)}),
            (certificate(extra="".join(map(chr, range(0x4E00, 0x9000)))), {}),
        ],
    )
    def test_refused(self, content: Any, changed: dict[str, Any]) -> None:
        with pytest.raises(CertificateUnfit):
            written(content, **changed)


class TestCertificateId:
    @given(st.binary(min_size=16, max_size=16))
    def test_ends_in_all_of_the_randomness(self, entropy: bytes) -> None:
        number = certificate_id("URN:UVCI:01:XX:", entropy)
        assert len(number) == len("URN:UVCI:01:XX:") + 26
        assert symbol(number).mode == "alphanumeric"

    def test_refused(self) -> None:
        assert len(certificate_id("x" * 54, bytes(16))) == 80
        for prefix, entropy in (("x" * 55, bytes(16)), ("x", bytes(15))):
            with pytest.raises(CertificateUnfit):
                certificate_id(prefix, entropy)


class TestSymbol:
    def test_is_alphanumeric_at_level_q(self) -> None:
        code = symbol(written())
        assert (code.mode, code.error) == ("alphanumeric", "Q")


class TestPictures:
    @pytest.mark.parametrize("picture", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50)])
    def test_what_is_no_picture_shows_no_code(self, picture: bytes) -> None:
        assert codes_in(picture) == []

    @given(st.data())
    def test_no_picture_raises(self, data: st.DataObject) -> None:
        stream = BytesIO()
        symbol("HC1:SAMPLE").save(stream, kind="png")
        picture = bytearray(stream.getvalue())
        for _ in range(3):
            picture[data.draw(st.integers(0, len(picture) - 1))] = data.draw(st.integers(0, 255))
        assert codes_in(bytes(picture[: data.draw(st.integers(0, len(picture)))])) in ([], SAMPLE)

    def test_reads_a_code(self, tmp_path: Path) -> None:
        text = written()
        symbol(text).save(str(tmp_path / "code.png"), scale=4, border=4)
        assert codes_in((tmp_path / "code.png").read_bytes()) == [text]

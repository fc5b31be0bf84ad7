"""Document keys in a PKCS#11 token, held against SoftHSM."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from api.signer.assembly import token_keys
from api.signer.remote import RemoteKeys, SignerLine
from ledger.errors import Unavailable
from ledger.keys import CURVE_ORDER, SignatureInvalid
from ledger.licences.issuance import issue
from tests.support.licences import AGENCY_KEY, counted_bytes, draft, issuer
from tests.support.office import BASE_URL
from tests.support.signer import lines
from tests.support.signing import signing, socket_of, trail_of

PLACES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
MODULE = next((Path(place) for place in PLACES if Path(place).exists()), Path(PLACES[0]))
TOOL = shutil.which("softhsm2-util") or ""
LABEL, PIN = "document keys", "123456"

pytestmark = [
    pytest.mark.skipif(not find_spec("pkcs11"), reason="python-pkcs11 is not installed here"),
    pytest.mark.skipif(
        not (MODULE.exists() and TOOL), reason="SoftHSM (package softhsm2) is not installed here"
    ),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A token with the agency's key, and one on another curve that is none for documents.

    The library reads its configuration once, so the module's tests share it.
    """
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    config = folder / "softhsm2.conf"
    config.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(config))
        tool("--init-token", "--free", "--label", LABEL, "--so-pin", PIN, "--pin", PIN)
        bring(folder, "agency", "01", AGENCY_KEY.secret)
        bring(folder, "other", "02", ec.generate_private_key(ec.SECP384R1()))
        yield folder


def tool(*arguments: str) -> None:
    subprocess.run([TOOL, *arguments], check=True, capture_output=True, env=os.environ)


def bring(folder: Path, name: str, number: str, key: ec.EllipticCurvePrivateKey) -> None:
    path = folder / f"{name}.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    words = ("--import", str(path), "--token", LABEL, "--label", name, "--id", number)
    tool(*words, "--pin", PIN)


@pytest.fixture
def token(store: Path) -> Iterator[Any]:
    assert store.exists()
    found: Any = token_keys(MODULE, LABEL, PIN)
    yield found
    found.close()


class TestTokenKeys:
    def test_finds_the_keys_of_our_curve_alone(self, token: Any) -> None:
        assert [signer.public_key for signer in token.signers()] == [AGENCY_KEY.public_key]

    def test_signs_with_low_s_every_time(self, token: Any) -> None:
        (signer,) = token.signers()
        for number in range(32):  # half of all raw signatures have a high s
            message = number.to_bytes(4)
            signature = signer.sign(message)
            assert int.from_bytes(signature[32:]) <= CURVE_ORDER // 2
            AGENCY_KEY.public_key.verify(message, signature)
            with pytest.raises(SignatureInvalid):
                AGENCY_KEY.public_key.verify(message + b"x", signature)

    def test_opens_the_token_anew_after_it_was_closed(self, token: Any) -> None:
        (signer,) = token.signers()
        token.close()
        AGENCY_KEY.public_key.verify(b"m", signer.sign(b"m"))

    @pytest.mark.parametrize(
        ("module", "label", "pin"),
        [
            (MODULE, LABEL, "000000"),
            (MODULE, "another", PIN),
            (MODULE.with_name("missing.so"), LABEL, PIN),
        ],
    )
    def test_is_unavailable_where_it_does_not_open(
        self, store: Path, module: Path, label: str, pin: str
    ) -> None:
        assert store.exists()
        with pytest.raises(Unavailable, match="token"):
            token_keys(module, label, pin).signers()

    def test_never_shows_its_pin(self, token: Any) -> None:
        assert PIN not in repr(token._place)  # noqa: SLF001  # what a traceback would show


class TestSignerProcess:
    def test_signs_licences_with_the_token(self, store: Path, tmp_path: Path) -> None:
        (tmp_path / "pin").write_text(PIN + "\n")
        changes = {
            "SOFTHSM2_CONF": str(store / "softhsm2.conf"),
            "SUIZHENG_PKCS11_MODULE": str(MODULE),
            "SUIZHENG_PKCS11_TOKEN": LABEL,
            "SUIZHENG_PKCS11_PIN_FILE": str(tmp_path / "pin"),
            "SUIZHENG_PASSWORD_FILE": str(tmp_path / "none"),
        }
        line = SignerLine(socket_of(tmp_path))
        with signing(tmp_path, **changes):
            (signer,) = RemoteKeys(line, lambda: 0.0).signers()
            by = replace(issuer(), base_url=BASE_URL, signer=signer)
            issue(draft(issued_at=int(time.time())), by, counted_bytes())
            line.close()
        assert [entry["outcome"] for entry in lines(trail_of(tmp_path))] == ["signed"]

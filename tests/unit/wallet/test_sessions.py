from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest

from ledger.chain.accounts import Account
from ledger.sign_in import check_sign_in
from wallet.service import AnswerMalformed, Service
from wallet.sessions import (
    ServiceNamesItselfOtherwise,
    Session,
    SessionFile,
    sign_in,
)

ACCOUNT = Account(b"\x01" * 32)
NOW = 1_795_226_400
CHALLENGE = {
    "address": ACCOUNT.address,
    "domain": "licences.example",
    "uri": "https://licences.example",
    "chainId": 440100,
    "nonce": "abcdefgh1234",
    "issuedAt": "2026-11-21T02:00:00Z",
    "expiresAt": "2026-11-21T02:05:00Z",
    "statement": "Sign in to Suizheng.",
    "version": "1",
}


def service(challenge: dict[str, Any], url: str = "https://licences.example") -> Service:
    """A service that takes a sign-in as the real one does."""

    def handle(request: httpx2.Request) -> httpx2.Response:
        if request.url.path.endswith("/challenge"):
            return httpx2.Response(200, json=challenge)
        sent = orjson.loads(request.content)
        signature = bytes.fromhex(sent["signature"].removeprefix("0x"))
        message = check_sign_in(
            sent["message"],
            signature,
            domain="licences.example",
            scheme="https",
            chain_id=440100,
            now=NOW,
        )
        assert message.nonce == CHALLENGE["nonce"]
        return httpx2.Response(201, json={"token": "t0ken", "expiresAt": "2026-11-21T10:00:00Z"})

    return Service(url, transport=httpx2.MockTransport(handle))


class TestSignIn:
    def test_signs_what_the_service_accepts(self) -> None:
        session = sign_in(service(CHALLENGE), ACCOUNT)
        assert session == Session("t0ken", NOW + 8 * 3600)

    def test_signs_for_no_other_site(self) -> None:
        with pytest.raises(ServiceNamesItselfOtherwise):
            sign_in(service(CHALLENGE, "https://phishing.example"), ACCOUNT)

    @pytest.mark.parametrize("missing", ["domain", "nonce", "chainId", "issuedAt", "uri"])
    def test_refuses_half_a_challenge(self, missing: str) -> None:
        challenge = {name: value for name, value in CHALLENGE.items() if name != missing}
        with pytest.raises(AnswerMalformed):
            sign_in(service(challenge), ACCOUNT)


class TestSessionFile:
    def test_gives_a_token_until_a_minute_before_its_end(self, tmp_path: Path) -> None:
        kept = SessionFile(tmp_path)
        kept.keep("http://a", ACCOUNT.address, Session("token", 1000))
        assert kept.find("http://a", ACCOUNT.address, 939) == Session("token", 1000)
        assert kept.find("http://a", ACCOUNT.address, 940) is None
        assert kept.find("http://b", ACCOUNT.address, 0) is None

    def test_is_for_the_owner_alone(self, tmp_path: Path) -> None:
        SessionFile(tmp_path).keep("http://a", ACCOUNT.address, Session("token", 1000))
        assert (tmp_path / "sessions.json").stat().st_mode & 0o077 == 0

    def test_forgets(self, tmp_path: Path) -> None:
        kept = SessionFile(tmp_path)
        kept.keep("http://a", ACCOUNT.address, Session("token", 1000))
        kept.forget("http://a", ACCOUNT.address)
        assert kept.find("http://a", ACCOUNT.address, 0) is None

    @pytest.mark.parametrize("text", ["", "[]", '{"http://a x": 5}'])
    def test_does_without_a_damaged_file(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "sessions.json").write_text(text)
        assert SessionFile(tmp_path).find("http://a", ACCOUNT.address, 0) is None

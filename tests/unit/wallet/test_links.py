from collections.abc import Callable

import httpx2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.canonical import b64url_encode
from ledger.sealing import LinkUnknown, SealBroken
from tests.support.verification import sample
from wallet.documents import Held
from wallet.links import (
    LinkMalformed,
    LinkUnavailable,
    fetch,
    parse_link,
)

SAMPLE = sample()
ID, KEY, NONCE = b"\x01" * 16, b"\x02" * 32, b"\x03" * 12
URL = f"https://licences.example/v/{b64url_encode(ID)}#{b64url_encode(KEY)}"
SEALED = NONCE + AESGCM(KEY).encrypt(NONCE, SAMPLE.document.encode(), ID)


def host(answers: dict[str, httpx2.Response]) -> httpx2.MockTransport:
    """A host that has `answers` by path and nothing else."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        assert "#" not in str(request.url)
        return answers.get(request.url.path, httpx2.Response(404))

    return httpx2.MockTransport(answer)


def sealed_at(content: bytes = SEALED) -> dict[str, httpx2.Response]:
    return {f"/v/{b64url_encode(ID)}": httpx2.Response(200, content=content)}


class TestParseLink:
    def test_reads_id_and_key(self) -> None:
        link = parse_link(URL)
        assert (link.id, link.key, link.origin) == (ID, KEY, "https://licences.example")

    @pytest.mark.parametrize(
        "text",
        [
            URL.split("#", maxsplit=1)[0],
            URL[:-1],
            URL + "A",
            URL.replace("/v/", "/w/"),
            URL.replace("https", "file"),
            "https://licences.example/v/#",
            "https://[::1/v/a#b",
        ],
    )
    def test_refuses_a_cut_or_foreign_one(self, text: str) -> None:
        with pytest.raises(LinkMalformed):
            parse_link(text)


class TestFetch:
    def test_opens_the_copy_and_asks_for_its_proof(self) -> None:
        proof = SAMPLE.evidence.proof
        assert proof is not None
        path = f"/v1/proofs/0x{SAMPLE.licence.digest.hex()}"
        answers = sealed_at() | {path: httpx2.Response(200, content=proof.to_json())}
        assert fetch(parse_link(URL), host(answers)) == Held(SAMPLE.document, proof)

    def test_does_without_a_proof(self) -> None:
        assert fetch(parse_link(URL), host(sealed_at())) == Held(SAMPLE.document, None)

    def test_says_that_a_link_is_unknown(self) -> None:
        with pytest.raises(LinkUnknown):
            fetch(parse_link(URL), host({}))

    @pytest.mark.parametrize(
        "spoil",
        [
            lambda sealed: sealed[:-1],
            lambda sealed: sealed[:-1] + bytes([sealed[-1] ^ 1]),
            lambda _: b"",
            lambda _: NONCE + AESGCM(KEY).encrypt(NONCE, b"text", b"\x09" * 16),
        ],
        ids=["cut", "changed", "empty", "of another link"],
    )
    def test_refuses_a_copy_that_the_key_does_not_open(
        self, spoil: Callable[[bytes], bytes]
    ) -> None:
        with pytest.raises(SealBroken):
            fetch(parse_link(URL), host(sealed_at(spoil(SEALED))))

    def test_follows_no_redirect(self) -> None:
        moved = httpx2.Response(302, headers={"Location": "http://127.0.0.1/"})
        with pytest.raises(LinkUnavailable):
            fetch(parse_link(URL), host({f"/v/{b64url_encode(ID)}": moved}))

    def test_says_that_the_host_is_away(self) -> None:
        def away(request: httpx2.Request) -> httpx2.Response:
            raise httpx2.ConnectError("refused", request=request)

        with pytest.raises(LinkUnavailable):
            fetch(parse_link(URL), httpx2.MockTransport(away))

from typing import Any

import pytest
from sqlalchemy import select

from api.services.sign_ins import NONCE_SECONDS, REMEMBERED_SECONDS, SESSION_SECONDS
from api.store.tables import sessions
from tests.support.licences import AGENCY
from tests.support.service import World, message_of, nothing_changes, order, refusal

QUERY = {"agency": f"CN-GD/{AGENCY.code}"}


def challenge(service: World, address: str) -> dict[str, Any]:
    answer = service.client.post("/v1/sign-in/challenge", json={"address": address})
    assert answer.status_code == 200
    body: dict[str, Any] = answer.json()
    return body


def sign_in(service: World, message: str, signature: bytes) -> Any:
    form = {"message": message, "signature": "0x" + signature.hex()}
    return service.client.post("/v1/sign-in", json=form)


def listed(service: World, token: str) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    return service.client.get("/v1/licences", params=QUERY, headers=headers)


class TestChallenge:
    def test_names_this_service_and_chain(self, service: World) -> None:
        asked = service.issuer.address.lower()
        body = challenge(service, asked)
        assert body["address"] == service.issuer.address
        assert body["domain"] == "licences.example:8080"
        assert body["chainId"] == 31337

    def test_gives_another_nonce_each_time(self, service: World) -> None:
        nonces = {challenge(service, service.issuer.address)["nonce"] for _ in range(3)}
        assert len(nonces) == 3

    @pytest.mark.parametrize("address", ["", "0x12", "bob", 7, "0x" + "g" * 40])
    def test_refuses_what_is_no_address(self, service: World, address: object) -> None:
        with nothing_changes(service):
            answer = service.client.post("/v1/sign-in/challenge", json={"address": address})
        assert refusal(answer) == (422, "RequestInvalid")


class TestSignIn:
    def test_opens_a_session_that_ends(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        assert listed(service, token).status_code == 200
        service.clock.now += SESSION_SECONDS - 1
        assert listed(service, token).status_code == 200
        service.clock.now += 1
        assert refusal(listed(service, token)) == (401, "SessionUnknown")

    def test_token_is_not_in_the_database(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        with service.database.read() as connection:
            (kept,) = connection.execute(select(sessions)).mappings()
        assert token not in repr(dict(kept))

    def test_burns_the_nonce(self, service: World) -> None:
        message = message_of(challenge(service, service.issuer.address))
        signature = service.issuer.sign_message(message)
        assert sign_in(service, message, signature).status_code == 201
        with nothing_changes(service):
            again = sign_in(service, message, signature)
        assert refusal(again) == (401, "NonceUnknown")

    def test_takes_a_nonce_for_five_minutes(self, service: World) -> None:
        body = challenge(service, service.issuer.address)
        service.clock.now += NONCE_SECONDS + 1
        fresh = challenge(service, service.issuer.address)
        message = message_of(fresh | {"nonce": body["nonce"]})
        answer = sign_in(service, message, service.issuer.sign_message(message))
        assert refusal(answer) == (401, "NonceUnknown")

    def test_refuses_another_accounts_nonce(self, service: World) -> None:
        body = challenge(service, service.issuer.address)
        message = message_of(body | {"address": service.stranger.address})
        answer = sign_in(service, message, service.stranger.sign_message(message))
        assert refusal(answer) == (401, "NonceUnknown")

    def test_refuses_another_accounts_signature(self, service: World) -> None:
        message = message_of(challenge(service, service.issuer.address))
        with nothing_changes(service):
            answer = sign_in(service, message, service.stranger.sign_message(message))
        assert refusal(answer) == (401, "SignInSignatureInvalid")

    @pytest.mark.parametrize(
        ("change", "name"),
        [
            ({"domain": "evil.example"}, "SignInRefused"),
            ({"uri": "http://evil.example"}, "SignInRefused"),
            ({"chainId": 1}, "SignInRefused"),
            ({"issuedAt": "2026-11-20T00:00:00Z"}, "SignInRefused"),
            ({"expiresAt": "2026-11-20T00:00:00Z"}, "SignInRefused"),
            ({"version": "2"}, "SignInMalformed"),
            ({"statement": "line\nbreak"}, "SignInMalformed"),
            ({"nonce": "short"}, "SignInMalformed"),
            ({"nonce": "neverGivenHere"}, "NonceUnknown"),
        ],
    )
    def test_refuses_a_message_for_elsewhere(
        self, service: World, change: dict[str, Any], name: str
    ) -> None:
        message = message_of(challenge(service, service.issuer.address) | change)
        with nothing_changes(service):
            answer = sign_in(service, message, service.issuer.sign_message(message))
        assert refusal(answer) == (401, name)


class TestSignOut:
    def test_ends_the_session(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        headers = {"Authorization": f"Bearer {token}"}
        assert service.client.delete("/v1/sign-in", headers=headers).status_code == 204
        assert refusal(listed(service, token)) == (401, "SessionUnknown")


class TestRemembered:
    """A session is looked up once a second, not once a request."""

    @pytest.fixture(autouse=True)
    def time_stands(self, service: World) -> None:
        service.pace = 0

    def test_ends_at_once_where_it_is_signed_out(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        assert listed(service, token).status_code == 200
        headers = {"Authorization": f"Bearer {token}"}
        assert service.client.delete("/v1/sign-in", headers=headers).status_code == 204
        assert refusal(listed(service, token)) == (401, "SessionUnknown")

    def test_ends_within_a_second_where_it_is_not(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        assert listed(service, token).status_code == 200
        service.compose().sign_ins.sign_out(token)  # in another process
        assert listed(service, token).status_code == 200
        service.steady += REMEMBERED_SECONDS
        assert refusal(listed(service, token)) == (401, "SessionUnknown")

    def test_lives_no_longer_than_it_may(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        assert listed(service, token).status_code == 200
        service.clock.now += SESSION_SECONDS
        assert refusal(listed(service, token)) == (401, "SessionUnknown")

    def test_is_not_made_up_for_a_stranger(self, service: World) -> None:
        token = service.sign_in(service.issuer)
        assert listed(service, token).status_code == 200
        assert refusal(listed(service, token[:-1])) == (401, "SessionUnknown")


class TestCaller:
    @pytest.mark.parametrize(
        ("headers", "name"),
        [
            ({}, "SignInMissing"),
            ({"Authorization": "Basic Ym9iOmJvYg=="}, "SignInMissing"),
            ({"Authorization": "Bearer"}, "SignInMissing"),
            ({"Authorization": "Bearer "}, "SignInMissing"),
            ({"Authorization": "Bearer nonsense"}, "SessionUnknown"),
            ({"Authorization": "Bearer " + "A" * 43}, "SessionUnknown"),
        ],
    )
    def test_refuses_without_a_session(
        self, service: World, headers: dict[str, str], name: str
    ) -> None:
        with nothing_changes(service):
            answer = service.client.post("/v1/licences", json=order(), headers=headers)
        assert refusal(answer) == (401, name)
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_an_account_without_roles_may_do_nothing(self, service: World) -> None:
        token = service.sign_in(service.stranger)
        assert refusal(listed(service, token)) == (403, "RoleMissing")

"""The office's counter: HTTP over its parts, in this process, signed in as the office's account."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from fastapi.testclient import TestClient

from api.http.schemas.sign_in import ChallengeAnswer
from api.parts import Parts
from api.services.composition import Services
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.values import Digest
from tests.support.apps import app_over
from tests.support.licences import AGENCY, CATALOGUE
from tests.support.office import BASE_URL, TYPE, Office
from tests.support.service import message_of, order


class Silent:
    """A log that nobody reads."""

    def info(self, event: str, **values: Any) -> None: ...

    def error(self, event: str, **values: Any) -> None: ...


class Front:
    """`order` as a client does, keep what was acknowledged, ask for verdicts; made by `front`."""

    def __init__(self, place: Office, services: Services) -> None:
        self.client = TestClient(app_over(services, Silent()), base_url=BASE_URL)
        token = sign_in(services, place.standing.office)
        self.client.headers["Authorization"] = f"Bearer {token}"
        self.acknowledged: dict[str, bytes] = {}
        self._numbers = count(1)

    def new_key(self) -> str:
        return f"front-{id(self):x}-{next(self._numbers):08d}"

    def order(self, key: str | None = None) -> Any:
        """Order one licence; a 201 is kept, and is the same for the same key."""
        key = key or self.new_key()
        headers = {"Idempotency-Key": key}
        answer = self.client.post("/v1/licences", json=order(TYPE), headers=headers)
        if answer.status_code == 201:
            assert self.acknowledged.setdefault(key, answer.content) == answer.content
        return answer

    def issue(self) -> dict[str, Any]:
        answer = self.order()
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def digests(self) -> list[Digest]:
        """Return the digests of all that was acknowledged."""
        return [digest_of(body) for body in self.acknowledged.values()]

    def verdict(self, document: str, **more: Any) -> str:
        answer = self.client.post("/v1/verifications", json={"document": document, **more})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["verdict"])


@contextmanager
def front(place: Office, parts: Parts | None = None) -> Iterator[Front]:
    """Serve with the office's parts, or with those of one more process on its database."""
    made = Front(place, (parts or place.parts).services())
    with made.client:  # one event loop for all requests, as in a server
        yield made


def digest_of(body: bytes) -> Digest:
    """Return the digest that an answer to an order names."""
    text = body.partition(b'"digest":"0x')[2][:64].decode()
    return Digest(bytes.fromhex(text))


def accredit(place: Office) -> None:
    """Let the agency issue what is ordered here."""
    record_type = CATALOGUE.get(TYPE).record_type
    place.standing.send(calls.accredit(place.standing.deployment, AGENCY.id, record_type))
    place.work()


def sign_in(services: Services, who: Account) -> str:
    """Sign an account in, as its wallet does."""
    challenge = services.sign_ins.challenge(who.address)
    shown = ChallengeAnswer.of(challenge).model_dump(mode="json", by_alias=True)
    message = message_of(shown)
    return services.sign_ins.sign_in(message, who.sign_message(message)).token


def token_of(place: Office) -> str:
    """Return what the office's account is known by at any of its servers."""
    return sign_in(place.parts.services(), place.standing.office)


def is_outage(answer: Any) -> bool:
    """Whether an answer is a 503 that says when to come back."""
    return answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0

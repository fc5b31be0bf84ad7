"""A thousand travellers, each with a wallet's rules and a key of their own, over a few connections.

They do what `suizheng health convert` does, by the same code; a thousand programs started one after
another would take an hour of unlocking keys.
"""

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ledger.agreements.health_policy import Policy
from ledger.canonical import b64url_decode, b64url_encode
from ledger.health import allow_list, passes, presentations, signed
from ledger.health.allow_list import AllowList
from ledger.health.passes import HealthPass
from ledger.keys import PrivateKey, PublicKey
from scripts.demo.recognition import HOME, HOST
from scripts.demo.stage import expect
from wallet.agreements import read_health_policy_file
from wallet.commands.health_convert import invited, named
from wallet.commands.serving import proof_of
from wallet.health.conversions import Carried, receipts_of, sealed_application
from wallet.health.one_time import SALT_BYTES, one_time_key
from wallet.health.passes import read_pass
from wallet.service import Service

SIZE: Final = 1_000
CONNECTIONS: Final = 4
PATIENCE_SECONDS: Final = 60.0
YELLOW, RED = 1, 2
_EVERY_YELLOW: Final = 50
_EVERY_RED: Final = 250
_SAMPLED_AGO: Final = 24 * 3_600


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a traveller's codes are about: plainly a sample, and easily found where it leaks."""

    number: int

    @property
    def form(self) -> dict[str, str]:
        """The person as the home authority writes it down."""
        number = self.number
        born = f"19{40 + number % 60}-{1 + number % 12:02}-{1 + number % 28:02}"
        return {
            "name": f"Viajante Exemplo {_word(number)}",
            "birthDate": born,
            "documentType": "P",
            "documentIssuer": "CN-GD",
            "documentNumber": f"E{77_000_000 + 7_919 * number:08}",
        }

    @property
    def grade(self) -> int:
        """The colour of the home authority's code."""
        if self.number % _EVERY_RED == _EVERY_RED - 1:
            return RED
        return YELLOW if self.number % _EVERY_YELLOW == _EVERY_YELLOW - 1 else 0


@dataclass
class Traveller:
    """A person with a holder key, a one-time key, and in the end a pass."""

    person: Person
    holder: PrivateKey
    salt: bytes
    transfer: bytes = b""
    digest: str = ""
    receipt: bytes = b""
    code: str = field(default="", repr=False)

    @property
    def key(self) -> PrivateKey:
        """The key of the pass."""
        return one_time_key(self.holder, self.salt)

    @property
    def encoded(self) -> bytes:
        """The pass's bytes."""
        return passes.from_text(self.code).encoded

    @property
    def content(self) -> HealthPass:
        """What the pass says."""
        return read_pass(self.encoded)

    def live(self, at: int) -> str:
        """Return what the traveller's screen shows at a time."""
        nonce = secrets.token_bytes(presentations.NONCE_BYTES)
        return presentations.present([self.encoded], at, nonce, self.key)


def people(count: int = SIZE) -> list[Traveller]:
    """Return travellers with fresh keys."""
    return [
        Traveller(
            Person(number),
            PrivateKey.from_secret(bytes(1) + secrets.token_bytes(31)),
            secrets.token_bytes(SALT_BYTES),
        )
        for number in range(count)
    ]


def transfer_form(person: Person, jwk: dict[str, str], at: int) -> dict[str, Any]:
    """Return what the home authority's officer fills in, without the agency."""
    sampled = datetime.fromtimestamp(at - _SAMPLED_AGO, UTC)
    return {
        "target": HOST.partition("/")[0],
        "version": 1,
        "grade": person.grade,
        "holderKey": jwk,
        "person": person.form,
        "test": {
            "kind": "LP6464-4",
            "result": "negative",
            "sampledAt": sampled.isoformat().replace("+00:00", "Z"),
            "laboratory": "Sample Laboratory",
        },
    }


@dataclass(frozen=True, slots=True)
class Crossing:
    """The two authorities' service as the crowd meets it; `token` is the home officer's."""

    url: str
    token: str
    policy: Path

    def transfer(self, crowd: Sequence[Traveller]) -> None:
        """Have the home authority sign a transfer for everybody, and wait for their anchors."""
        agency = named(HOME)

        def ask(service: Service, each: Traveller) -> None:
            form = transfer_form(each.person, each.holder.public_key.jwk(), int(time.time())) | {
                "agency": agency
            }
            answer = service.post("/v1/health/transfers", form)
            each.transfer = b64url_decode(answer["transfer"])
            each.digest = str(answer["digest"])

        self._each(ask, crowd, self.token)

    def convert(self, crowd: Sequence[Traveller]) -> None:
        """Let everybody consent, seal and apply; nobody needs an account for that."""
        policy = read_health_policy_file(self.policy)

        def apply(service: Service, each: Traveller) -> None:
            each.code = self._applied(service, each, policy)

        self._each(apply, crowd, None)

    def are_listed(self, crowd: Iterable[Traveller], key: PublicKey) -> bool:
        """Whether the allow list that gates get, signed by `key`, has everybody's pass."""
        path = f"/v1/health/allow/{HOST}"
        with closing(Service(self.url)) as service:
            found = [
                allow_list.verify(signed.read(service.fetch(f"{path}/{each['seq']}")), key)
                for each in service.get(path)["segments"]
            ]
        known = AllowList(found)
        return all(known.find(passes.from_text(each.code).digest) for each in crowd)

    def _applied(self, service: Service, each: Traveller, policy: Policy) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (proof := proof_of(service, each.digest)) is None:
            expect(time.monotonic() < deadline, "a transfer is not anchored")
            time.sleep(0.2)
        now, holder = int(time.time()), each.holder
        receipts = receipts_of(policy, ("entry",), "en", holder, now, secrets.token_bytes)
        each.receipt = receipts[0].document
        sealed = sealed_application(
            Carried(each.transfer, proof),
            receipts,
            [each.key.public_key],
            invited(service, HOST, None),
            holder,
            now,
            secrets.token_bytes,
        )
        form = {"agency": named(HOST), "sealed": b64url_encode(sealed)}
        answer = service.post("/v1/health/conversions", form)
        return str(answer["passes"][0]["code"])

    def _each(
        self,
        act: Callable[[Service, Traveller], None],
        crowd: Sequence[Traveller],
        token: str | None,
    ) -> None:
        """Let everybody act, over a few connections at once."""

        def in_turn(some: Iterable[Traveller]) -> None:
            with closing(Service(self.url, token)) as service:
                for each in some:
                    act(service, each)

        shares = [crowd[start::CONNECTIONS] for start in range(CONNECTIONS)]
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            list(pool.map(in_turn, shares))


def _word(number: int) -> str:
    """Return a name of letters alone, a different one for each number."""
    letters = ""
    while number:
        number, place = divmod(number, 20)
        letters += "bcdfghjklmnpqrstvwxz"[place] + "ao"[place % 2]
    return f"Q{letters}z".capitalize()

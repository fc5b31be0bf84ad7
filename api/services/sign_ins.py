"""Signing in with an account, and what an account may do.

A sign-in proves the account only (EIP-4361); what it may do is asked anew at each request, from the
roles that the chain gives it. The bearer token is 32 random bytes of which the store
keeps the SHA-256 alone: who reads the database cannot speak for anybody.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

from api.services.recent import Recent
from api.store.groups import Grouped
from api.store.sign_ins import Session, SessionUnknown, SignInStore
from ledger.authority import Agency
from ledger.canonical import b64url_encode
from ledger.errors import LedgerError, RoleMissing
from ledger.sign_in import check_sign_in
from ledger.values import Address, AgencyId, Role, jurisdiction_id

NONCE_SECONDS: Final = 300
"""How long a nonce waits for its signature (proposed)."""
SESSION_SECONDS: Final = 8 * 3600
"""How long a token speaks for its account: a working day (proposed)."""
REMEMBERED_SECONDS: Final = 1.0
"""How long an open session is remembered; one that ends elsewhere lives on as long (proposed)."""
STATEMENT: Final = "Sign in to Suizheng. This costs nothing and sends no transaction."
_TOKEN_BYTES: Final = 32
_NONCE_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class Site:
    """Where this service is found, such as `https://licences.example`; never the Host header."""

    base_url: str
    chain_id: int

    @property
    def domain(self) -> str:
        """The authority part, which a sign-in message names."""
        return urlsplit(self.base_url).netloc

    @property
    def scheme(self) -> str:
        """`http` or `https`."""
        return urlsplit(self.base_url).scheme


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a wallet needs to write the message that its account signs; times in Unix seconds."""

    address: Address
    domain: str
    uri: str
    chain_id: int
    nonce: str
    issued_at: int
    expires_at: int
    statement: str = STATEMENT
    version: str = "1"


@dataclass(frozen=True, slots=True)
class Login:
    """An account that signed in; the token is shown this once."""

    address: Address
    token: str
    expires_at: int


class RolesOnLedger(Protocol):
    """Whoever knows the roles that the chain gives."""

    def roles(self, account: Address) -> frozenset[tuple[bytes, Role]]:
        """Return the pairs of subject and role that an account holds."""


class SignIns:
    """Opens sessions for accounts that sign a fresh message of ours."""

    def __init__(
        self,
        store: SignInStore,
        site: Site,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
        steady: Callable[[], float],
    ) -> None:
        self._store = store
        self._site = site
        self._clock = clock
        self._randomness = randomness
        self._open: Recent[str, Session] = Recent(REMEMBERED_SECONDS, steady)
        self._asked: Grouped[str, Address] = Grouped(self._answers)

    def challenge(self, address: Address) -> Challenge:
        """Return a message's parts with a nonce that this account may use once, within minutes."""
        now = self._clock()
        challenge = Challenge(
            address=address,
            domain=self._site.domain,
            uri=self._site.base_url,
            chain_id=self._site.chain_id,
            nonce=self._randomness(_NONCE_BYTES).hex(),
            issued_at=now,
            expires_at=now + NONCE_SECONDS,
        )
        self._store.give_nonce(challenge.nonce, challenge.address, now)
        return challenge

    def sign_in(self, message: str, signature: bytes) -> Login:
        """Open a session for the account that signed `message`, burning its nonce with it.

        Raises:
            SignInMalformed, SignInRefused, SignInSignatureInvalid: as `check_sign_in`.
            NonceUnknown: for a nonce that is not ours, not this account's, used, or too old.
        """
        now = self._clock()
        said = check_sign_in(
            message,
            signature,
            domain=self._site.domain,
            scheme=self._site.scheme,
            chain_id=self._site.chain_id,
            now=now,
        )
        token = b64url_encode(self._randomness(_TOKEN_BYTES))
        session = Session(said.address, now, now + SESSION_SECONDS)
        self._store.open(token, session, said.nonce, nonce_not_before=now - NONCE_SECONDS)
        return Login(said.address, token, session.expires_at)

    def who(self, token: str) -> Address:
        """Return the account that a token speaks for; raise `SessionUnknown`."""
        now = self._clock()
        session = self._open.load(token, lambda: self._store.session(token, now))
        if session.expires_at <= now:
            raise SessionUnknown
        return session.address

    def recall(self, token: str) -> Address | None:
        """Return as `who` from memory alone; None where `who` must look."""
        session = self._open.get(token)
        return session.address if session and session.expires_at > self._clock() else None

    async def ask(self, token: str) -> Address:
        """Return as `who`; once in a while all of an account's requests ask, and one look serves.

        Raises `StoreUnavailable` when too many ask at once.
        """
        return await self._asked.ask(token)

    def sign_out(self, token: str) -> None:
        """End the session of a token; in this process it ends at once."""
        self._store.close(token)
        self._open.forget(token)

    def _answers(self, tokens: Sequence[str]) -> list[Address | LedgerError]:
        answers = {token: self._answer(token) for token in dict.fromkeys(tokens)}
        return [answers[token] for token in tokens]

    def _answer(self, token: str) -> Address | LedgerError:
        try:
            return self.who(token)
        except LedgerError as error:
            return error


class Roles:
    """What an account may do for an agency, as of the projection; the contracts decide again."""

    def __init__(self, ledger: RolesOnLedger) -> None:
        self._ledger = ledger

    def require(self, account: Address, agency: AgencyId, role: Role) -> None:
        """Raise `RoleMissing` unless the account holds the role for the agency."""
        if (agency, role) not in self._ledger.roles(account):
            raise RoleMissing(agency, int(role), account)

    def require_officer(self, account: Address, agency: Agency) -> None:
        """Raise `RoleMissing` unless the account buys for the agency, or supervises it."""
        held = self._ledger.roles(account)
        place = jurisdiction_id(agency.jurisdiction)
        if not {(agency.id, Role.TENDERER), (place, Role.SUPERVISOR)} & held:
            raise RoleMissing(agency.id, int(Role.TENDERER), account)

    def require_any(self, account: Address, agency: AgencyId) -> None:
        """Raise `RoleMissing` unless the account holds any role for the agency.

        A record of another agency is refused so, too, and not hidden: that it exists is public,
        since anybody who has its digest may fetch its proof.
        """
        if all(subject != agency for subject, _ in self._ledger.roles(account)):
            raise RoleMissing(agency, int(Role.ADMIN), account)

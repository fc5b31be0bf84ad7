"""Signing in at a service with an account (EIP-4361), and the token that it gives, kept 0600."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.chain.accounts import Account
from ledger.errors import Refused
from ledger.sign_in import SignIn
from ledger.values import Address
from wallet.embedded import Clocks
from wallet.home import read_file, write_file
from wallet.service import AnswerMalformed, Service

FILE: Final = "sessions.json"
SPARE_SECONDS: Final = 60
"""A token with less time left is not used: the work must end before it does."""


@dataclass(eq=False)
class ServiceNamesItselfOtherwise(Refused):
    """The service asks to sign in for another site. Give --service the address it names itself.

    An account that signed in for another site could be used there.
    """

    asked_of: str
    names_itself: str


@dataclass(frozen=True, slots=True)
class Session:
    """A bearer token and the Unix second at which it ends."""

    token: str
    expires_at: int


class SessionFile:
    """The tokens of one wallet, by service and account."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE

    def find(self, base_url: str, address: Address, now: int) -> Session | None:
        """Return a token that is good for a minute more, if there is one."""
        entry = self._load().get(_name(base_url, address))
        if not isinstance(entry, dict) or not isinstance(entry.get("expiresAt"), int):
            return None
        session = Session(str(entry.get("token")), entry["expiresAt"])
        return session if session.expires_at > now + SPARE_SECONDS else None

    def keep(self, base_url: str, address: Address, session: Session) -> None:
        """Store a token in the place of the one before."""
        entries = self._load()
        entries[_name(base_url, address)] = {
            "token": session.token,
            "expiresAt": session.expires_at,
        }
        write_file(self._path, orjson.dumps(entries))

    def forget(self, base_url: str, address: Address) -> None:
        """Drop a token, there or not."""
        entries = self._load()
        if entries.pop(_name(base_url, address), None) is not None:
            write_file(self._path, orjson.dumps(entries))

    def _load(self) -> dict[str, Any]:
        try:
            return parse_object(read_file(self._path)) if self._path.exists() else {}
        except JsonMalformed:
            return {}  # tokens can be had anew


def sign_in(service: Service, account: Account) -> Session:
    """Sign in with `account`; return the session.

    Raises:
        ServiceNamesItselfOtherwise: when the challenge is for another site than was asked.
        AnswerMalformed: when the challenge or the answer lacks what is due.
    """
    challenge = service.ask("/v1/sign-in/challenge", {"address": account.address})
    text = _message(service.base_url, account.address, challenge).to_text()
    signature = "0x" + account.sign_message(text).hex()
    answer = service.ask("/v1/sign-in", {"message": text, "signature": signature})
    try:
        return Session(str(answer["token"]), _seconds(answer["expiresAt"]))
    except (KeyError, ValueError, TypeError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def open_service(
    base_url: str,
    address: Address,
    unlock: Callable[[], Account],
    kept: SessionFile,
    clocks: Clocks,
) -> Service:
    """Return a client that speaks for the account; `unlock` is called where no token is good."""
    session = kept.find(base_url, address, clocks.now())
    if session is None:
        plain = Service(base_url)
        try:
            session = sign_in(plain, unlock())
        finally:
            plain.close()
        kept.keep(base_url, address, session)
    return Service(base_url, session.token, wait=clocks.pause)


def _message(base_url: str, address: Address, challenge: dict[str, Any]) -> SignIn:
    try:
        domain, expires_at = str(challenge["domain"]), challenge.get("expiresAt")
        message = SignIn(
            domain=domain,
            address=address,
            uri=str(challenge["uri"]),
            chain_id=int(challenge["chainId"]),
            nonce=str(challenge["nonce"]),
            issued_at=_seconds(challenge["issuedAt"]),
            statement=challenge.get("statement"),
            expiration=None if expires_at is None else _seconds(expires_at),
        )
    except (KeyError, ValueError, TypeError) as exc:
        raise AnswerMalformed(base_url) from exc
    if domain != urlsplit(base_url).netloc:
        raise ServiceNamesItselfOtherwise(urlsplit(base_url).netloc, domain)
    return message


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _name(base_url: str, address: Address) -> str:
    return f"{base_url} {address}"

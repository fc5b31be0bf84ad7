"""Sign-in with an EVM account: the message of EIP-4361, written and read line by line.

The text is what was signed, so it has one shape: lines in this order, LF between them, nothing
after the last. Everything in it is ASCII, as RFC 3986 wants of a URI.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ledger.errors import Refused
from ledger.keys import SignatureInvalid
from ledger.secp256k1 import SIGNATURE_BYTES, is_checksummed, recover, text_digest
from ledger.values import Address

MAX_BYTES: Final = 4096
"""Longest text that is read."""
ISSUED_WITHIN_SECONDS: Final = 120
"""How far `Issued At` may lie from the reader's clock, either way."""
VERSION: Final = "1"

_GREETING: Final = " wants you to sign in with your Ethereum account:"
_PCHAR: Final = r"(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9A-Fa-f]{2})"
_AUTHORITY: Final = re.compile(
    r"(?:(?:[A-Za-z0-9\-._~!$&'()*+,;=:]|%[0-9A-Fa-f]{2})*@)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=]|%[0-9A-Fa-f]{2})+)(?::[0-9]*)?"
)
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
_STATEMENT: Final = re.compile(r"[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;= ]+")
_URI: Final = re.compile(
    rf"{_SCHEME.pattern}:(?://{_AUTHORITY.pattern}(?:/{_PCHAR}*)*|(?:{_PCHAR}|/)+)"
    rf"(?:\?(?:{_PCHAR}|[/?])*)?(?:#(?:{_PCHAR}|[/?])*)?"
)
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,77}")
_NONCE: Final = re.compile(r"[A-Za-z0-9]{8,}")
_REQUEST_ID: Final = re.compile(rf"{_PCHAR}*")
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?"
    r"(Z|[+-][0-9]{2}:[0-5][0-9])"
)


@dataclass(eq=False)
class SignInMalformed(Refused):
    """The text is not a sign-in message."""

    reason: str


@dataclass(eq=False)
class SignInRefused(Refused):
    """The sign-in message is not for here and now."""

    reason: str


@dataclass(eq=False)
class SignInSignatureInvalid(Refused):
    """The account named in the sign-in message did not sign it."""

    address: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """The values of a sign-in message; times in whole Unix seconds, None where a line is absent."""

    domain: str
    address: Address
    uri: str
    chain_id: int
    nonce: str
    issued_at: int
    statement: str | None = None
    expiration: int | None = None
    not_before: int | None = None
    request_id: str | None = None
    resources: tuple[str, ...] | None = None
    scheme: str | None = None
    version: str = VERSION

    def to_text(self) -> str:
        """Return the text to sign; `parse_sign_in` gives these values back."""
        origin = self.domain if self.scheme is None else f"{self.scheme}://{self.domain}"
        statement = [] if self.statement is None else [self.statement]
        lines = [f"{origin}{_GREETING}", self.address, "", *statement, ""]
        lines += [
            f"URI: {self.uri}",
            f"Version: {self.version}",
            f"Chain ID: {self.chain_id}",
            f"Nonce: {self.nonce}",
            f"Issued At: {_rfc3339(self.issued_at)}",
        ]
        if self.expiration is not None:
            lines.append(f"Expiration Time: {_rfc3339(self.expiration)}")
        if self.not_before is not None:
            lines.append(f"Not Before: {_rfc3339(self.not_before)}")
        if self.request_id is not None:
            lines.append(f"Request ID: {self.request_id}")
        if self.resources is not None:
            lines += ["Resources:", *(f"- {resource}" for resource in self.resources)]
        return "\n".join(lines)


def parse_sign_in(text: str) -> SignIn:
    """Return the values in `text`; raise `SignInMalformed` for any second shape (EIP-4361)."""
    if not text.isascii() or len(text) > MAX_BYTES:
        raise SignInMalformed("longer than 4 kB, or not ASCII")
    lines = _Lines(text.split("\n"))
    scheme, domain = _origin(lines.next())
    address = lines.next()
    if not is_checksummed(address):
        raise SignInMalformed("the address is not in EIP-55 case")
    lines.empty()
    statement = lines.statement()
    message = SignIn(
        scheme=scheme,
        domain=domain,
        address=Address(address),
        statement=statement,
        uri=_matching(_URI, lines.field("URI"), "URI"),
        version=_version(lines.field("Version")),
        chain_id=int(_matching(_NUMBER, lines.field("Chain ID"), "Chain ID")),
        nonce=_matching(_NONCE, lines.field("Nonce"), "Nonce"),
        issued_at=_seconds(lines.field("Issued At")),
        expiration=_seconds_or_none(lines.optional("Expiration Time")),
        not_before=_seconds_or_none(lines.optional("Not Before")),
        request_id=_request_id(lines.optional("Request ID")),
        resources=_resources(lines),
    )
    lines.end()
    return message


def check_sign_in(
    text: str, signature: bytes, *, domain: str, scheme: str, chain_id: int, now: int
) -> SignIn:
    """Return the message that `signature` signs in with; whether its nonce is ours, ask the caller.

    `domain` and `scheme` come from settings, never from the request.

    Raises:
        SignInMalformed: as `parse_sign_in`.
        SignInRefused: for another domain, scheme, URI origin or chain, a wrong time, and the
            signature of a contract account (ERC-1271), which only a chain could judge.
        SignInSignatureInvalid: unless the account in the message signed it (EIP-191).
    """
    message = parse_sign_in(text)
    _check_place(message, domain, scheme, chain_id)
    _check_time(message, now)
    if len(signature) != SIGNATURE_BYTES:
        raise SignInRefused("the signature is not 65 bytes; contract accounts cannot sign in")
    try:
        signer = recover(text_digest(text), signature)
    except SignatureInvalid as exc:
        raise SignInSignatureInvalid(message.address) from exc
    if signer != message.address:
        raise SignInSignatureInvalid(message.address)
    return message


def _check_place(message: SignIn, domain: str, scheme: str, chain_id: int) -> None:
    if message.domain != domain:
        raise SignInRefused("the domain is another")
    if message.scheme not in {None, scheme}:
        raise SignInRefused("the scheme is another")
    origin = f"{scheme}://{domain}"
    if message.uri != origin and not message.uri.startswith((f"{origin}/", f"{origin}?")):
        raise SignInRefused("the URI is of another origin")
    if message.chain_id != chain_id:
        raise SignInRefused("the chain is another")


def _check_time(message: SignIn, now: int) -> None:
    if abs(now - message.issued_at) > ISSUED_WITHIN_SECONDS:
        raise SignInRefused("it was not issued within two minutes of now")
    if message.not_before is not None and now < message.not_before:
        raise SignInRefused("it is not good yet")
    if message.expiration is not None and now >= message.expiration:
        raise SignInRefused("it has expired")


class _Lines:
    """The lines of a message, each read once, in order."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0

    def next(self) -> str:
        if self._at == len(self._lines):
            raise SignInMalformed("a line is missing")
        self._at += 1
        return self._lines[self._at - 1]

    def empty(self) -> None:
        if self.next():
            raise SignInMalformed("an empty line is missing")

    def statement(self) -> str | None:
        line = self.next()
        if not line:
            return None
        self.empty()
        return _matching(_STATEMENT, line, "the statement")

    def field(self, name: str) -> str:
        line = self.next()
        if not line.startswith(f"{name}: "):
            raise SignInMalformed(f"{name} is missing or out of order")
        return line[len(name) + 2 :]

    def optional(self, name: str) -> str | None:
        if self._at == len(self._lines) or not self._lines[self._at].startswith(f"{name}: "):
            return None
        return self.field(name)

    def rest(self, heading: str) -> list[str] | None:
        if self._at == len(self._lines) or self._lines[self._at] != heading:
            return None
        rest = self._lines[self._at + 1 :]
        self._at = len(self._lines)
        return rest

    def end(self) -> None:
        if self._at != len(self._lines):
            raise SignInMalformed("a line is unknown, repeated or out of order")


def _origin(line: str) -> tuple[str | None, str]:
    if not line.endswith(_GREETING):
        raise SignInMalformed("the first line is another")
    scheme, separator, domain = line.removesuffix(_GREETING).rpartition("://")
    if separator:
        _matching(_SCHEME, scheme, "the scheme")
    return scheme if separator else None, _matching(_AUTHORITY, domain, "the domain")


def _version(value: str) -> str:
    if value != VERSION:
        raise SignInMalformed("Version is not 1")
    return value


def _request_id(value: str | None) -> str | None:
    return None if value is None else _matching(_REQUEST_ID, value, "Request ID")


def _resources(lines: _Lines) -> tuple[str, ...] | None:
    found = lines.rest("Resources:")
    if found is None:
        return None
    if not all(line.startswith("- ") for line in found):
        raise SignInMalformed("a line after Resources is no resource")
    return tuple(_matching(_URI, line.removeprefix("- "), "a resource") for line in found)


def _matching(pattern: re.Pattern[str], value: str, name: str) -> str:
    if pattern.fullmatch(value) is None:
        raise SignInMalformed(f"{name} is not as EIP-4361 spells it")
    return value


def _seconds_or_none(value: str | None) -> int | None:
    return None if value is None else _seconds(value)


def _seconds(value: str) -> int:
    """Return RFC 3339 as Unix seconds, a fraction cut off; no leap second is read."""
    found = _TIME.fullmatch(value)
    if found is None:
        raise SignInMalformed("a time is not RFC 3339 with a zone")
    try:
        moment = datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00"))
    except ValueError as exc:
        raise SignInMalformed("there is no such time") from exc
    return int(moment.timestamp())


def _rfc3339(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")

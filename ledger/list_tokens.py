"""Status lists as signed tokens: offline copies, and whose word they are.

`statuslist+jwt` of draft-ietf-oauth-status-list-21 §5.1; the same list as a CWT is written and read
by `health.status_cwt`, and judged here. A token that cannot be used says nothing, so its errors are
`Unavailable`.
"""

from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from ledger import jws
from ledger.authority import DocumentKey
from ledger.errors import Refused
from ledger.keys import PublicKey, SignatureInvalid, Signer
from ledger.status_list import BITS, ListMalformed, ListUnusable, StatusList
from ledger.values import Address, AgencyId, KeyState, KeyUsage, LedgerRef, Status

TOKEN_TYPE: Final = "statuslist+jwt"  # noqa: S105  # a media type, no password
LIFETIME_SECONDS: Final = 24 * 3600
"""A list token's `exp` minus its `iat`; proposed, no law names it."""
TTL_SECONDS: Final = 900
"""How long a list token may be kept before asking again; proposed, no law names it."""

_T = TypeVar("_T")
_HASH_BYTES: Final = 32


@dataclass(eq=False)
class ListUntrusted(ListUnusable):
    """The status list is not signed by this agency for this use."""

    reason: str


@dataclass(eq=False)
class ListStale(ListUnusable):
    """The status list is out of date."""

    as_of: int


class Envelope(Protocol):
    """What a list came in: its signature, not yet checked."""

    def verify(self, key: PublicKey) -> None:
        """Raise `SignatureInvalid` unless `key` signed it."""


@dataclass(frozen=True, slots=True)
class ListChain:
    """Where on chain a list can be recomputed from: its words as of the end of `block`."""

    ledger: LedgerRef
    agency: AgencyId
    list: int
    block: int
    block_hash: bytes


def sign_list(
    entries: StatusList, *, uri: str, issued_at: int, chain: ListChain, signer: Signer
) -> str:
    """Return the list as a signed `statuslist+jwt`, good from `issued_at` for 24 hours."""
    payload = {
        "sub": uri,
        "iat": issued_at,
        "exp": issued_at + LIFETIME_SECONDS,
        "ttl": TTL_SECONDS,
        "status_list": {"bits": entries.bits, "lst": entries.compressed()},
        "chain": {
            "chainId": chain.ledger.chain_id,
            "ledger": chain.ledger.address,
            "agency": _hex(chain.agency),
            "list": chain.list,
            "block": chain.block,
            "blockHash": _hex(chain.block_hash),
        },
    }
    return jws.sign(TOKEN_TYPE, payload, signer)


@dataclass(frozen=True, slots=True)
class SignedList:
    """A list token as read, not to be trusted before `check`; times in Unix seconds."""

    kid: str
    uri: str
    issued_at: int
    expires_at: int
    ttl: int | None
    list: StatusList
    chain: ListChain | None
    envelope: Envelope

    def check(self, uri: str, key: DocumentKey | None, now: int) -> None:
        """Raise unless this list speaks for `uri` at `now`; `key` is the document's agency's.

        A key that is frozen or reported compromised vouches for no list, whatever `iat` says: its
        thief chooses `iat`, and an honest agency signs a new list within minutes.

        Raises:
            ListUntrusted: for another `uri`, another signer or usage, a key that is not good at
                `iat` and now, a signature that does not match, and `iat` in the future.
            ListStale: from `exp` on.
        """
        if self.uri != uri:
            raise ListUntrusted("it is the list of another address")
        _check_signer(self, key, now)
        if now < self.issued_at:
            raise ListUntrusted("it was issued in the future")
        if now >= self.expires_at:
            raise ListStale(self.issued_at)

    def status(self, index: int) -> Status:
        """Return an entry; raise as `StatusList.status` does."""
        return self.list.status(index)


def parse_list(token: str) -> SignedList:
    """Return the list in a `statuslist+jwt` of 2 bits; raise `ListMalformed` for anything else."""
    try:
        parsed = jws.parse(token, TOKEN_TYPE)
    except Refused as exc:
        raise ListMalformed(exc.title()) from exc
    claims = parsed.payload
    status_list = _member(claims, "status_list", dict)
    if _member(status_list, "bits", int) != BITS:
        raise ListMalformed("bits is not 2")
    return SignedList(
        kid=parsed.kid,
        uri=_member(claims, "sub", str),
        issued_at=_member(claims, "iat", int),
        expires_at=_member(claims, "exp", int),
        ttl=_member(claims, "ttl", int) if "ttl" in claims else None,
        list=StatusList.inflate(_member(status_list, "lst", str)),
        chain=_chain(_member(claims, "chain", dict)) if "chain" in claims else None,
        envelope=parsed,
    )


def _check_signer(token: SignedList, key: DocumentKey | None, now: int) -> None:
    if key is None or key.public_key.kid != token.kid:
        raise ListUntrusted("the key is not the agency's")
    if KeyUsage.STATUS_LISTS not in key.usage:
        raise ListUntrusted("the key is not for status lists")
    if key.frozen or key.distrust_from:
        raise ListUntrusted("the key is frozen or compromised")
    if key.state_at(token.issued_at) is not KeyState.ACTIVE or now >= key.verify_until:
        raise ListUntrusted("the key is not good at that time")
    try:
        token.envelope.verify(key.public_key)
    except SignatureInvalid as exc:
        raise ListUntrusted("the signature does not match") from exc


def _chain(found: dict[str, Any]) -> ListChain:
    return ListChain(
        ledger=LedgerRef(_member(found, "chainId", int), Address(_member(found, "ledger", str))),
        agency=AgencyId(_hash(found, "agency")),
        list=_member(found, "list", int),
        block=_member(found, "block", int),
        block_hash=_hash(found, "blockHash"),
    )


def _member(found: dict[str, Any], name: str, kind: type[_T]) -> _T:
    value = found.get(name)
    if type(value) is not kind:  # isinstance would take true for a number
        raise ListMalformed(f"{name} is missing or of another type")
    return value


def _hash(found: dict[str, Any], name: str) -> bytes:
    text = _member(found, name, str)
    try:
        raw = bytes.fromhex(text.removeprefix("0x"))
    except ValueError as exc:
        raise ListMalformed(f"{name} is not 0x-hex") from exc
    if _hex(raw) != text or len(raw) != _HASH_BYTES:
        raise ListMalformed(f"{name} is not 32 bytes of 0x-hex")
    return raw


def _hex(raw: bytes) -> str:
    return "0x" + raw.hex()

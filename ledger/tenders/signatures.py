"""Who signed a bid: its bidder the manifest, each member of a joint bid that it takes part (§4).

A key is an organisation's if a licence that names it is bound to that key (RFC 7800 `cnf`). What
the licence is worth is told beside, so only those count that the tender asks for, and none of a
type of which the organisation shows two that are bound to different keys: one may be home-made.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ledger import jws
from ledger.canonical import parse_object
from ledger.errors import LedgerError
from ledger.keys import PublicKey, Signer
from ledger.tenders import manifest
from ledger.tenders.ids import Context
from ledger.tenders.requests import ORGANISATION, Requirement
from ledger.tenders.shown_licences import Presented, organisation_of, shown_in

AGREEMENT: Final = "joint-agreement"
"""The role of the agreement of a joint bid among its files (招标投标法 art. 31)."""
CONSENT_TYPE: Final = "joint-bid-consent+jws"


@dataclass(frozen=True, slots=True)
class Signed:
    """Whose signatures a bid carries: the bidder's own, and those of a joint bid's members."""

    by_bidder: bool
    has_silent_member: bool = False
    has_wrong_member: bool = False


@dataclass(frozen=True, slots=True)
class Consent:
    """That an organisation takes part in one joint bid, by an agreement that is one of its files.

    `constant` is the context of all versions of the bid, `agreement` the file's SHA-256; `lead` and
    `member` are organisations as `organisation_of` tells them.
    """

    constant: Context
    agreement: bytes
    lead: str
    member: str

    def sign(self, signer: Signer) -> str:
        """Return the compact JWS of it by the key of a licence that names the member."""
        return jws.sign(CONSENT_TYPE, self._payload, signer)

    def is_by(self, token: str, keys: Iterable[PublicKey]) -> bool:
        """Whether one of these keys signed exactly this; anything else is False."""
        try:
            parsed = jws.parse(token, CONSENT_TYPE)
        except LedgerError:
            return False
        return parsed.payload == self._payload and any(_verifies(parsed, key) for key in keys)

    @property
    def _payload(self) -> dict[str, Any]:
        return {
            "ctx": "0x" + self.constant.hex(),
            "agreement": "0x" + self.agreement.hex(),
            "lead": self.lead,
            "member": self.member,
        }


def signed_by(
    encoded: bytes, signature: str | None, constant: Context, wanted: Sequence[Requirement]
) -> Signed:
    """Return whose signatures an opened manifest carries, and which are missing or wrong."""
    said = parse_object(encoded)
    keys = keys_of(said["identity"], shown_in(said), wanted)
    by_bidder = signature is not None and any(_signed(encoded, signature, key) for key in keys)
    silent, wrong = _members(said, constant, wanted)
    return Signed(by_bidder, silent, wrong)


def keys_of(
    identity: Mapping[str, Any], shown: Iterable[Presented], wanted: Sequence[Requirement]
) -> frozenset[PublicKey]:
    """Return the keys by which an organisation signs here.

    Where the tender asks organisations for nothing, any licence that names it counts.
    """
    asked = {each.vct for each in wanted if each.who == ORGANISATION}
    bound: dict[str | None, set[PublicKey]] = defaultdict(set)
    for each in shown:
        is_own = organisation_of(each.identity) == organisation_of(identity)
        if not is_own or each.holder != identity["code"] or each.key is None:
            continue
        if not asked or each.vct in asked:
            bound[each.vct].add(each.key)
    return frozenset(key for keys in bound.values() if len(keys) == 1 for key in keys)


def _members(
    said: Mapping[str, Any], constant: Context, wanted: Sequence[Requirement]
) -> tuple[bool, bool]:
    """Whether a member besides the bidder is silent, and whether one's consent is wrong.

    The bidder's own is its manifest, which names the members and the agreement.
    """
    lead, shown = organisation_of(said["identity"]), shown_in(said)
    silent = wrong = False
    for each in said.get("members", ()):
        member = organisation_of(each["identity"])
        if member == lead:
            continue
        if "consent" not in each:
            silent = True
            continue
        keys = keys_of(each["identity"], shown, wanted)
        consents = [Consent(constant, agreed, lead, member) for agreed in agreements_in(said)]
        wrong |= not any(consent.is_by(each["consent"], keys) for consent in consents)
    return silent, wrong


def agreements_in(said: Mapping[str, Any]) -> tuple[bytes, ...]:
    """Return the SHA-256 of the agreements among a bid's files, most often one or none."""
    return tuple(
        bytes.fromhex(each["sha256"][2:]) for each in said["files"] if each["role"] == AGREEMENT
    )


def _signed(encoded: bytes, signature: str, key: PublicKey) -> bool:
    try:
        manifest.require_signed(encoded, signature, key)
    except LedgerError:
        return False
    return True


def _verifies(token: jws.Jws, key: PublicKey) -> bool:
    try:
        token.verify(key)
    except LedgerError:
        return False
    return True

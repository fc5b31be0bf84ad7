"""Passes that an authority issues by itself: domestic and international ones, for many at once.

An international code 国际版 is the same pass, bound to a travel document. Holders refill what they
used; a regraded holder has new passes first, and the old ones are superseded once those stand.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from api.services.health_holders import Holder, Holders
from api.services.health_minting import (
    NONCE_SECONDS,
    Minted,
    Minting,
    Wanted,
    wanted_on_paper,
    wanted_one_time,
)
from api.services.health_standing import Standing
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.services.sign_ins import Roles
from api.store.health_passes import Burn, Issue, PassStore, Regrading
from ledger.errors import Refused
from ledger.health import refills, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.passes import Mode
from ledger.health.refills import Refill
from ledger.health.signed import Signed
from ledger.keys import PublicKey, SignatureInvalid
from ledger.licences.issuance import Issuer
from ledger.values import Address, AgencyId, Role, Window

MOST_PASSES: Final = 8_192
"""Passes in one order (proposed)."""
MOST_BOUND: Final = 256
"""Of bound ones so many: each takes 20 ms of computing (proposed)."""
MOST_LIVE: Final = 64
"""Passes of one holder that may be good at a time: eight batches (proposed)."""
APPEAL_SECONDS: Final = 14 * 86_400
"""How long whom a pass was about is kept after its end, for appeals (proposed)."""


@dataclass(eq=False)
class TooManyPasses(Refused):
    """More passes than one order, or one holder, may have at a time."""

    limit: int


class TermsEnded(Refused):
    """The terms under which the holder has passes have ended. Apply anew."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets passes: one for each key, none for one on paper."""

    holder: Holder
    keys: Sequence[PublicKey]


@dataclass(frozen=True, slots=True)
class Given:
    """What one holder got; `holder` is the authority's name for them, 16 bytes."""

    holder: bytes
    passes: Sequence[Minted] = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRefill:
    """A refill as it came, and the row it names; whose it is was not checked yet."""

    envelope: Signed = field(repr=False)
    refill: Refill = field(repr=False)

    @property
    def content(self) -> bytes:
        """What the holder signed: signed twice, it is the same request."""
        return self.envelope.message.payload


class Passes:
    """Issues passes for accounts that are ISSUER of an agency, and for holders who ask again."""

    def __init__(  # ports, each named
        self,
        *,
        store: PassStore,
        minting: Minting,
        holders: Holders,
        standing: Standing,
        roles: Roles,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._store = store
        self._minting = minting
        self._holders = holders
        self._standing = standing
        self._roles = roles
        self._clock = clock
        self._randomness = randomness

    def issue(
        self,
        agency: AgencyId,
        recipients: Sequence[Recipient],
        by: Address,
        keep: Keep[Sequence[Given]] | None,
    ) -> Sequence[Given]:
        """Issue passes to many, all or none, in one transaction.

        Raises:
            IdempotencyKeyMissing: without `keep`: a repeat would issue all of them again.
            RoleMissing: unless `by` is ISSUER of the agency.
            TooManyPasses, TermsEnded, ClaimsInvalid: for the order.
            AgencyUnknown and its kin, SigningKeyMissing, HealthKeyMissing, IndexTaken: on our side.
        """
        self._roles.require(by, agency, Role.ISSUER)
        if keep is None:
            raise IdempotencyKeyMissing
        issuer, now = self._minting.issuer(agency), self._clock()
        rows = [
            self._holders.row(
                agency, each.holder.given(len(each.keys)), each.holder.ends + APPEAL_SECONDS
            )
            for each in recipients
        ]
        wanted = [
            wish
            for each, row in zip(recipients, rows, strict=True)
            for wish in wanted_for(each, row.id, now, self._randomness)
        ]
        is_bound = any(each.holder.is_bound for each in recipients)
        _check_count(len(wanted), MOST_BOUND if is_bound else MOST_PASSES)
        return self._mint(wanted, issuer, Issue(now, holders=rows), keep)

    def open_refill(self, encoded: bytes) -> OpenedRefill:
        """Return a refill as it came; raise `SignedMalformed` or `ClaimsInvalid`."""
        envelope = signed.read(encoded)
        return OpenedRefill(envelope, refills.read(envelope))

    def refill(self, opened: OpenedRefill, keep: Keep[Sequence[Given]] | None) -> Sequence[Given]:
        """Issue more passes to the holder who signed for them.

        Raises:
            IdempotencyKeyMissing: without `keep`.
            HolderUnknown: where nobody of that name is kept (any more).
            SignatureInvalid: for another's request.
            PassesWithheld: where an officer suspended or revoked the last ones.
            ChallengeUnknown: for a nonce that is not good.
            HolderChanged: when another request about the holder came first.
            TermsEnded, UsesSpent, TooManyPasses, ClaimsInvalid: for what is asked.
        """
        if keep is None:
            raise IdempotencyKeyMissing
        refill = opened.refill
        row, holder = self._holders.get(refill.holder)
        if holder.key is None:
            raise SignatureInvalid
        refills.verify(opened.envelope, holder.key)
        now = self._clock()
        live = self._standing.live(row.id, now)
        _check_count(len(live) + len(refill.keys), MOST_LIVE)
        wanted = wanted_for(Recipient(holder, refill.keys), row.id, now, self._randomness)
        turn = self._holders.turn(row, holder.given(len(refill.keys)))
        burn = Burn(refill.nonce, now - NONCE_SECONDS)
        issue = Issue(now, burn=burn, turn=turn)
        return self._mint(wanted, self._minting.issuer(row.agency), issue, keep)

    def regrade(
        self,
        name: bytes,
        grade: int,
        keys: Sequence[PublicKey],
        by: Address,
        keep: Keep[Sequence[Given]] | None,
    ) -> Sequence[Given]:
        """Issue passes of another grade; the old ones are superseded once those are anchored.

        Uses begin anew: they were allowed anew, by an officer.

        Raises as `issue`, `HolderUnknown`, and `HolderChanged` when another request about the
        holder came first.
        """
        row, holder = self._holders.get(name)
        self._roles.require(by, row.agency, Role.ISSUER)
        if keep is None:
            raise IdempotencyKeyMissing
        now, after = self._clock(), replace(holder, grade=grade, left=holder.uses)
        wanted = wanted_for(Recipient(after, keys), row.id, now, self._randomness)
        old = [each for each in self._store.of_holder(row.id) if each.exp > now]
        turn = self._holders.turn(row, after.given(len(keys)))
        issue = Issue(now, turn=turn, regrading=Regrading(old, by))
        return self._mint(wanted, self._minting.issuer(row.agency), issue, keep)

    def _mint(
        self,
        wanted: Sequence[Wanted],
        issuer: Issuer,
        issue: Issue,
        keep: Keep[Sequence[Given]],
    ) -> Sequence[Given]:
        def given(minted: Sequence[Minted]) -> Sequence[Given]:
            found: dict[bytes, list[Minted]] = {}
            for wish, made in zip(wanted, minted, strict=True):
                found.setdefault(wish.row, []).append(made)
            return [Given(row, passes) for row, passes in found.items()]

        minted = self._minting.mint(wanted, issuer, issue, lambda each: keep(given(each)))
        return given(minted)


def wanted_for(
    recipient: Recipient, row: bytes, now: int, randomness: Callable[[int], bytes]
) -> list[Wanted]:
    """Return the passes to make for a recipient, whose row has this id, from `now` on.

    Raises `TermsEnded`, `UsesSpent`, and `ClaimsInvalid` for keys that do not go with the terms.
    """
    holder = recipient.holder
    if holder.ends <= now:
        raise TermsEnded
    if not recipient.keys:
        if Mode.PAPER not in holder.modes:
            raise ClaimsInvalid("keys")
        return wanted_on_paper(holder, row, Window(now, holder.ends))
    if not holder.modes & ~Mode.PAPER:
        raise ClaimsInvalid("keys")
    return wanted_one_time(holder, row, now, recipient.keys, randomness)


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise TooManyPasses(limit)

"""Passes that move to a new device: ordered by the holder's old key, asked for by the new one.

From then on the new key stands for the holder: it refills, and takes consents back. The old passes
are superseded once the new ones are anchored, so that nobody stands at a gate without.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from api.services.health_holders import Holders
from api.services.health_minting import NONCE_SECONDS, Minted, Minting
from api.services.health_passes import (
    MOST_LIVE,
    Given,
    Recipient,
    TooManyPasses,
    wanted_for,
)
from api.services.health_standing import Standing
from api.services.health_statuses import HOLDER
from api.services.idempotency import IdempotencyKeyMissing, Keep
from api.store.health_passes import REISSUED, Burn, Issue, Regrading
from ledger.health import moves, signed
from ledger.health.moves import MoveOrder, MoveRequest
from ledger.health.signed import Signed
from ledger.keys import SignatureInvalid
from ledger.values import Status


@dataclass(frozen=True, slots=True)
class OpenedMove:
    """A move as it came: the new key's request is proved, whose passes they are is not."""

    envelope: Signed = field(repr=False)
    order: MoveOrder = field(repr=False)
    request: MoveRequest = field(repr=False)

    @property
    def content(self) -> bytes:
        """What the holder signed: signed twice, it is the same request."""
        return self.envelope.message.payload


class Moves:
    """Moves the passes of holders who order it with the key that they had so far."""

    def __init__(
        self,
        *,
        minting: Minting,
        holders: Holders,
        standing: Standing,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._minting = minting
        self._holders = holders
        self._standing = standing
        self._clock = clock
        self._randomness = randomness

    def open(self, encoded: bytes) -> OpenedMove:
        """Return a move as it came.

        Raises `SignedMalformed`, `ClaimsInvalid`, and `SignatureInvalid` for a request that the key
        which it names did not sign.
        """
        envelope = signed.read(encoded)
        order = moves.read_order(envelope)
        return OpenedMove(envelope, order, moves.verify_request(order.request))

    def move(self, opened: OpenedMove, keep: Keep[Sequence[Given]] | None) -> Sequence[Given]:
        """Issue passes to the new device on the same terms; the old ones make way for them.

        Passes that are suspended or revoked stay so. Uses on the old ones count as given: a gate
        that is off line takes those passes for a while yet.

        Raises:
            IdempotencyKeyMissing: without `keep`.
            HolderUnknown: where nobody of that name is kept (any more).
            SignatureInvalid: for another's order, among them one by a key that was moved from.
            PassesWithheld: where an officer withheld them.
            ChallengeUnknown: for a nonce that is not good.
            HolderChanged: when another request about the holder came first.
            TermsEnded, UsesSpent, TooManyPasses, ClaimsInvalid: for what is asked.
        """
        if keep is None:
            raise IdempotencyKeyMissing
        request, now = opened.request, self._clock()
        row, holder = self._holders.get(opened.order.name)
        if holder.key is None:
            raise SignatureInvalid
        moves.verify_order(opened.envelope, holder.key)
        old = [
            each
            for each in self._standing.live(row.id, now)
            if self._standing.status(each) is Status.VALID
        ]
        if len(request.keys) > MOST_LIVE:
            raise TooManyPasses(MOST_LIVE)
        after = replace(holder, key=request.holder)
        wanted = wanted_for(Recipient(after, request.keys), row.id, now, self._randomness)

        def given(minted: Sequence[Minted]) -> Sequence[Given]:
            return [Given(row.id, minted)]

        issue = Issue(
            now,
            burn=Burn(request.nonce, now - NONCE_SECONDS),
            turn=self._holders.turn(row, after.given(len(request.keys))),
            regrading=Regrading(old, HOLDER, REISSUED),
        )
        issuer = self._minting.issuer(row.agency)
        return given(self._minting.mint(wanted, issuer, issue, lambda each: keep(given(each))))

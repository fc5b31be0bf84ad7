"""Making passes: places in a status list, random numbers, one signature each, rows to store."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from api.services.health_holders import Holder
from api.services.idempotency import Settlement
from api.services.issuers import Issuers
from api.store.health_passes import Issue, PassRow, PassStore
from api.store.indices import FIRST_PASS_LIST, IndexStore
from api.store.licences import IndexTaken
from ledger.health import passes, signed
from ledger.health.passes import CTI_BYTES, HealthPass, Mode
from ledger.health.windows import issue_time, spans
from ledger.keys import PublicKey
from ledger.licences.issuance import Issuer
from ledger.values import AgencyId, Digest, Window, health_record_type

PASS: Final = health_record_type("pass")
NONCE_SECONDS: Final = 900
"""How long a nonce waits for its use: longer than a transfer lives (proposed)."""
DRAWS: Final = 8
"""How often clashing status indices are drawn anew before the caller is told."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pass to make: for whom, by the row's id, for how long and for which key; None on paper.

    `uses` that it carries, 0 for any number.
    """

    holder: Holder
    row: bytes
    span: Window
    key: PublicKey | None
    uses: int


def wanted_on_paper(holder: Holder, row: bytes, span: Window) -> list[Wanted]:
    """Return the one pass that needs no key; raise `UsesSpent`."""
    return [Wanted(holder, row, span, None, uses) for uses in holder.shares(0)]


def wanted_one_time(
    holder: Holder,
    row: bytes,
    begins: int,
    keys: Sequence[PublicKey],
    randomness: Callable[[int], bytes],
) -> list[Wanted]:
    """Return passes for keys from a time on, fewer where windows or uses run out.

    Passes that count uses last as long as the terms: those on a pass that ended would be lost.
    Raises `UsesSpent`.
    """
    given, issuance = holder.shares(len(keys)), holder.issuance
    if holder.uses:
        issuance = replace(issuance, batch=len(given), window=holder.ends - begins)
    found = spans(begins, holder.ends, issuance, len(given), randomness)
    return [
        Wanted(holder, row, span, key, uses)
        for span, key, uses in zip(found, keys, given, strict=False)
    ]


@dataclass(frozen=True, slots=True)
class Minted:
    """A signed pass as its holder gets it; it is shown this once."""

    text: str = field(repr=False)
    digest: Digest
    span: Window


class Minting:
    """Makes passes and stores them with what allowed them."""

    def __init__(
        self,
        passes: PassStore,
        indices: IndexStore,
        issuers: Issuers,
        clock: Callable[[], int],
        randomness: Callable[[int], bytes],
    ) -> None:
        self._passes = passes
        self._indices = indices
        self._issuers = issuers
        self._clock = clock
        self._randomness = randomness

    def issuer(self, agency: AgencyId) -> Issuer:
        """Return who signs passes for an agency; raise as `Issuers.for_records`."""
        return self._issuers.for_records(agency, PASS)

    def mint(
        self,
        wanted: Sequence[Wanted],
        issuer: Issuer,
        issue: Issue,
        settle: Callable[[Sequence[Minted]], Settlement | None],
    ) -> list[Minted]:
        """Sign passes and store them, with the rest of `issue`, in one transaction.

        A place that another writer took meanwhile is drawn anew, and all are signed again: that
        happens about never. Raises as `PassStore.add` and the signer do.
        """
        for attempt in range(1, DRAWS + 1):
            rows, minted = self._sign(wanted, issuer)
            try:
                self._passes.add(replace(issue, passes=rows), settle(minted))
            except IndexTaken:
                if attempt == DRAWS:
                    raise
            else:
                return minted
        raise AssertionError  # the last attempt returned or raised

    def _sign(self, wanted: Sequence[Wanted], issuer: Issuer) -> tuple[list[PassRow], list[Minted]]:
        agency, now = issuer.agency, self._clock()
        places = self._indices.draw(
            agency.id, len(wanted), self._randomness, first_list=FIRST_PASS_LIST
        )
        contents = [
            self._content(each, place, agency.jurisdiction, now)
            for each, place in zip(wanted, places, strict=True)
        ]
        rows, minted = [], []
        encodings = passes.sign_all(contents, issuer.signer)
        for each, content, encoded in zip(wanted, contents, encodings, strict=True):
            digest = signed.read(encoded).digest
            place, times = (content.list, content.index), (content.not_before, content.expires_at)
            rows.append(PassRow(digest, agency.id, *place, *times, each.row))
            minted.append(Minted(passes.to_text(encoded), digest, each.span))
        return rows, minted

    def _content(
        self, wanted: Wanted, place: tuple[int, int], jurisdiction: str, now: int
    ) -> HealthPass:
        holder, person = wanted.holder, wanted.holder.person
        cti = self._randomness(CTI_BYTES)
        document = (person.document_type, person.document_issuer, person.document_number)
        list_, index = place
        return HealthPass(
            jurisdiction=jurisdiction,
            cti=cti,
            issued_at=max(issue_time(now), holder.since),
            not_before=wanted.span.start,
            expires_at=wanted.span.end,
            grade=holder.grade,
            list=list_,
            index=index,
            modes=Mode.PAPER if wanted.key is None else holder.modes & ~Mode.PAPER,
            purposes=holder.purposes,
            holder=wanted.key,
            recognition=holder.recognition,
            binding=passes.binding_of(*document, cti) if holder.is_bound else None,
            hint=passes.hint_of(person.name, person.birth_date) if holder.is_hinted else None,
            max_uses=wanted.uses,
        )

"""Whether a licence from elsewhere counts in a tender: by an agreement in force at the deadline.

Jurisdictions of one country are not foreign to each other: nobody is shut out for coming from
another place (招标投标法 art. 6). Everybody else's licences count by an agreement FROM → TO for
their type, as it stands at the deadline; without one they are genuine and not recognised here.
"""

from collections.abc import Callable

from ledger.agreements.agreement import InForce
from ledger.errors import Unavailable
from ledger.tenders.shown_licences import Presented, Recognises
from ledger.values import (
    AgreementState,
    JurisdictionId,
    RecordType,
    Scope,
    country_of,
    jurisdiction_id,
)
from ledger.verification.evidence import Query
from ledger.verification.verify import query_of

InForceAt = Callable[[JurisdictionId, JurisdictionId, RecordType, int], InForce | None]
"""Returns the agreement FROM → TO for a type in force at a time; raises `Unavailable`."""


class HomeUnknown(Unavailable):
    """Nobody can say where the tender is held, so what it recognises is open."""


def recognising(home: Callable[[], str | None], in_force: InForceAt) -> Recognises:
    """Return what says whether a tender recognises a licence at its deadline.

    `home` is the jurisdiction of its buyer, None where nobody knows. What is returned raises
    `Unavailable` where nobody can say.
    """

    def recognises(shown: Presented, at: int) -> bool:
        held_in = home()
        if held_in is None:
            raise HomeUnknown
        if country_of(shown.jurisdiction) == country_of(held_in):
            return True
        asked = query_of(shown.opened, None)
        parties = (jurisdiction_id(shown.jurisdiction), jurisdiction_id(held_in))
        return _covers(in_force(*parties, asked.record_type, at), asked)

    return recognises


def _covers(held: InForce | None, asked: Query) -> bool:
    """Whether an agreement holds for an agency and its key, though it may be on notice.

    Grades and ports are of other documents.
    """
    if held is None or held.state is AgreementState.SUSPENDED:
        return False
    named = {(Scope.AGENCY, bytes(asked.agency)), (Scope.KEY, bytes(asked.key_id))}
    return not any((each.scope_kind, each.scope) in named for each in held.suspensions)

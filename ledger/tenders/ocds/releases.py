"""OCDS 1.1.5 releases: one for every change to a tender, each a whole picture of it.

A release tells all that is public at its time and not the difference alone, so the last one is
also what OCDS's merging makes of all of them.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.errors import Refused
from ledger.tenders.ocds.bids import bids_section, public_bids, tenderers_of
from ledger.tenders.ocds.facts import (
    AwardFacts,
    ContractFacts,
    LotFacts,
    LotState,
    OrganisationFacts,
    TenderFacts,
)
from ledger.tenders.ocds.parts import (
    Json,
    documents,
    filled,
    hexadecimal,
    moment,
    period,
    reference,
    references,
    value,
)
from ledger.tenders.ocds.states import (
    AWARD_STATUS,
    CANCELLED,
    LOT_STATUS,
    PENDING,
    contract_status,
    tag_of,
    tender_status,
)

_PREFIX: Final = re.compile(r"ocds-[a-z0-9]{6}")
_LOTS: Final = "ocds_lots_extension"


@dataclass(eq=False)
class OcidPrefixInvalid(Refused):
    """The prefix is none that Open Contracting gives: `ocds-` and six lower-case characters."""

    prefix: str


@dataclass(frozen=True, slots=True)
class Publication:
    """By whom and where releases are published; `extensions` are URLs, ours first."""

    prefix: str
    publisher: str
    base_url: str
    extensions: tuple[str, ...]
    licence: str | None = None

    def __post_init__(self) -> None:
        """Raise `OcidPrefixInvalid`."""
        if _PREFIX.fullmatch(self.prefix) is None:
            raise OcidPrefixInvalid(self.prefix)

    @property
    def shows_lots(self) -> bool:
        """Whether the public extension for lots is among those declared."""
        return any(_LOTS in url for url in self.extensions)


def ocid_of(project: str, publication: Publication) -> str:
    """Return the id under which the whole world knows a project: prefix and project number."""
    return f"{publication.prefix}-{project}"


def release(facts: TenderFacts, publication: Publication) -> Json:
    """Return the release for the change that `facts` stand after."""
    ocid = ocid_of(facts.project, publication)
    known = {each.id: each for each in facts.organisations}
    bids = public_bids(facts)
    return filled(
        {
            "ocid": ocid,
            "id": _release_id(ocid, facts),
            "date": moment(facts.at),
            "tag": [tag_of(facts)],
            "initiationType": "tender",
            "language": facts.language,
            "parties": _parties(facts, known),
            "buyer": reference(facts.buyer, known),
            "planning": _planning(facts),
            "tender": _tender(facts, known, publication),
            "bids": bids_section(bids, known, facts.at),
            "awards": [_award(each, facts, known, publication) for each in facts.awards],
            "contracts": [_contract(each, facts) for each in facts.contracts],
            "relatedProcesses": _related(facts),
        }
    )


def _release_id(ocid: str, facts: TenderFacts) -> str:
    if facts.place is None:  # no block knows a draft
        return f"{ocid}-draft-{facts.at}"
    return f"{ocid}-{facts.place.block}-{facts.place.log_index}"


def _parties(facts: TenderFacts, known: Mapping[str, OrganisationFacts]) -> list[Json]:
    """Return whoever has a role by now; bidders are among them from the opening on."""
    roles: defaultdict[str, list[str]] = defaultdict(list)
    roles[facts.buyer].append("buyer")
    roles[facts.agent or facts.buyer].append("procuringEntity")
    if facts.supervisor is not None:
        roles[facts.supervisor].append("reviewBody")
    for id_ in tenderers_of(public_bids(facts)):
        roles[id_].append("tenderer")
    for id_ in dict.fromkeys(id_ for award in facts.awards for id_ in award.suppliers):
        roles[id_].append("supplier")
    return [_party(known[id_], held) for id_, held in roles.items()]


def _party(organisation: OrganisationFacts, roles: list[str]) -> Json:
    return {
        "id": organisation.id,
        "name": organisation.name,
        "identifier": filled(
            {
                "scheme": organisation.scheme or None,
                "id": organisation.code,
                "legalName": organisation.name,
            }
        ),
        "roles": roles,
    }


def _planning(facts: TenderFacts) -> Json | None:
    plan = facts.planning
    if plan is None:
        return None
    budget = None if plan.budget is None else {"amount": value(plan.budget)}
    return filled({"rationale": plan.rationale, "budget": budget})


def _tender(
    facts: TenderFacts, known: Mapping[str, OrganisationFacts], publication: Publication
) -> Json:
    tenderers = tenderers_of(public_bids(facts))
    return filled(
        {
            "id": facts.project,
            "title": facts.title,
            "description": facts.description,
            "status": tender_status(lot.state for lot in facts.lots),
            "procuringEntity": reference(facts.agent or facts.buyer, known),
            "value": value(facts.ceiling),
            "procurementMethod": facts.method,
            "mainProcurementCategory": facts.category,
            "awardCriteria": facts.criteria,
            "submissionMethod": ["electronicSubmission"],
            "tenderPeriod": period(facts.submission),
            "enquiryPeriod": period(facts.enquiry),
            "numberOfTenderers": len(tenderers) or None,
            "tenderers": references(tenderers, known),
            "documents": documents(facts.documents),
            "amendments": _amendments(facts),
            "bidOpening": _opening(facts),
            "suspensions": _suspensions(facts),
            "lots": [_lot(lot) for lot in facts.lots] if publication.shows_lots else None,
        }
    )


def _amendments(facts: TenderFacts) -> list[Json]:
    return [
        {"id": each.id, "date": moment(each.at), "rationale": each.rationale}
        for each in facts.amendments
    ]


def _opening(facts: TenderFacts) -> Json | None:
    if facts.opening is None:
        return None
    digest = hexadecimal(facts.opening.record_digest)
    return {"date": moment(facts.opening.at), "recordDigest": digest}


def _suspensions(facts: TenderFacts) -> list[Json]:
    return [
        filled(
            {
                "id": each.id,
                "startDate": moment(each.start),
                "endDate": None if each.end is None else moment(each.end),
                "rationale": each.rationale,
            }
        )
        for each in facts.suspensions
    ]


def _lot(lot: LotFacts) -> Json:
    return {"id": str(lot.number), "title": lot.title, "status": LOT_STATUS[lot.state]}


def _award(
    award: AwardFacts,
    facts: TenderFacts,
    known: Mapping[str, OrganisationFacts],
    publication: Publication,
) -> Json:
    return filled(
        {
            "id": award.id,
            "title": award.title,
            "status": _award_status(award, facts),
            "date": moment(award.at),
            "value": value(award.value),
            "suppliers": references(award.suppliers, known),
            "relatedBids": list(award.bids),
            "documents": documents(award.documents),
            "relatedLots": [str(award.lot)] if publication.shows_lots else None,
        }
    )


def _award_status(award: AwardFacts, facts: TenderFacts) -> str:
    if award.is_dropped:
        return CANCELLED
    return AWARD_STATUS.get(_state_of(award.lot, facts), PENDING)


def _contract(contract: ContractFacts, facts: TenderFacts) -> Json:
    lot = next(award.lot for award in facts.awards if award.id == contract.award)
    is_signed = contract.signed_at is not None
    return filled(
        {
            "id": contract.id,
            "awardID": contract.award,
            "title": contract.title,
            "status": contract_status(_state_of(lot, facts), is_signed=is_signed),
            "period": period(contract.period),
            "value": value(contract.value),
            "dateSigned": None if contract.signed_at is None else moment(contract.signed_at),
            "documents": documents(contract.documents),
        }
    )


def _state_of(number: int, facts: TenderFacts) -> LotState:
    return next(lot.state for lot in facts.lots if lot.number == number)


def _related(facts: TenderFacts) -> list[Json]:
    if facts.replaces is None:
        return []
    return [
        {
            "id": "1",
            "relationship": ["unsuccessfulProcess"],
            "scheme": "ocid",
            "identifier": facts.replaces,
        }
    ]

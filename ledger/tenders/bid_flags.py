"""What the committee is to look at in an opened bid; it rejects, the program never does (R51)."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from ledger.errors import Refused
from ledger.tenders import requests, shown_licences
from ledger.tenders.bonds import BondFault, Wanted, bond_faults
from ledger.tenders.documents import Documents
from ledger.tenders.joint import Bidders, BidFlag, clashes
from ledger.tenders.policy.terms import DAY
from ledger.tenders.requests import Requirement
from ledger.tenders.shown_licences import Result, Standing
from ledger.tenders.signatures import AGREEMENT, Signed
from ledger.tenders.state import TenderState
from ledger.tenders.trustees import octets
from ledger.values import Address

REQUEST: Final = "standing-request"
"""The role of the standing request among the tender's files."""


class Ground(StrEnum):
    """Grounds of 招标投标法实施条例 art. 51 that one bid shows by itself."""

    UNSIGNED = "UNSIGNED"  # (1): not by the key of a shown licence that names the bidder
    MEMBER_UNSIGNED = "MEMBER_UNSIGNED"  # (2): a member of a joint bid agreed to nothing
    MEMBER_SIGNATURE_WRONG = "MEMBER_SIGNATURE_WRONG"  # (2): not to this, or not the member
    NOT_QUALIFIED = "NOT_QUALIFIED"  # (3)
    OVER_CEILING = "OVER_CEILING"  # (5)
    OTHER_CURRENCY = "OTHER_CURRENCY"  # (6)


LAW: Final[Mapping[str, str]] = {
    Ground.UNSIGNED: "R51(1)",
    BidFlag.NO_AGREEMENT: "R51(2)",
    Ground.MEMBER_UNSIGNED: "R51(2)",
    Ground.MEMBER_SIGNATURE_WRONG: "R51(2)",
    Ground.NOT_QUALIFIED: "R51(3)",
    BidFlag.TWO_BIDS: "R51(4)",
    Ground.OVER_CEILING: "R51(5)",
    Ground.OTHER_CURRENCY: "R51(6)",
    **dict.fromkeys(BondFault, "R51(6)"),
    BidFlag.JOINT_CLASH: "R37",
}
"""The article that speaks of a flag."""


@dataclass(eq=False)
class TermsMissing(Refused):
    """The tender's documents do not say what bids are held against. Which file is missing."""

    path: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What the tender's documents ask of bids, as far as an opening looks at it.

    `audience` is whom presentations are made for; `ceiling` and `bond` {amount, currency}, None
    without one.
    """

    audience: str
    currency: str
    wanted: tuple[Requirement, ...]
    ceiling: Mapping[str, str] | None
    bond: Mapping[str, str] | None = None

    @classmethod
    def of(cls, documents: Documents, files: Mapping[str, bytes]) -> Self:
        """Return the terms of documents; `files` holds those of role `standing-request`.

        Without a standing request presentations are made for the tender by its id.

        Raises:
            TermsMissing: for a request that the documents name and nobody gave, or another.
            StandingRequestMalformed: for a requirement of another form.
        """
        audience = "0x" + documents.tender.hex()
        for each in requested(documents):
            content = files.get(each["path"])
            if content is None or hashlib.sha256(content).digest() != octets(each["sha256"]):
                raise TermsMissing(each["path"])
            audience = requests.issuer_of(content)
        return cls.made_for(audience, documents)

    @classmethod
    def made_for(cls, audience: str, documents: Documents) -> Self:
        """Return the terms of documents for whom presentations are made for `audience`.

        Raises `StandingRequestMalformed` for a requirement of another form.
        """
        said = documents.content
        wanted = tuple(map(requests.read_requirement, said.get("requirements", ())))
        return cls(audience, said["currency"], wanted, said.get("ceiling"), said.get("bond"))


def requested(documents: Documents) -> list[Mapping[str, Any]]:
    """Return the entries of the standing request among the tender's files, none or one."""
    return [each for each in documents.content["files"] if each["role"] == REQUEST]


def own_flags(
    said: Mapping[str, Any],
    licences: Sequence[Result],
    terms: Terms,
    *,
    signed: Signed,
    bond: Sequence[BondFault],
) -> tuple[str, ...]:
    """Return the grounds that one opened bid shows, in the order of the article."""
    price = said["price"]
    is_priced = price is not None and price["currency"] == terms.currency
    found = {
        Ground.UNSIGNED: not signed.by_bidder,
        Ground.MEMBER_UNSIGNED: signed.has_silent_member,
        Ground.MEMBER_SIGNATURE_WRONG: signed.has_wrong_member,
        Ground.NOT_QUALIFIED: _is_short(licences),
        Ground.OVER_CEILING: is_priced and _is_over(price, terms.ceiling),
        Ground.OTHER_CURRENCY: price is not None and not is_priced,
    }
    return (
        *(ground.value for ground, holds in found.items() if holds),
        *(each.value for each in bond),
    )


def faults_of_bond(
    said: Mapping[str, Any], guarantee: bytes | None, state: TenderState, terms: Terms
) -> tuple[BondFault, ...]:
    """Return what is wrong with the bond of one opened part of a bid; all parts name the same one.

    A tender that names a guarantor and no amount wants a bond and says nothing of it. The guarantee
    comes with the first part.
    """
    authority = state.announcement.bond_authority
    guarantor = authority if int(authority, 16) else None
    if terms.bond is None or said["part"] > 1:
        is_missing = said["bond"] is None and not (terms.bond is None and guarantor is None)
        return (BondFault.MISSING,) if is_missing else ()
    people = [said["identity"], *(each["identity"] for each in said.get("members", ()))]
    wanted = Wanted(
        beneficiary="0x" + state.announcement.agency.hex(),
        tender=said["tender"],
        lot=said["lot"],
        firms=frozenset(map(shown_licences.organisation_of, people)),
        amount=Decimal(terms.bond["amount"]),
        currency=terms.bond["currency"],
        until=state.ends[1].submit_end + said["validityDays"] * DAY,
        guarantor=guarantor,
    )
    return bond_faults(said["bond"], guarantee, wanted)


def judged_again(flags: Sequence[str], licences: Sequence[Result]) -> tuple[str, ...]:
    """Return a bid's own flags once its licences were judged anew; no other follows from them."""
    others = {each for each in flags if each != Ground.NOT_QUALIFIED}
    found = others | {Ground.NOT_QUALIFIED.value} if _is_short(licences) else others
    return tuple(each.value for each in (*Ground, *BondFault) if each.value in found)


def shared_flags(
    bids: Mapping[Address, Mapping[str, Any]], wanted: Sequence[Requirement]
) -> dict[Address, tuple[str, ...]]:
    """Return what only shows between the opened bids of one lot, by bidder; manifests go in.

    Who bids is told by the codes that bidders claim, and by those of the licences that they show.
    """
    found: dict[Address, list[str]] = defaultdict(list)
    for each in clashes(_bidders(key, said, wanted) for key, said in bids.items()):
        for key in each.bids:
            found[key].append(each.code.value)
    return {key: tuple(dict.fromkeys(codes)) for key, codes in found.items()}


def _bidders(key: Address, said: Mapping[str, Any], wanted: Sequence[Requirement]) -> Bidders:
    people = [said["identity"], *(each["identity"] for each in said.get("members", ()))]
    names = dict.fromkeys(map(shown_licences.organisation_of, people))
    shown = shown_licences.holders(shown_licences.shown_in(said), wanted)
    has_agreement = any(each["role"] == AGREEMENT for each in said["files"])
    return Bidders(key, tuple(names), has_agreement, shown)


def _is_short(licences: Sequence[Result]) -> bool:
    return any(each.standing in (Standing.INVALID, Standing.MISSING) for each in licences)


def _is_over(price: Mapping[str, str], ceiling: Mapping[str, str] | None) -> bool:
    if ceiling is None or ceiling["currency"] != price["currency"]:
        return False
    return Decimal(price["amount"]) > Decimal(ceiling["amount"])

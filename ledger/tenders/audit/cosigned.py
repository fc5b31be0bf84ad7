"""Who co-signed an opening record, held against whom the documents and the ledger know.

A co-signature that is not genuine confirms nothing, and accuses nobody: anybody may have put it
there. One by the right key over another digest than the one that was anchored is a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ledger.errors import Refused
from ledger.tenders.audit.supervisors import RoleStory
from ledger.tenders.events import OpeningRecorded
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_cosignatures import Capacity, CoSigners, OpeningCoSignature
from ledger.values import Address, LedgerRef

Facts = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class CoSigningEvidence:
    """Whom the documents announce, what was signed, and who held the supervisor's role.

    `signers` is None where the documents are not at hand, `supervisors` where nobody can tell.
    """

    signers: CoSigners | None = None
    given: tuple[OpeningCoSignature, ...] = ()
    supervisors: Mapping[Address, RoleStory] | None = None


@dataclass(slots=True)
class CoSigningFound:
    """What came of it, over all records; `told` stands in the step's facts in any case."""

    faults: Facts = field(default_factory=list)
    open_: Facts = field(default_factory=list)
    signed: Facts = field(default_factory=list)
    lacking: Facts = field(default_factory=list)
    refused: Facts = field(default_factory=list)

    @property
    def told(self) -> dict[str, Any]:
        """Return who signed, who did not, and which signatures count for nothing and why."""
        lists = {
            "coSigned": self.signed,
            "notCoSigned": self.lacking,
            "coSignaturesRefused": self.refused,
        }
        return {name: each for name, each in lists.items() if each}


def co_signing(
    ledger: LedgerRef,
    tender: TenderId,
    recorded: Mapping[tuple[int, int], OpeningRecorded],
    evidence: CoSigningEvidence,
) -> CoSigningFound:
    """Return what co-signatures say of the records that were anchored."""
    found = CoSigningFound()
    for (lot, part), told in recorded.items():
        own = [
            each
            for each in evidence.given
            if (each.said.ledger, each.said.tender) == (ledger, tender)
            and (each.said.lot, each.said.part) == (lot, part)
        ]
        _judge({"lot": lot, "part": part}, told, own, evidence, found)
    return found


def _judge(
    at: dict[str, Any],
    told: OpeningRecorded,
    own: Sequence[OpeningCoSignature],
    evidence: CoSigningEvidence,
    found: CoSigningFound,
) -> None:
    signers, signed = evidence.signers or CoSigners(), set()
    for each in sorted(own, key=lambda one: (one.said.capacity, one.signer, one.said.record)):
        who = {**at, "capacity": each.said.capacity.value, "signer": each.signer}
        why = _doubt(each, told, evidence)
        if why:
            found.refused.append(who | {"why": why})
        elif each.said.record != told.digest:
            digests = {"expected": told.digest, "given": each.said.record}
            spelt = {name: "0x" + digest.hex() for name, digest in digests.items()}
            found.faults.append(who | {"error": "OpeningDiffers"} | spelt)
        else:
            signed.add(each.said.capacity)
            found.signed.append(who | _name(each, signers))
    wanted = {Capacity.SUPERVISOR, *signers.announced}
    for capacity in sorted(wanted - signed):
        lacking = at | {"capacity": capacity.value}
        found.lacking.append(lacking)
        if capacity in signers.announced:
            found.open_.append(lacking | {"why": "not-co-signed"})


def _doubt(given: OpeningCoSignature, told: OpeningRecorded, evidence: CoSigningEvidence) -> str:
    """Return why a signature counts for nothing; empty for a genuine one."""
    try:
        given.require_signed()
        if given.said.capacity is Capacity.NOTARY:
            if evidence.signers is None:
                return "documents-missing"
            evidence.signers.require_notary(given.signer)
            return ""
    except Refused as refused:
        return type(refused).__name__
    return _doubt_about_role(given.signer, told.place.block_time, evidence.supervisors)


def _doubt_about_role(
    signer: Address, at: int, supervisors: Mapping[Address, RoleStory] | None
) -> str:
    """A signature has no time of its own: the role counts from the record's anchor on."""
    if supervisors is None:
        return "role-untold"
    story = supervisors.get(signer)
    if story is None or not story.holds_from(at):
        return "CoSignerUnknown"
    return "" if story.is_told else "role-untold"


def _name(given: OpeningCoSignature, signers: CoSigners) -> dict[str, Any]:
    if given.said.capacity is not Capacity.NOTARY or signers.notary is None:
        return {}
    return {"name": signers.notary.name}

"""What officers write to the tender ledgers before the opening, encoded.

Refusals are those of ITenderPolicies.sol, ITenderLedger.sol and IAwardLedger.sol.
"""

from dataclasses import astuple

from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.tenders.events import Announcement
from ledger.tenders.ids import TenderId
from ledger.tenders.policy.ends import Ends
from ledger.tenders.policy.terms import Terms
from ledger.values import Address, JurisdictionId


def register_policy(at: Deployment, jurisdiction: JurisdictionId, terms: Terms) -> Call:
    """Register what a jurisdiction demands of its tenders, for good. SUPERVISOR."""
    return _call(
        at.tenders.policies, "TenderPolicies", "registerPolicy", jurisdiction, astuple(terms)
    )


def publish(at: Deployment, told: Announcement) -> Call:
    """Publish a tender under a policy of the agency's jurisdiction. TENDERER."""
    trustees = [(each.key, each.group) for each in told.trustees]
    head = (told.agency, told.ref, told.policy, told.docs, told.previous, told.mailbox)
    rest = (told.bond_authority, told.lots, told.parts, told.threshold, astuple(told.ends))
    return _tenders(at, "publish", (*head, *rest, trustees))


def amend(at: Deployment, tender: TenderId, docs: bytes, ends: Ends, *, affects_bids: bool) -> Call:
    """Replace the documents before submitEnd, also while suspended. TENDERER."""
    return _tenders(at, "amend", tender, docs, affects_bids, astuple(ends))


def void_tender(at: Deployment, tender: TenderId, digest: bytes) -> Call:
    """Void the tender; not inside an opening. SUPERVISOR."""
    return _tenders(at, "voidTender", tender, digest)


def ask(at: Deployment, tender: TenderId, question: bytes) -> Call:
    """Anchor a question on the documents before submitEnd. Anybody."""
    return _call(at.tenders.awards, "AwardLedger", "ask", tender, question)


def answer(at: Deployment, tender: TenderId, question: bytes, digest: bytes) -> Call:
    """Anchor the answer to a question before submitEnd, also while suspended. TENDERER."""
    return _call(at.tenders.awards, "AwardLedger", "answer", tender, question, digest)


def _tenders(at: Deployment, function: str, *values: object) -> Call:
    return _call(at.tenders.ledger, "TenderLedger", function, *values)


def _call(to: Address, contract: str, function: str, *values: object) -> Call:
    return Call(to, load_abi(contract).functions[function].encode(*values))

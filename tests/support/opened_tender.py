"""A tender whose bids are really sealed, told event by event as the ledger would."""

import hashlib
import io
from collections.abc import Mapping
from typing import Any, Final

from ledger.events import Place
from ledger.tenders import documents, events, messages
from ledger.tenders.bid_flags import Terms
from ledger.tenders.events import Announcement, Trustee
from ledger.tenders.history import after, published
from ledger.tenders.ids import ref_of
from ledger.tenders.opening import Found, Lost, Opening
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import usual_ends
from ledger.tenders.policy.terms import terms_of
from ledger.tenders.shown_licences import Bench, Gather, Presented, Recognises
from ledger.tenders.unsealing import Opened, open_part
from ledger.values import Address, jurisdiction_id
from ledger.verification.evidence import Evidence, Unreachable
from ledger.verification.policy import Policy
from tests.support.licences import CATALOGUE
from tests.support.sealed_bids import (
    AGENCY,
    IDENTITY,
    NUMBER,
    TENDER,
    InMemory,
    Sinks,
    sealed_bid,
    tender_documents,
    trustee_key,
)
from tests.support.sealing import KNOWN

START: Final = 1_780_277_400
DAY: Final = 86_400
_NOBODY: Final = Address("0x" + "00" * 20)
_ZERO: Final = bytes(32)


def bidder_key(name: str) -> bytes:
    return hashlib.sha256(f"bidder {name}".encode()).digest()


def identity_of(name: str) -> dict[str, str]:
    code = "91440101MA" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()
    return {**IDENTITY, "code": code, "name": f"样例{name}有限公司"}


def nobody_says(shown: Presented) -> Evidence:
    return Evidence(shown.proof, Unreachable("no node answers"))


def everywhere(_shown: Presented, _at: int) -> bool:
    """Recognise whatever comes, wherever it is from."""
    return True


class OpenedTender:
    """One lot, one part, five trustees of whom three are enough."""

    def __init__(self, start: int = START, guarantor: Address = _NOBODY) -> None:
        self.documents = documents.read(tender_documents()[0])
        policy = preset("cn")
        terms = terms_of(policy)
        self.bids: dict[str, InMemory] = {}
        self.files: dict[bytes, bytes] = {}
        self.events: list[Any] = []
        self.now, self._block = start, 0
        announced = Announcement(
            AGENCY,
            ref_of(NUMBER),
            terms.id,
            self.documents.digest,
            _ZERO,
            _ZERO,
            guarantor,
            1,
            1,
            self.documents.threshold,
            usual_ends(policy, start + 21 * DAY, mailbox=True),
            tuple(Trustee(each.key, each.group) for each in self.documents.trustees),
        )
        self.ends = announced.ends
        guangdong = jurisdiction_id("CN-GD")
        registered = events.PolicyRegistered(self._place(), guangdong, terms.id, terms)
        told = events.TenderPublished(self._place(), TENDER, AGENCY, announced)
        self.events += [registered, told]
        self.state = published(told, {terms.id: terms})

    def tell(self, kind: Any, *values: Any) -> None:
        event = kind(self._place(), TENDER, *values)
        self.events.append(event)
        self.state = after(self.state, event)

    def submit(self, name: str, made: InMemory | None = None) -> InMemory:
        key = bidder_key(name)
        found = made or sealed_bid(key, who=identity_of(name))
        self.bids[name] = found
        self.files[found.bid.parts[0].file] = found.file
        signature = messages.sign(KNOWN.ledger, found.bid, key)
        shares = b"".join(found.envelopes)
        told = (0, found.bid.bidder, found.bid, 1, shares, signature, b"", _ZERO)
        self.tell(events.BidSubmitted, *told)
        return found

    def key(self, name: str) -> Address:
        return self.bids[name].bid.bidder

    def disclose(self, *names: str) -> None:
        self.now = max(self.now, self.ends.list_end)
        for name in names:
            bid = self.bids[name]
            self.tell(events.SecretDisclosed, 0, bid.bid.bidder, 1, bid.secrets.s_b)

    def release(self, *indices: int) -> None:
        self.now = max(self.now, self.ends.disclose_end)
        for index in indices:
            self.tell(events.TrusteeReleased, 1, index, trustee_key(1, index))

    def recover(self, name: str) -> None:
        bid = self.bids[name]
        self.tell(events.SecretRecovered, 0, bid.bid.bidder, 1, bid.secrets.s_c)

    def opening(
        self,
        gather: Gather = nobody_says,
        terms: Terms | None = None,
        policy: Policy | None = None,
        recognises: Recognises = everywhere,
    ) -> Opening:
        asked = terms or Terms.of(self.documents, {})
        known = policy or Policy(frozenset({KNOWN.ledger}), 300)
        bench = Bench(asked.wanted, known, CATALOGUE, gather, recognises)
        return Opening(KNOWN.ledger, self.state, 0, 1, self.now, asked, bench)

    def open_all(
        self, found: Mapping[Address, Found] | None = None, **given: Any
    ) -> dict[Address, Found]:
        """Open what is due from the files at hand, keeping what was found before."""
        opening, known = self.opening(**given), dict(found or {})
        for bid in opening.due(known):
            assert bid.told is not None
            message = bid.told.bid
            content = self.files.get(message.parts[0].file)

            def unseal(
                key: bytes, content: bytes | None = content, message: Any = message
            ) -> Opened | Lost:
                if content is None:
                    return Lost()
                return open_part(io.BytesIO(content), key, KNOWN.ledger, message, 1, Sinks())

            known[bid.bidder] = opening.open(bid, unseal)
        return known

    def _place(self) -> Place:
        self._block += 1
        name = self._block.to_bytes(32)
        return Place(self._block, name, self.now, name, 0)

"""Documents against what a chain would say; no node is asked here."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger.chain.tender_reading import TenderAsStored, TenderReader
from ledger.tenders import documents
from ledger.tenders.documents import Documents
from ledger.tenders.errors import DocumentsOutdated
from ledger.tenders.events import Phase, Trustee
from ledger.tenders.policy.terms import Range, Terms
from ledger.values import Address, AgencyId
from tests.support.sealed_bids import tender_documents
from wallet.tenders.published import DocumentsNotAsPublished, require_published

_HOUR = Range(600, 3_600)
_TERMS = Terms(
    *(1, 1, 1, 1, 1, 1),
    *(_HOUR, _HOUR, _HOUR, _HOUR),
    *(3, 2, 5, 3),
    *(False, True, False, False, True),
)


@dataclass
class Chain(TenderReader):
    """A chain that tells what `documents` do."""

    stored: TenderAsStored
    trustees: tuple[Trustee, ...]
    policy: Terms = _TERMS

    @classmethod
    def of(cls, known: Documents) -> "Chain":
        stored = TenderAsStored(
            at=1,
            docs=known.digest,
            policy=_TERMS.id,
            mailbox=AgencyId(bytes(32)),
            bond_authority=Address("0x" + "00" * 20),
            version=1,
            basis=1,
            lots=1,
            parts=1,
            trustees=5,
            threshold=3,
            min_bids=3,
            min_disclosed=2,
            drops_stale_bids=False,
            ended=Phase.UNKNOWN,
            suspended_at=0,
        )
        return cls(stored, tuple(Trustee(each.key, each.group) for each in known.trustees))

    def tender(self, *_: Any, **__: Any) -> TenderAsStored:
        return self.stored

    def appointed(self, *_: Any, **__: Any) -> tuple[Trustee, ...]:
        return self.trustees

    def terms(self, *_: Any, **__: Any) -> Terms:
        return self.policy


@pytest.fixture
def known() -> Documents:
    return documents.read(tender_documents()[0])


class TestRequirePublished:
    def test_takes_what_agrees(self, known: Documents) -> None:
        chain = Chain.of(known)
        assert require_published(known, chain) is chain.stored

    @pytest.mark.parametrize(
        ("change", "member"),
        [
            ({"threshold": 4}, "threshold"),
            ({"lots": 2}, "lots"),
            ({"parts": 2}, "parts"),
            ({"bond_authority": Address("0x" + "0b" * 20)}, "bondAuthority"),
            ({"policy": bytes(32)}, "policy"),
            ({"min_bids": 1}, "policy"),
            ({"min_disclosed": 1}, "policy"),
            ({"trustees": 4}, "policy"),
        ],
    )
    def test_names_what_does_not(
        self, known: Documents, change: dict[str, Any], member: str
    ) -> None:
        chain = Chain.of(known)
        chain.stored = replace(chain.stored, **change)
        with pytest.raises(DocumentsNotAsPublished) as caught:
            require_published(known, chain)
        assert caught.value.member == member

    def test_looks_at_every_key_and_group_in_its_place(self, known: Documents) -> None:
        first, second, *rest = Chain.of(known).trustees
        for wrong in (
            (second, first, *rest),
            (replace(first, group=second.group), second, *rest),
            (first, second, *rest[:-1]),
        ):
            chain = replace(Chain.of(known), trustees=wrong)
            with pytest.raises(DocumentsNotAsPublished, match="trustees"):
                require_published(known, chain)

    def test_refuses_a_policy_that_is_not_of_its_hash(self, known: Documents) -> None:
        chain = replace(Chain.of(known), policy=replace(_TERMS, min_notice=2))
        with pytest.raises(DocumentsNotAsPublished, match="policy"):
            require_published(known, chain)

    def test_refuses_documents_that_were_amended(self, known: Documents) -> None:
        chain = Chain.of(known)
        chain.stored = replace(chain.stored, docs=b"\x07" * 32)
        with pytest.raises(DocumentsOutdated):
            require_published(known, chain)

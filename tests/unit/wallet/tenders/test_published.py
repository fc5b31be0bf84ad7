"""Documents against what a chain would say; no node is asked here."""

from dataclasses import dataclass, replace
from typing import Any

import httpx2
import pytest

from ledger.chain.tender_reading import TenderAsStored, TenderReader
from ledger.tenders import documents
from ledger.tenders.documents import Documents
from ledger.tenders.errors import DocumentsOutdated
from ledger.tenders.events import Phase, Trustee
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.terms import Range, Terms
from ledger.values import Address, AgencyId
from tests.support.sealed_bids import tender_documents
from wallet.service import AnswerMalformed, Service
from wallet.tenders.published import (
    DocumentsNotAsPublished,
    ReplicasTooFew,
    require_published,
    require_replicas,
)

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


class TestReplicas:
    def service(self, answer: dict[str, Any]) -> Service:
        """A service that tells so much of its stores."""
        handler = httpx2.MockTransport(lambda _: httpx2.Response(200, json=answer))
        return Service("http://service.example", transport=handler)

    @pytest.mark.parametrize("given", [2, 3])
    def test_as_many_as_the_policy_wants_are_enough(self, given: int) -> None:
        require_replicas(self.service({"replicas": given}), preset("cn"))

    def test_fewer_are_refused(self) -> None:
        with pytest.raises(ReplicasTooFew) as caught:
            require_replicas(self.service({"replicas": 1}), preset("cn"))
        assert (caught.value.required, caught.value.given) == (2, 1)

    def test_a_policy_that_says_nothing_wants_one(self) -> None:
        policy = preset("cn")
        counts = {name: each for name, each in policy.counts.items() if name != "replicas"}
        require_replicas(self.service({"replicas": 1}), replace(policy, counts=counts))

    def test_an_answer_that_says_nothing_is_malformed(self) -> None:
        with pytest.raises(AnswerMalformed):
            require_replicas(self.service({}), preset("cn"))

"""Agreements on a real node: the calls, the contract's refusals, and Python's same answers."""

import random
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace

import pytest

from ledger.agreements.agreement import Agreement, scope_of
from ledger.agreements.terms import sign_terms, terms_digest
from ledger.chain import agreement_calls as calls
from ledger.chain.deployments import AgreementsAbsent
from ledger.chain.recognition import RecognitionClient
from ledger.errors import (
    LeadTimeTooLong,
    LeadTimeTooShort,
    NoticeTooShort,
    NotParty,
    PartiesInvalid,
    PolicyEmpty,
    PolicyMismatch,
    Refused,
    ScopeInvalid,
    SuspensionTooLong,
    SuspensionUnknown,
    SuspensionWithoutLapse,
    TermsSignatureInvalid,
    TermTooShort,
    VersionNotGreater,
    WrongAgreementState,
)
from ledger.values import AgreementState, RecordType, Scope
from tests.support.anvil import anvil
from tests.support.parties import (
    BUNDLE_HASH,
    DAY,
    FROM,
    POLICY_HASH,
    TO,
    Parties,
    stand_opposite,
)
from tests.support.standing import stand_up


@pytest.fixture(scope="module")
def node() -> Iterator[Parties]:
    with anvil() as running:
        standing = stand_up(running)
        with closing(standing.node):
            yield stand_opposite(standing)


@pytest.fixture
def parties(node: Parties, request: pytest.FixtureRequest) -> Parties:
    """The same two parties, with an agreement that no other test touches."""
    name = request.node.nodeid.encode()[-32:].rjust(32, b"\x01")
    return replace(node, record_type=RecordType(name))


def agreement_of(parties: Parties) -> Agreement:
    (found,) = (each for each in parties.client.agreements() if each.id == parties.id)
    return found


def moments(agreement: Agreement) -> set[int]:
    """Every time that the history names, with the second before and after."""
    times = {
        time
        for version in agreement.versions
        for time in (
            *(version.proposed_at, version.signed_at, version.ended_at, version.valid_from),
            *(version.valid_to, version.notice_at, version.terminates_at),
        )
    }
    for acts in agreement.suspensions.values():
        times |= {time for act in acts for time in (act.start, act.end)}
    return {max(time + near, 0) for time in times for near in (-1, 0, 1)}


def assert_same(parties: Parties) -> set[AgreementState]:
    """Check that the fold of the events and the contract answer alike; return the states met."""
    agreement, client = agreement_of(parties), parties.client
    met = set()
    for at in sorted(moments(agreement)):
        for version in agreement.versions:
            state = agreement.state_at(version.number, at)
            assert state is client.state_at(parties.id, version.number, at), (version, at)
            met.add(state)
        read = client.in_force_at(FROM, TO, parties.record_type, at)
        assert agreement.in_force_at(at) == read.in_force, at
    return met


def withdrawn(parties: Parties) -> None:
    parties.propose(parties.terms())
    parties.wait(DAY)
    parties.send(calls.withdraw(parties.standing.deployment, parties.id, 1), parties.there)


def cancelled_and_replaced(parties: Parties) -> None:
    at = parties.standing.deployment
    parties.enforce(1)
    parties.agree(parties.terms(2))
    parties.send(calls.cancel(at, parties.id, 2, FROM), parties.there)
    parties.agree(parties.terms(4))
    parties.wait(4 * DAY)


def signed_out_of_turn(parties: Parties) -> None:
    """A version proposed earlier is signed after a later one was cancelled."""
    at = parties.standing.deployment
    parties.propose(parties.terms(1))
    parties.agree(parties.terms(2))
    parties.send(calls.cancel(at, parties.id, 2, TO), parties.here)
    parties.sign(1)


def suspended_and_lifted(parties: Parties) -> None:
    at = parties.standing.deployment
    parties.enforce()
    parties.suspend(1, parties.now + 2 * DAY)
    parties.wait(DAY)
    parties.suspend(1, parties.now + 5 * DAY)  # longer, in the place of the first
    parties.suspend(1, parties.now + 6 * DAY, Scope.GRADE, scope_of("0"))
    parties.wait(DAY)
    parties.send(calls.lift(at, parties.id, 1, 1), parties.here)
    parties.suspend(1, parties.now + DAY)
    parties.wait(3 * DAY)  # lapses
    parties.send(calls.lift(at, parties.id, 1, 2), parties.here)


def terminated_with_notice(parties: Parties) -> None:
    at = parties.standing.deployment
    parties.enforce()
    parties.send(calls.terminate(at, parties.id, 1, FROM, parties.now + 9 * DAY), parties.there)
    parties.suspend(1, parties.now + 2 * DAY)
    parties.wait(10 * DAY)


def terminated_at_once(parties: Parties) -> None:
    at = parties.standing.deployment
    parties.enforce()
    parties.suspend(1, parties.now + 20 * DAY)
    parties.wait(DAY)
    parties.send(calls.terminate(at, parties.id, 1, TO, 0), parties.here)


def superseded_by_two_at_one_second(parties: Parties) -> None:
    first = parties.terms(1)
    parties.agree(first)
    second = parties.terms(2, valid_from=first.valid_from + DAY)
    parties.agree(second)
    parties.agree(parties.terms(3, valid_from=second.valid_from, valid_to=second.valid_to))


HISTORIES: list[Callable[[Parties], None]] = [
    withdrawn,
    cancelled_and_replaced,
    signed_out_of_turn,
    suspended_and_lifted,
    terminated_with_notice,
    terminated_at_once,
    superseded_by_two_at_one_second,
]


class TestSameAnswers:
    @pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.__name__)
    def test_for_a_history_with_a_story(
        self, parties: Parties, history: Callable[[Parties], None]
    ) -> None:
        history(parties)
        assert len(assert_same(parties)) > 2

    @pytest.mark.parametrize("seed", range(3))
    def test_for_any_history(self, parties: Parties, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - a history, not a secret
        parties.enforce(1)
        done = 0
        for _ in range(40):
            parties.wait(dice.choice([1, DAY // 2, 2 * DAY]))
            with suppress(Refused):
                act_at_random(parties, dice)
                done += 1
        assert done > 5
        assert len(assert_same(parties)) > 4


def act_at_random(parties: Parties, dice: random.Random) -> None:
    at, id_, now = parties.standing.deployment, parties.id, parties.now
    newest = max(version.number for version in agreement_of(parties).versions)
    version = dice.randint(max(newest - 2, 1), newest)
    days = dice.randint(1, 12) * DAY
    begins = now + days + 60
    acts: list[Callable[[], object]] = [
        lambda: parties.agree(
            parties.terms(newest + 1, valid_from=begins, valid_to=begins + 3 * days + 3 * DAY)
        ),
        lambda: parties.propose(parties.terms(newest + 1, valid_from=begins)),
        lambda: parties.sign(version),
        lambda: parties.send(calls.withdraw(at, id_, version), parties.there),
        lambda: parties.send(calls.cancel(at, id_, version, TO), parties.here),
        lambda: parties.suspend(version, now + days),
        lambda: parties.suspend(version, now + days, Scope.PORT, scope_of("port-1")),
        lambda: parties.send(calls.lift(at, id_, version, dice.randint(0, 3)), parties.here),
        lambda: parties.send(
            calls.terminate(at, id_, version, FROM, now + days + 3 * DAY), parties.there
        ),
    ]
    dice.choice(acts)()


class TestAgree:
    def test_both_signatures_come_in_one_call(self, parties: Parties) -> None:
        terms = parties.terms()
        parties.agree(terms)
        (version,) = agreement_of(parties).versions
        assert version.signed_at == version.proposed_at > 0
        assert (version.policy_hash, version.valid_to) == (POLICY_HASH, terms.valid_to)

    def test_the_digest_is_the_contracts(self, parties: Parties) -> None:
        terms = parties.terms()
        client = parties.client
        assert terms_digest(client.ledger, terms) == client.terms_digest(terms)

    def test_a_signature_over_other_terms_is_refused(self, parties: Parties) -> None:
        client, at = parties.client, parties.standing.deployment
        terms = parties.terms()
        other = sign_terms(client.ledger, replace(terms, version=9), parties.here.private_key)
        with pytest.raises(TermsSignatureInvalid):
            parties.send(calls.agree(at, terms, FROM, other), parties.there)

    def test_a_stranger_does_not_sign_for_the_other_party(self, parties: Parties) -> None:
        client, at = parties.client, parties.standing.deployment
        terms = parties.terms()
        signed = sign_terms(client.ledger, terms, parties.there.private_key)
        with pytest.raises(TermsSignatureInvalid) as refused:
            parties.send(calls.agree(at, terms, FROM, signed), parties.there)
        assert refused.value.signer == parties.there.address


class TestRefusals:
    """Each is the contract's own, by its name and with its values."""

    def test_of_terms(self, parties: Parties) -> None:
        at, terms = parties.standing.deployment, parties.terms()

        def refused(kind: type[Refused], wrong: object) -> None:
            with pytest.raises(kind):
                parties.send(calls.propose(at, wrong, FROM), parties.there)  # type: ignore[arg-type]  # terms

        refused(PartiesInvalid, replace(terms, target=FROM))
        refused(PolicyEmpty, replace(terms, policy_hash=bytes(32)))
        refused(TermTooShort, replace(terms, valid_to=terms.valid_from + 3 * DAY - 1))
        refused(NoticeTooShort, replace(terms, notice=7 * DAY - 1))
        with pytest.raises(NotParty) as stranger:
            parties.send(calls.propose(at, terms, FROM), parties.here)
        assert stranger.value.values() == {"jurisdiction": FROM, "caller": parties.here.address}

    def test_of_a_signature(self, parties: Parties) -> None:
        at, id_ = parties.standing.deployment, parties.id
        parties.propose(parties.terms(1, valid_from=parties.now + DAY))
        with pytest.raises(LeadTimeTooShort):
            parties.sign(1)
        with pytest.raises(VersionNotGreater):
            parties.propose(parties.terms(1))
        later = parties.now + 15 * DAY
        parties.propose(parties.terms(2, valid_from=later))
        with pytest.raises(LeadTimeTooLong):
            parties.sign(2)
        with pytest.raises(PolicyMismatch):
            parties.send(calls.sign(at, id_, 1, BUNDLE_HASH, BUNDLE_HASH), parties.here)
        with pytest.raises(NotParty):
            parties.send(calls.sign(at, id_, 1, POLICY_HASH, BUNDLE_HASH), parties.there)

    def test_of_a_suspension(self, parties: Parties) -> None:
        at, id_ = parties.standing.deployment, parties.id
        parties.agree(parties.terms())
        with pytest.raises(WrongAgreementState) as early:
            parties.suspend(1, parties.now + DAY)
        assert early.value.state == AgreementState.SCHEDULED
        parties.wait(3 * DAY)
        with pytest.raises(SuspensionWithoutLapse):
            parties.suspend(1, 0)
        with pytest.raises(SuspensionTooLong):
            parties.suspend(1, parties.now + 31 * DAY)
        with pytest.raises(ScopeInvalid):
            parties.suspend(1, parties.now + DAY, Scope.KEY)
        with pytest.raises(SuspensionUnknown):
            parties.send(calls.lift(at, id_, 1, 0), parties.here)
        with pytest.raises(NotParty):
            parties.send(calls.suspend(at, id_, 1, 7, parties.now + DAY), parties.there)

    def test_of_a_termination_without_notice(self, parties: Parties) -> None:
        parties.enforce()
        call = calls.terminate(
            parties.standing.deployment, parties.id, 1, FROM, parties.now + 6 * DAY
        )
        with pytest.raises(NoticeTooShort):
            parties.send(call, parties.there)


class TestRecognitionClient:
    def test_names_the_block_that_it_read(self, parties: Parties) -> None:
        head = parties.standing.client.head()
        read = parties.client.in_force_at(FROM, TO, parties.record_type, head.time)
        assert (read.block, read.block_time, read.in_force) == (head.block, head.time, None)

    def test_a_ledger_from_before_agreements_has_none(self, parties: Parties) -> None:
        older = replace(parties.standing.deployment, recognition_ledger=None)
        client = RecognitionClient(parties.standing.node, older)
        with pytest.raises(AgreementsAbsent):
            client.in_force_at(FROM, TO, parties.record_type, 1)
        with pytest.raises(AgreementsAbsent):
            client.agreements()

"""kill -9 of the worker at states that are stored while it closes and anchors a mailbox."""

import secrets
from dataclasses import replace
from itertools import count

import pytest

from ledger.chain import calls
from ledger.merkle import Proof, verify_inclusion
from ledger.tenders.mailbox import LEAVES
from ledger.values import Digest, LedgerRef, Role
from tests.support.checks import check_audit, check_nonces
from tests.support.kills import Nursery, work
from tests.support.licences import AGENCY
from tests.support.office import Office
from tests.support.standing import account
from tests.support.tender_chain import Stage
from tests.support.tender_story import Story, Where

pytestmark = pytest.mark.timeout(600)
POINTS = {"commit", "committed", "broadcast", "broadcast done"}


class TestMailbox:
    def test_killed_at_any_stored_state_anchors_each_message_once(
        self, place: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        publish(place)
        place.work()
        mailboxes = place.parts.services().mailboxes
        passed: set[str] = set()
        for number in count(1, 2 if is_thorough else 7):
            leaf = Digest(secrets.token_bytes(32))
            mailboxes.put(AGENCY.id, leaf)
            child = nursery.live(work, kill_at=number)
            passed |= set(child.points)
            place.work()
            found = mailboxes.get(leaf).place
            assert found.root is not None
            assert found.anchored is not None
            verify_inclusion(leaf, Proof(LEAVES, found.index, found.path), found.root)
            if not child.was_killed:
                break
        assert number > len(POINTS)
        assert passed == POINTS
        check_nonces(place)
        check_audit(place)


def publish(place: Office) -> None:
    """Publish a tender whose mailbox is the sample agency's, by an account of its own."""
    standing = place.standing
    stage = Stage(standing)
    stage.office = account(standing.anvil, 5)
    tenderer = (standing.agency, Role.TENDERER, stage.office.address)
    standing.send(calls.grant_role(standing.deployment, *tenderer))
    ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
    story = Story(where=Where("GZ-2026-0001", stage.now + 100, ledger, standing.agency))
    told = replace(story.events[1].announcement, mailbox=AGENCY.id)
    stage.play([story.events[0], replace(story.events[1], announcement=told)], story.state)

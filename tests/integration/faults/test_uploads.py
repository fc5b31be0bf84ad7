"""kill -9 of whoever takes a sealed file in, at every state that is ever stored."""

from functools import partial
from hashlib import sha256
from itertools import count

import pytest

from api.services.bid_uploads import CHUNK_BYTES
from ledger.tenders import receipts
from ledger.values import Digest
from tests.support.kills import KillableParts, Nursery, Say
from tests.support.licences import AGENCY_KEY
from tests.support.office import Office
from tests.support.sealed_files import hand_in, sealed_file
from tests.support.service import account

pytestmark = pytest.mark.timeout(600)
BIDDER = account("one-time key").address
POINTS = {"commit", "committed", "stage", "staged", "keep", "half kept", "kept", "unstage"}


class TestUpload:
    def test_killed_at_every_stored_state_loses_nothing(
        self, place: Office, nursery: Nursery, *, is_thorough: bool
    ) -> None:
        place.work()
        passed: set[str] = set()
        for number in count(1, 1 if is_thorough else 4):
            content = sealed_file(CHUNK_BYTES + 100 + number)
            digest = Digest(sha256(content).digest())
            first = nursery.live(partial(send, content=content), kill_at=number)
            again = nursery.live(partial(send, content=content))
            passed |= set(first.points)
            (receipt,) = again.said
            (file,) = receipts.read(receipt, AGENCY_KEY.public_key).files
            assert (file.sha256, file.size) == (digest, len(content))
            assert first.said in ([], [receipt])  # who was told has the very same receipt
            kept = sha256()
            for piece in place.parts.blobs.read(digest):
                kept.update(piece)
            assert kept.digest() == digest
            if not first.was_killed:
                break
        assert number > len(POINTS)
        assert passed >= POINTS


def send(parts: KillableParts, say: Say, *, content: bytes) -> None:
    """Send a file, and say its receipt."""
    say(hand_in(parts.services().bid_uploads, content, BIDDER).row.receipt)

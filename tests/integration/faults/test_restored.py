"""An older copy of the database is put back while the chain has gone on."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.config import Settings
from api.services.at_head import AtHead
from api.services.bundles import Bundles
from api.services.issuers import Issuers
from api.services.progress import Proofs
from ledger.keys import Signer
from ledger.list_tokens import SignedList, parse_list
from ledger.outbox import IntentState
from ledger.values import AgencyId, KeyUsage, Status
from ledger.verification.bundle import parse_bundle
from ledger.verification.bundle_content import BundleContent
from tests.support.checks import check_anchored_once
from tests.support.databases import migrated_sqlite
from tests.support.front import Front, front
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.office import BASE_URL, Office

pytestmark = pytest.mark.timeout(600)
LATER = 1_000
"""Seconds by which the clock is put on: what was seen before is old, lists are signed anew."""


@pytest.fixture
def url(tmp_path: Path) -> str:
    """SQLite alone: its file is copied; what is checked does not depend on the database."""
    return migrated_sqlite(tmp_path)


def file_of(settings: Settings) -> Path:
    return Path(settings.database_url.removeprefix("sqlite:///"))


def copy(place: Office, to: Path) -> None:
    """Copy the database by SQLite's own means, as a backup does."""
    with (
        closing(sqlite3.connect(file_of(place.settings))) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)


@contextmanager
def restored(place: Office, backup: Path) -> Iterator[Office]:
    """End the service, put the copy back, and start it again, its worker not having run yet."""
    place.parts.close()
    file = file_of(place.settings)
    for rest in ("-wal", "-shm"):
        file.with_name(file.name + rest).unlink(missing_ok=True)
    file.write_bytes(backup.read_bytes())
    again = Office(place.standing, place.settings.database_url, file.parent, None)
    again.parts.ahead = place.parts.ahead
    try:
        yield again
    finally:
        again.parts.close()


def sent(place: Office) -> int:
    """Return how many transactions of the account stand on chain."""
    return int(
        place.standing.node.call(
            "eth_getTransactionCount", place.standing.office.address, "latest"
        ),
        16,
    )


class OneKey(Issuers):
    """Finds the agency's key for bundles too."""

    def signer(self, _agency: AgencyId, _usage: KeyUsage) -> Signer:
        return AGENCY_KEY


def bundle_of(place: Office) -> BundleContent:
    parts = place.parts
    ledger = place.standing.deployment.ledger
    made = Bundles(
        parts.registry,
        OneKey(AtHead(parts.registry), parts.keys, BASE_URL, parts.clock),
        ledger,
        parts.clock,
    ).bundle()
    return parse_bundle(made.token, [AGENCY_KEY.public_key], parts.clock()).content


def list_of(counter: Front) -> SignedList:
    answer = counter.client.get(f"/status/{AGENCY.jurisdiction}/{AGENCY.code}/0")
    assert answer.status_code == 200, answer.text
    return parse_list(answer.text)


class TestRestored:
    def test_copy_sends_nothing_twice_and_takes_in_what_the_chain_knows(
        self, issuing: Office, tmp_path: Path
    ) -> None:
        """A batch and two changes wait in the copy; all went out since, and more."""
        place, backup = issuing, tmp_path / "backup.db"
        licences = place.issue(3)
        place.work()
        suspended = place.change(licences[0], Status.SUSPENDED, 101)
        revoked = place.change(licences[1], Status.REVOKED, 331)
        (waiting,) = place.issue()
        place.only("anchoring", "dispatch")
        copy(place, backup)
        place.work()
        place.change(licences[0], Status.VALID, 201)
        (forgotten,) = place.issue()
        place.work()
        assert place.status(licences[0]) is Status.VALID
        transactions, ledger = sent(place), place.standing.deployment.ledger
        root = "0x" + Proofs(place.batches, ledger).proof(forgotten.digest).root.hex()
        with front(place) as counter:
            lists, bundle = list_of(counter), bundle_of(place)
        with restored(place, backup) as again, front(again) as counter:
            again.work()
            # The decisions' documents are lost: they are written anew, in one batch.
            assert sent(again) == transactions + 1
            assert len(again.parts.registry.list_history(AGENCY.id, 0)) == 3
            assert again.status(licences[0]) is Status.VALID
            for change in (suspended, revoked):
                assert again.changes.get(change.id).state is IntentState.FINAL
            check_anchored_once(again, [each.digest for each in (*licences, waiting)])
            assert list_of(counter).list == lists.list
            assert list_of(counter).issued_at >= lists.issued_at
            assert bundle_of(again).sequence >= bundle.sequence
            assert bundle_of(again).agencies[0].events == bundle.agencies[0].events
            (wrong,) = [each for each in again.parts.audit().run() if not each.ok]
            assert wrong.name == "anchors"
            assert root in wrong.facts["unknown"]
            assert len(wrong.facts["unknown"]) == 3  # and two batches of decisions
            answer = counter.client.get(f"/v1/licences/0x{forgotten.digest.hex()}")
            assert answer.status_code == 404
            counter.issue()
            again.work()
            check_anchored_once(again, counter.digests())
            assert sent(again) == transactions + 2

    def test_copy_gives_nothing_old_a_new_date(self, issuing: Office, tmp_path: Path) -> None:
        """No node answers after it was put back, so nobody knows what it has forgotten."""
        place, backup = issuing, tmp_path / "backup.db"
        (licence,) = place.issue()
        place.work()
        copy(place, backup)
        place.change(licence, Status.REVOKED, 331)
        place.work()
        place.parts.ahead = LATER
        place.work()
        with front(place) as counter:
            lists, bundle = list_of(counter), bundle_of(place)
        with restored(place, backup) as again, front(again) as counter:
            again.parts.ahead = 2 * LATER
            again.only("lists")
            assert list_of(counter).issued_at < lists.issued_at
            assert bundle_of(again).sequence < bundle.sequence
            assert counter.verdict(licence.document) == "unconfirmed"
            assert counter.client.get("/readyz").status_code == 503
            again.work()
            assert list_of(counter).list == lists.list
            assert bundle_of(again).sequence > bundle.sequence
            assert counter.verdict(licence.document) == "invalid"

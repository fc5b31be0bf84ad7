import json
import os
import subprocess
import sys

import pytest
from sqlalchemy import delete, insert, select, update

from api.services.audit import AuditReport
from api.store.event_tables import EVENT_TABLES
from api.store.tables import batches, crowns, list_tokens, lists, records, status_words
from ledger.events import AgencyRenamed, BatchAnchored, StatusChanged
from ledger.values import Status
from tests.support.office import Office


def audited(office: Office) -> AuditReport:
    return AuditReport(tuple(office.parts.audit().run()))


def differing(office: Office) -> list[str]:
    return [each.name for each in audited(office).comparisons if not each.ok]


def facts(report: AuditReport, name: str) -> dict[str, object]:
    (found,) = (each.facts for each in report.comparisons if each.name == name)
    return found


@pytest.fixture
def busy(place: Office) -> Office:
    """An office with six licences anchored, two of which changed status."""
    rows = place.issue(6)
    place.work()
    place.change(rows[0], Status.REVOKED, 330)
    place.change(rows[1], Status.SUSPENDED, 101)
    place.work()
    return place


class TestAudit:
    def test_finds_nothing_where_all_agrees(self, busy: Office) -> None:
        report = audited(busy)
        assert report.ok
        assert facts(report, "records") == {
            "issued": 8,  # two of them decisions
            "batched": 8,
            "licence_records": 6,
            "licences": 6,
            "anchored": 8,
            "pending": 0,
        }
        assert facts(report, "batches") == {"batches": 3, "pending": 0, "wrong": []}
        assert facts(report, "event_status_changed") == {"rows": 2, "differing": 0}
        assert facts(report, "documents") == {"documents": 8, "wrong": []}
        assert facts(report, "lists") == {"lists": 1, "wrong": []}

    def test_counts_what_still_waits_and_calls_it_no_difference(self, busy: Office) -> None:
        busy.issue(3)
        report = audited(busy)
        assert report.ok
        assert facts(report, "records")["pending"] == 3

    def test_compares_as_of_the_live_cursor(self, busy: Office) -> None:
        busy.standing.send(busy.standing.anchor(99), busy.standing.office)
        assert audited(busy).ok

    def test_finds_a_row_that_the_chain_never_said(self, busy: Office) -> None:
        table = EVENT_TABLES[AgencyRenamed]
        source = EVENT_TABLES[BatchAnchored]
        with busy.parts.database.write() as connection:
            row = connection.execute(select(source)).first()
            assert row is not None
            place = {
                name: row._mapping[name]  # noqa: SLF001  # SQLAlchemy's public name for it
                for name in ("block", "block_hash", "block_time", "transaction", "agency")
            }
            connection.execute(insert(table).values(**place, log_index=7, name="Another"))
        report = audited(busy)
        assert [each.name for each in report.comparisons if not each.ok] == ["event_agency_renamed"]
        assert facts(report, "event_agency_renamed")["chain"] == "no such row"

    def test_finds_a_row_that_is_missing(self, busy: Office) -> None:
        table = EVENT_TABLES[StatusChanged]
        with busy.parts.database.write() as connection:
            connection.execute(delete(table).where(table.c.status == int(Status.REVOKED)))
        assert differing(busy) == ["event_status_changed"]

    def test_finds_a_status_word_that_was_tampered_with(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(update(status_words).values(value=bytes(32)))
        assert differing(busy) == ["status_words"]

    def test_finds_leaves_that_do_not_lead_to_their_root(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(
                update(records).where(records.c.leaf_index == 3).values(leaf_index=9)
            )
        assert differing(busy) == ["batches"]

    def test_finds_a_crown_of_another_tree(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(update(crowns).values(nodes=bytes(32)))
        assert differing(busy) == ["batches"]

    def test_finds_a_crown_that_is_missing(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(delete(crowns))
        assert differing(busy) == ["batches"]

    def test_finds_a_batch_of_another_size_than_anchored(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(update(batches).values(kind=2))
        assert differing(busy) == ["batches"]

    def test_finds_a_document_that_was_changed(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(
                update(records).where(records.c.leaf_index == 0).values(document="a.b.c~")
            )
        assert differing(busy) == ["documents"]

    def test_finds_a_miscounted_list(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(update(lists).values(used=lists.c.used + 1))
        assert differing(busy) == ["indices"]

    def test_finds_a_signed_list_that_the_chain_does_not_bear_out(self, busy: Office) -> None:
        with busy.parts.database.write() as connection:
            connection.execute(update(list_tokens).values(block=1))
        assert differing(busy) == ["lists"]


class TestCommand:
    def run(self, office: Office, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        settings = office.settings
        environment = os.environ | {
            "SUIZHENG_DATABASE_URL": settings.database_url,
            "SUIZHENG_NODE_URLS": ",".join(settings.node_urls),
            "SUIZHENG_DEPLOYMENT": str(settings.deployment),
        }
        command = [sys.executable, "-m", "api.main", "audit", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, check=False)

    def test_prints_each_comparison_and_exits_0(self, small: Office) -> None:
        small.issue(2)
        small.work()
        done = self.run(small)
        assert done.returncode == 0, done.stderr
        lines = done.stdout.decode().splitlines()
        assert lines[-1] == "Nothing differs."
        assert "same    batches: batches 1, pending 0, wrong []" in lines

    def test_gives_json_and_exits_1_where_something_differs(self, small: Office) -> None:
        small.issue(2)
        small.work()
        with small.parts.database.write() as connection:
            connection.execute(update(lists).values(used=5))
        done = self.run(small, "--json")
        assert done.returncode == 1
        report = json.loads(done.stdout)
        assert not report["ok"]
        assert [each["name"] for each in report["comparisons"] if not each["ok"]] == ["indices"]

    def test_exits_2_where_nobody_can_say(self, small: Office) -> None:
        small.settings = small.settings.model_copy(update={"node_urls": ("http://127.0.0.1:1",)})
        done = self.run(small)
        assert done.returncode == 2
        assert done.stderr.decode().startswith("ChainUnavailable")

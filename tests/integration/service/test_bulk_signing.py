"""Jobs whose licences are signed by a signer in its own process, asked by builders in theirs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.builder import PROGRAM, key_of
from api.services.builders import BuilderProcesses
from api.services.bulk import PAUSE_SECONDS
from api.services.jobs import JobState
from api.signer.remote import RemoteSigner, SignerLine, SigningUnavailable
from api.store.licences import LicenceFilter
from ledger.licences.reading import read_licence
from ledger.licences.sd_jwt import parse
from tests.support.bulk import BulkOffice, bulk_csv, named
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.service import world
from tests.support.signer import lines
from tests.support.signing import signing, socket_of, trail_of

LOT = 20


@pytest.fixture
def office(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BulkOffice]:
    monkeypatch.setattr("api.services.issuing.LOT_ROWS", LOT)
    with world(url) as service:
        service.clock.now = int(time.time())
        service.say()  # the chain stands at this moment, too
        signer = RemoteSigner(AGENCY_KEY.public_key, SignerLine(socket_of(tmp_path)))
        service.keys.held = [signer]
        yield BulkOffice(service)
        signer.line.close()


@pytest.fixture
def builders() -> Iterator[BuilderProcesses]:
    made = BuilderProcesses(1, PROGRAM, key_of)  # one, so that lots are signed in their order
    yield made
    made.close()


def check_all(office: BulkOffice, count: int) -> None:
    """Check that so many rows are licences, each once and by the agency's key."""
    rows = office.licences.search(LicenceFilter(AGENCY.id), None, 1000).rows[::-1]
    assert [row.external_id for row in rows] == [f"row-{number}" for number in range(count)]
    for row in rows:
        document = parse(row.document)
        document.jws.verify(AGENCY_KEY.public_key)
        read_licence(document)


class TestSigner:
    def test_signs_a_job_and_writes_a_line_for_each_licence(
        self, office: BulkOffice, builders: BuilderProcesses, tmp_path: Path
    ) -> None:
        job = office.order(bulk_csv(named(90)))
        with signing(tmp_path):
            office.bulk(builders=builders, batch_rows=50).step()
        assert (office.view(job).state, office.view(job).issued) == (JobState.DONE, 90)
        check_all(office, 90)
        written = [(line["purpose"], line["outcome"]) for line in lines(trail_of(tmp_path))]
        assert written == [("licence", "signed")] * 90

    def test_at_its_limit_rests_the_job_with_what_is_signed_issued(
        self, office: BulkOffice, builders: BuilderProcesses, tmp_path: Path
    ) -> None:
        job = office.order(bulk_csv(named(50)))
        bulk = office.bulk(builders=builders, batch_rows=50)
        with (
            signing(tmp_path, SUIZHENG_SIGNER_LIMITS=f"licence={LOT}/{LOT}"),
            pytest.raises(SigningUnavailable, match="LimitReached"),
        ):
            bulk.step()
        view = office.view(job)
        assert (view.state, view.issued, view.error) == (JobState.ISSUING, 17, "SigningUnavailable")
        office.world.clock.now += PAUSE_SECONDS
        with signing(tmp_path):
            bulk.step()
        assert (office.view(job).state, office.view(job).error) == (JobState.DONE, None)
        check_all(office, 50)

    def test_below_a_lot_ends_the_job_with_a_name_of_its_own(
        self, office: BulkOffice, builders: BuilderProcesses, tmp_path: Path
    ) -> None:
        job = office.order(bulk_csv(named(50)))
        with signing(tmp_path, SUIZHENG_SIGNER_LIMITS="licence=3/100"):
            office.bulk(builders=builders, batch_rows=50).step()
        view = office.view(job)
        assert (view.state, view.issued, view.error) == (JobState.FAILED, 0, "AllowanceTooSmall")

    def test_that_is_killed_is_waited_for(
        self, office: BulkOffice, builders: BuilderProcesses, tmp_path: Path
    ) -> None:
        job = office.order(bulk_csv(named(90)))
        with signing(tmp_path) as process:

            def kill(point: str) -> None:
                if point == "after-batch":
                    process.kill()
                    process.wait()

            with pytest.raises(SigningUnavailable):
                office.bulk(builders=builders, batch_rows=LOT, reach=kill).step()
        view = office.view(job)
        assert (view.state, view.error) == (JobState.ISSUING, "SigningUnavailable")
        assert 0 < view.issued < 90
        office.world.clock.now += PAUSE_SECONDS
        with signing(tmp_path):
            office.bulk(builders=builders, batch_rows=LOT).step()
        assert (office.view(job).state, office.view(job).issued) == (JobState.DONE, 90)
        check_all(office, 90)

"""What the service lets an account do with jobs; no process runs them here."""

from typing import Any

import pytest

from api.services.issuers import SigningKeyMissing
from api.services.jobs import (
    JobNotReceiving,
    JobOrder,
    JobRunning,
    JobState,
    JobUnknown,
)
from api.services.uploads import UploadMalformed
from api.store.jobs import JobStore
from ledger.errors import AccreditationMissing, AgencyNotActive, LedgerError, RoleMissing
from ledger.licences.catalogue import TypeUnknown
from tests.support.licences import AGENCY
from tests.support.service import FOREIGN_ID, World, nothing_changes

TYPE = "cn.food-business"


def order(**changes: Any) -> JobOrder:
    given: dict[str, Any] = {
        "agency": AGENCY.id,
        "type_id": TYPE,
        "media_type": "text/csv",
        "charset": None,
        "is_dry_run": False,
    }
    return JobOrder(**(given | changes))


class TestBegin:
    @pytest.mark.parametrize(
        ("who", "changes", "error"),
        [
            ("registrar", {}, RoleMissing),
            ("stranger", {}, RoleMissing),
            ("issuer", {"agency": FOREIGN_ID}, RoleMissing),
            ("issuer", {"type_id": "cn.none"}, TypeUnknown),
            ("issuer", {"type_id": "cn.road-transport"}, AccreditationMissing),
        ],
    )
    def test_refuses_early(
        self, service: World, who: str, changes: dict[str, Any], error: type[LedgerError]
    ) -> None:
        with nothing_changes(service), pytest.raises(error):
            service.services.jobs.begin(order(**changes), getattr(service, who).address)

    def test_refuses_without_a_key_or_a_right(self, service: World) -> None:
        service.keys.held = []
        with nothing_changes(service), pytest.raises(SigningKeyMissing):
            service.services.jobs.begin(order(), service.issuer.address)
        service.suspend_agency()
        with nothing_changes(service), pytest.raises(AgencyNotActive):
            service.services.jobs.begin(order(), service.issuer.address)


class TestAppend:
    def test_cuts_long_pieces(self, service: World) -> None:
        jobs = service.services.jobs
        job = jobs.begin(order(), service.issuer.address)
        jobs.append(job, b"x" * (2**20 + 1))
        pieces = [len(piece) for piece in JobStore(service.database).chunks(job)]
        assert pieces == [2**20, 1]


class TestSubmit:
    def test_lets_it_wait(self, service: World) -> None:
        jobs = service.services.jobs
        job = jobs.begin(order(), service.issuer.address)
        jobs.append(job, b"x")
        view = jobs.submit(job, service.issuer.address)
        assert view.state is JobState.WAITING
        assert jobs.get(job, service.registrar.address) == view
        with pytest.raises(JobNotReceiving):
            jobs.submit(job, service.issuer.address)

    def test_refuses_nothing_at_all(self, service: World) -> None:
        jobs = service.services.jobs
        job = jobs.begin(order(), service.issuer.address)
        with pytest.raises(UploadMalformed):
            jobs.submit(job, service.issuer.address)

    def test_is_for_issuers_of_its_agency(self, service: World) -> None:
        jobs = service.services.jobs
        job = jobs.begin(order(), service.issuer.address)
        jobs.append(job, b"x")
        for who in (service.registrar, service.foreigner):
            with pytest.raises(RoleMissing):
                jobs.submit(job, who.address)


class TestRead:
    def test_is_for_the_agency_alone(self, service: World) -> None:
        jobs = service.services.jobs
        job = jobs.begin(order(), service.issuer.address)
        assert jobs.list(AGENCY.id, service.registrar.address, None, 5).jobs == (
            jobs.get(job, service.registrar.address),
        )
        for who in (service.foreigner.address, service.stranger.address):
            for read in (
                lambda who=who: jobs.get(job, who),
                lambda who=who: jobs.result(job, who),
                lambda who=who: jobs.list(AGENCY.id, who, None, 5),
                lambda who=who: jobs.cancel(job, who),
            ):
                with pytest.raises(RoleMissing):
                    read()

    def test_knows_what_it_does_not_know(self, service: World) -> None:
        jobs, who = service.services.jobs, service.issuer.address
        for read in (jobs.get, jobs.result, jobs.cancel, jobs.submit):
            with pytest.raises(JobUnknown):
                read(b"x" * 16, who)

    def test_gives_no_result_before_the_end(self, service: World) -> None:
        jobs, who = service.services.jobs, service.issuer.address
        job = jobs.begin(order(), who)
        with pytest.raises(JobRunning):
            jobs.result(job, who)
        assert jobs.cancel(job, who).state is JobState.CANCELLED
        assert b"".join(jobs.result(job, who)).startswith(b"row,external_id,outcome,")

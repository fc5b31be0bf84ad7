"""A tender with really sealed bids, told to a service whose worker opens it."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from typing import Any

from api.services.at_head import AtHead
from api.services.opening_desk import OpeningDesk
from api.services.opening_job import OpeningJob
from api.services.progress import Proofs
from api.store.openings import OpeningStore
from api.store.recognitions import RecognitionStore
from api.store.tenders import TenderStore
from ledger.events import AgencyAdmitted, AgencyStatusChanged, RoleGranted
from ledger.values import AgencyStatus, Digest, Role, jurisdiction_id, role_id
from ledger.verification.policy import Policy
from tests.support.licences import CATALOGUE
from tests.support.opened_tender import OpenedTender
from tests.support.sealed_bids import AGENCY as BUYER
from tests.support.sealed_bids import TENDER, tender_documents
from tests.support.sealing import KNOWN
from tests.support.service import LEDGER, World, account

PATH = f"/v1/tenders/0x{TENDER.hex()}/lots/0"
OPENING = f"{PATH}/openings/1"
OFFICER = account("tenderer")
SUPERVISOR = account("supervisor")


class Room:
    """A tender told to the service's chain, its sealed files in the service's store."""

    def __init__(self, service: World) -> None:
        self.service, self.done = service, 0
        self.tender = OpenedTender(service.clock.now + 10)
        guangdong = jurisdiction_id("CN-GD")
        grants = ((BUYER, Role.TENDERER, OFFICER), (guangdong, Role.SUPERVISOR, SUPERVISOR))
        service.say(
            lambda place: AgencyAdmitted(place, BUYER, guangdong, "BUYER", "样例采购中心"),
            lambda place: AgencyStatusChanged(place, BUYER, AgencyStatus.ACTIVE),
            *(_granted(role_id(subject, role), who.address) for subject, role, who in grants),
        )
        self.keep(tender_documents()[0])
        self.job = self.another_job()

    def another_job(self) -> OpeningJob:
        """The job as a process that starts now has it."""
        service = self.service
        desk = OpeningDesk(
            blobs=service.replicas,
            projected=AtHead(service.registry),
            proofs=Proofs(service.batches, LEDGER),
            policy=Policy(frozenset({LEDGER}), 60),
            catalogue=CATALOGUE,
            ledger=KNOWN.ledger,
            in_force=RecognitionStore(service.database).in_force_at,
        )
        stores = (TenderStore(service.database), OpeningStore(service.database))
        papers = service.services.tender_papers
        return OpeningJob(*stores, desk, papers, service.registry.head, service.clock)

    def keep(self, content: bytes) -> None:
        digest = Digest(sha256(content).digest())
        self.service.blobs.keep(digest, lambda: [content])

    def submit(self, *names: str) -> None:
        for name in names:
            self.keep(self.tender.submit(name).file)

    def catch_up(self) -> None:
        for each in self.tender.events[self.done :]:
            self.service.clock.now = each.place.block_time
            self.service.say(lambda place, each=each: replace(each, place=place))
        self.done = len(self.tender.events)

    def pass_to(self, moment: int) -> None:
        self.tender.now = self.service.clock.now = moment
        self.service.say()

    def work(self) -> int:
        """Let the worker do all that is due; return how many things that were."""
        count = 0
        while self.job.step():
            count += 1
        return count

    def show(self) -> Any:
        answer = self.service.client.get(OPENING)
        assert answer.status_code == 200, answer.text
        return answer.json()


def _granted(role: bytes, who: Any) -> Callable[[Any], RoleGranted]:
    return lambda place: RoleGranted(place, role, who)

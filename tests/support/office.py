"""The back of the service over a real node and database: an agency with keys, ready to work."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.config import Settings
from api.parts import Parts
from api.store.batches import BatchStore
from api.store.changes import ChangeRow, ChangeStore
from api.store.database import migrate
from api.store.indices import IndexStore
from api.store.licences import LicenceRow, LicenceStore
from api.store.outbox import SqlOutbox
from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.keystore import KeyKind, lock
from ledger.licences.issuance import Draft, Issuer, Predecessor, issue
from ledger.values import OPEN_END, Digest, KeyUsage, Role, Status, jurisdiction_id
from tests.support.anvil import Anvil
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE, FIELDS
from tests.support.standing import Standing, stand_up

PASSWORD = "correct horse battery staple"  # noqa: S105  # opens the tests' keys alone
CHEAP_WORK = 2**4
BASE_URL = "http://licences.example:8080"
TYPE = "cn.food-business"


class OfficeParts(Parts):
    """The parts as `api.main` builds them, with a clock that can be set forward."""

    ahead = 0

    def clock(self) -> int:  # type: ignore[override]  # a test moves it, so it is no static method
        return Parts.clock() + self.ahead


class Office:
    """One agency's service: `issue`, let it `work`, look."""

    def __init__(self, standing: Standing, url: str, folder: Path, signer: str | None) -> None:
        self.standing = standing
        self.settings = _settings(standing, url, folder, signer)
        self.stop = threading.Event()
        self.parts = OfficeParts(self.settings)
        self.worker = self.parts.worker(self.stop)
        self.batches = BatchStore(self.parts.database)
        self.licences = LicenceStore(self.parts.database)
        self.changes = ChangeStore(self.parts.database)
        self.outbox = SqlOutbox(self.parts.database)
        self.lane = (standing.deployment.chain_id, standing.office.address)
        self._indices = IndexStore(self.parts.database)

    def work(self) -> None:
        self.worker.run_until_idle()

    def passes(self, times: int = 3) -> None:
        """Let the worker pass a few times, batches closed at once, whatever is left to do."""
        for _ in range(times):
            for step in self.worker.steps:
                step.run(True)  # noqa: FBT003  # flush

    def only(self, *names: str) -> None:
        """Run some of the worker's steps once, in the order given."""
        steps = {step.name: step for step in self.worker.steps}
        for name in names:
            steps[name].run(True)  # noqa: FBT003  # flush

    def issue(
        self, count: int = 1, predecessor: Predecessor | None = None, **fields: Any
    ) -> tuple[LicenceRow, ...]:
        """Issue licences as the service does, so far as the store sees it."""
        agency = self.parts.registry.agency(AGENCY.id)
        assert agency is not None
        issuer = Issuer(agency, BASE_URL, AGENCY_KEY)
        places = self._indices.draw(agency.id, count, self.parts.randomness)
        serials = self.licences.take_serials(agency.id, TYPE, count)
        rows = []
        for (list_, index), serial in zip(places, serials, strict=True):
            draft = Draft(
                type=CATALOGUE.get(TYPE),
                fields={**FIELDS[TYPE], **fields},
                serial=f"{serial:08d}",
                list=list_,
                index=index,
                issued_at=self.parts.clock(),
                predecessor=predecessor,
            )
            made = issue(draft, issuer, self.parts.randomness)
            rows.append(
                LicenceRow(
                    digest=made.digest,
                    agency=agency.id,
                    type_id=TYPE,
                    licence_id=made.licence_id,
                    serial=draft.serial,
                    version=1,
                    external_id=None,
                    document=made.document,
                    list=list_,
                    index=index,
                    nbf=made.nbf,
                    exp=made.exp,
                    issued_at=draft.issued_at,
                    predecessor=None if predecessor is None else Digest(predecessor.digest),
                    predecessor_reason=None if predecessor is None else predecessor.reason,
                )
            )
        self.licences.add(rows)
        return tuple(rows)

    def change(self, row: LicenceRow, status: Status, reason: int, **more: Any) -> ChangeRow:
        """Ask for a change of status, effective now."""
        now = self.parts.clock()
        change = ChangeRow(
            id=self.parts.randomness(16),
            digest=row.digest,
            agency=row.agency,
            list=row.list,
            index=row.index,
            status=status,
            reason=reason,
            effective_at=now,
            until=0,
            requested_by=self.standing.office.address,
            requested_at=now,
        )
        change = replace(change, **more)
        self.changes.add([change])
        return change

    def status(self, row: LicenceRow) -> Status:
        """Return a licence's status as the chain itself has it."""
        (status,) = self.statuses([row])
        return status

    def statuses(self, rows: Sequence[LicenceRow]) -> list[Status]:
        """Return the statuses of licences as the chain itself has them; each list is read once."""
        lists = {(row.agency, row.list) for row in rows}
        words = {each: self.standing.client.status_words(*each) for each in lists}
        return [
            Status(words[row.agency, row.list][row.index >> 7] >> 2 * (row.index & 127) & 3)
            for row in rows
        ]

    def is_anchored(self, row: LicenceRow) -> bool:
        return self.batches.place_of(row.digest).anchored is not None

    def close(self) -> None:
        self.parts.close()
        self.standing.node.close()


@contextmanager
def office(anvil: Anvil, url: str, folder: Path, signer: str | None = None) -> Iterator[Office]:
    """Stand a ledger up on the node, and an office beside it, its projection at the head."""
    standing = stand_up(anvil)
    _admit(standing)
    migrate(url)
    made = Office(standing, url, folder, signer)
    made.work()
    try:
        yield made
    finally:
        made.close()


def _admit(standing: Standing) -> None:
    """Admit the sample agency, announce its key and let the office act for it."""
    deployment, council = standing.deployment, standing.council.address
    usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS
    window = KeyWindow(0, OPEN_END, OPEN_END)
    jurisdiction = jurisdiction_id(AGENCY.jurisdiction)
    for call in (
        calls.admit_agency(deployment, jurisdiction, AGENCY.code, AGENCY.name, council),
        calls.announce_key(deployment, AGENCY.id, AGENCY_KEY.public_key, usage, window),
        calls.grant_role(deployment, AGENCY.id, Role.ISSUER, standing.office.address),
        calls.grant_role(deployment, AGENCY.id, Role.REGISTRAR, standing.office.address),
    ):
        standing.send(call)


def _settings(standing: Standing, url: str, folder: Path, signer: str | None) -> Settings:
    keys = folder / "keys"
    (keys / "documents").mkdir(parents=True, exist_ok=True)
    (keys / "account.json").write_text(
        lock(standing.office.private_key, PASSWORD, KeyKind.ACCOUNT, CHEAP_WORK)
    )
    secret = AGENCY_KEY.secret.private_numbers().private_value.to_bytes(32)
    path = keys / "documents" / f"{AGENCY_KEY.public_key.kid}.json"
    path.write_text(lock(secret, PASSWORD, KeyKind.DOCUMENT, CHEAP_WORK))
    (folder / "password").write_text(PASSWORD + "\n")
    (folder / "deployment.json").write_text(standing.deployment.to_json())
    return Settings(
        database_url=url,
        node_urls=(standing.anvil.url,),
        deployment=folder / "deployment.json",
        base_url=BASE_URL,
        keys=keys,
        password_file=folder / "password",
        signer=signer,
        blobs=(f"file:{folder / 'blobs'}",),
        batch_size=4,
        poll_seconds=0.01,
    )

"""Jobs without HTTP: an upload that arrives, and runners of it that may be killed at any point."""

import csv
import io
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from api.builder import make_builder
from api.services.builders import OwnBuilder
from api.services.bulk import Bulk
from api.services.jobs import JobOrder, JobView
from api.services.running import Ports
from api.services.uploads import CSV
from api.store.bulk import BulkStore
from api.store.indices import IndexStore
from api.store.jobs import JobStore
from api.store.licences import LicenceStore
from api.store.turns import TurnStore
from ledger.licences.catalogue import load_catalogue
from tests.support.licences import AGENCY, FIELDS
from tests.support.service import World

TYPE = "cn.food-business"


def bulk_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    """Return a CSV of lawful rows, each with its own changes laid over it."""
    text = io.StringIO()
    names = list(FIELDS[TYPE])
    writer = csv.writer(text)
    writer.writerow(["external_id", *names])
    for row in rows:
        cells = [({**FIELDS[TYPE], **row}).get(name, "") for name in ["external_id", *names]]
        writer.writerow("；".join(cell) if isinstance(cell, list) else cell for cell in cells)
    return text.getvalue().encode()


def named(count: int, start: int = 0) -> list[dict[str, Any]]:
    """Return so many rows with external ids."""
    return [
        {"external_id": f"row-{number}", "licence_number": f"JY2440{number:010d}"}
        for number in range(start, start + count)
    ]


class BulkOffice:
    """Orders jobs of a world's agency and runs them in this process, in small batches."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.jobs = world.services.jobs
        self.by = world.issuer.address
        database = world.database
        self.licences = LicenceStore(database)
        self.ports = Ports(
            turns=TurnStore(database),
            jobs=JobStore(database),
            bulk=BulkStore(database),
            licences=self.licences,
            indices=IndexStore(database),
            issuers=world.issuers,
            roles=world.roles,
            catalogue=load_catalogue(),
            intents=world.intents,
            builders=OwnBuilder(make_builder),
            clock=world.clock,
            randomness=secrets.token_bytes,
            batch_rows=4,
        )

    def order(self, *pieces: bytes, **changes: Any) -> bytes:
        """Send an upload and return the job."""
        given: dict[str, Any] = {
            "agency": AGENCY.id,
            "type_id": TYPE,
            "media_type": CSV,
            "charset": None,
            "is_dry_run": False,
        }
        job = self.jobs.begin(JobOrder(**(given | changes)), self.by)
        for piece in pieces:
            self.jobs.append(job, piece)
        self.jobs.submit(job, self.by)
        return job

    def bulk(self, **changes: Any) -> Bulk:
        """Return a runner whose ports may differ."""
        return Bulk(replace(self.ports, **changes))

    def view(self, job: bytes) -> JobView:
        return self.jobs.get(job, self.world.registrar.address)

    def result(self, job: bytes) -> list[dict[str, str]]:
        """Return the lines of the result by column."""
        text = b"".join(self.jobs.result(job, self.world.registrar.address)).decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def issued(self) -> int:
        return self.world.rows()["licences"]


def pieces(raw: bytes, size: int = 50) -> Iterator[bytes]:
    """Cut an upload wherever it happens to be."""
    for start in range(0, len(raw), size):
        yield raw[start : start + size]

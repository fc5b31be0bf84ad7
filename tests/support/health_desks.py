"""Two health authorities on one ledger, home and host, and a traveller between them."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from api.store.tables import metadata
from ledger.events import (
    Accredited,
    AgencyAdmitted,
    AgencyStatusChanged,
    JurisdictionAdmitted,
    KeyAnnounced,
    RoleGranted,
)
from ledger.keys import PrivateKey
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    KeyUsage,
    Role,
    agency_id,
    health_record_type,
    jurisdiction_id,
    role_id,
)
from tests.support.service import World, account, world

HOME, HOST = "XA", "XB"
HOME_CODE, HOST_CODE = "SAMPLE-HOME", "SAMPLE-HOST"
HOME_ID, HOST_ID = agency_id(HOME, HOME_CODE), agency_id(HOST, HOST_CODE)
HOME_KEY = PrivateKey.from_secret(b"\x11" * 32)
HOST_KEY = PrivateKey.from_secret(b"\x12" * 32)
PERSON: Final = {
    "name": "Marisol Quetzal",
    "birthDate": "1980-07-23",
    "documentType": "P",
    "documentIssuer": "XA",
    "documentNumber": "E77310429",
}
TYPES: Final = ("pass", "transfer", "hcert")


@dataclass
class Desks:
    """The service with both authorities; their officers are accounts of their own."""

    service: World

    def begin(self) -> None:
        """Admit both, announce keys, accredit, grant roles."""
        self.officer, self.host_officer = account("home officer"), account("host officer")
        start = self.service.clock.now - 1000
        self.service.clock.now -= 500
        for code, agency, organisation, key, who in (
            (HOME, HOME_ID, HOME_CODE, HOME_KEY, self.officer),
            (HOST, HOST_ID, HOST_CODE, HOST_KEY, self.host_officer),
        ):
            self._admit(code, agency, organisation, key, start)
            for role in (Role.ISSUER, Role.REGISTRAR):
                self.grant(agency, role, who.address)
        self.service.clock.now += 500
        self.service.say()
        self.service.keys.held += [HOME_KEY, HOST_KEY]

    def grant(self, agency: AgencyId, role: Role, who: Any) -> None:
        self.service.say(lambda place: RoleGranted(place, role_id(agency, role), who))

    def _admit(
        self, code: str, agency: AgencyId, organisation: str, key: PrivateKey, start: int
    ) -> None:
        jurisdiction, public = jurisdiction_id(code), key.public_key
        usage = KeyUsage.DOCUMENTS | KeyUsage.STATUS_LISTS | KeyUsage.BUNDLES
        window = (usage, start, OPEN_END, OPEN_END)
        name = f"Sample Health Authority of {code}"
        self.service.say(
            lambda place: JurisdictionAdmitted(place, jurisdiction, code),
            lambda place: AgencyAdmitted(place, agency, jurisdiction, organisation, name),
            lambda place: AgencyStatusChanged(place, agency, AgencyStatus.ACTIVE),
            lambda place: KeyAnnounced(place, agency, public.key_id, public.x, public.y, *window),
            *(
                lambda place, each=each: Accredited(
                    place, agency, health_record_type(each), start, OPEN_END
                )
                for each in TYPES
            ),
        )

    def post(self, path: str, form: Any, by: Any = None, key: str | None = None) -> Any:
        """Send a form, by somebody who signed in or by nobody, under a key."""
        headers = {} if by is None else self.service.by(by)
        headers |= {"Idempotency-Key": key or secrets.token_hex(16)}
        return self.service.client.post(f"/v1/health/{path}", json=form, headers=headers)

    def stored(self) -> bytes:
        """Return every value of every row, one after another."""
        with self.service.database.read() as connection:
            return b"\n".join(
                value if isinstance(value, bytes) else str(value).encode()
                for table in metadata.sorted_tables
                for row in connection.execute(select(table))
                for value in row
            )

    def transfer_form(self, holder: PrivateKey, **changes: Any) -> dict[str, Any]:
        form: dict[str, Any] = {
            "agency": {"jurisdiction": HOME, "code": HOME_CODE},
            "target": HOST,
            "version": 1,
            "grade": 0,
            "holderKey": holder.public_key.jwk(),
            "person": PERSON,
            "test": {
                "kind": "LP6464-4",
                "result": "negative",
                "sampledAt": "2026-11-20T10:00:00Z",
                "laboratory": "Sample Laboratory",
            },
        }
        return form | changes


@contextmanager
def desks(url: str) -> Iterator[Desks]:
    """Make both authorities over the migrated database at `url`, and end them."""
    with world(url) as service:
        made = Desks(service)
        made.begin()
        yield made

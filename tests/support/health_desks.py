"""Two health authorities on one ledger, home and host, and a traveller between them."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import select

from api.store.batches import Sealed
from api.store.recognitions import RecognitionStore
from api.store.tables import metadata
from ledger import age
from ledger.agreements.agreement import agreement_id
from ledger.agreements.health_policy import Policy
from ledger.agreements.policy import AgreementPolicy
from ledger.canonical import b64url_decode, b64url_encode, canonical_json
from ledger.events import (
    Accredited,
    AgencyAdmitted,
    AgencyStatusChanged,
    AgreementProposed,
    AgreementSigned,
    AgreementSuspended,
    BatchAnchored,
    JurisdictionAdmitted,
    KeyAnnounced,
    RoleGranted,
    TerminationAnnounced,
)
from ledger.health import applications, signed
from ledger.health.applications import Anchor, Application, Receipt
from ledger.health.consents import Consent, write_receipt
from ledger.health.rule_bundles import write_rule_bundle
from ledger.keys import PrivateKey
from ledger.merkle import Proof, Tree
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    Digest,
    KeyUsage,
    RecordKind,
    Role,
    Scope,
    agency_id,
    health_record_type,
    jurisdiction_id,
    role_id,
)
from ledger.verification.proof_file import ProofFile
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
HOST_AGENCY: Final = {"jurisdiction": HOST, "code": HOST_CODE}
TYPES: Final = ("pass", "transfer", "hcert", "custody")
NO_RULES: Final[Mapping[str, bytes]] = MappingProxyType({})


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

    # The agreement.

    def agree(
        self,
        policy: AgreementPolicy,
        version: int = 1,
        *,
        rules: Mapping[str, bytes] = NO_RULES,
        keep: bool = True,
    ) -> None:
        """Let both parties have signed a version that is in force, and keep its documents."""
        now, document = self.service.clock.now, policy.document
        parties = (jurisdiction_id(document["from"]), jurisdiction_id(HOST))
        ids = (*parties, policy.record_type)
        manifest = write_rule_bundle(rules)
        hashes = (policy.digest, sha256(manifest).digest())
        window = (now - 100, now + 10_000_000, 604_800)
        self.agreement = agreement_id(*ids)
        self.service.say(
            lambda place: AgreementProposed(place, *ids, version, ids[0], *hashes, *window),
        )
        self.service.say(lambda place: AgreementSigned(place, self.agreement, version))
        if keep:
            store = RecognitionStore(self.service.database)
            for each in (canonical_json(document), manifest, *rules.values()):
                store.keep(sha256(each).digest(), each, now)

    def suspend(self, kind: Scope = Scope.ALL, scope: bytes = bytes(32)) -> None:
        until = self.service.clock.now + 1000
        self.service.say(
            lambda place: AgreementSuspended(place, self.agreement, 1, 0, until, 7, kind, scope)
        )

    def terminate(self) -> None:
        """Let the first version have ended just now."""
        now, party = self.service.clock.now, jurisdiction_id(HOST)
        self.service.say(lambda place: TerminationAnnounced(place, self.agreement, 1, party, now))

    # The traveller.

    def anchor(self, agency: AgencyId, kind: RecordKind) -> None:
        """Close a padded batch of what waits and let the chain say that it is anchored."""

        def seal(digests: Any) -> Sealed:
            tree = Tree.of(digests)
            intents = self.service.intents
            return Sealed.of(tree, intents.anchor(agency, kind, tree.root, tree.size))

        def pad(count: int) -> list[Digest]:
            return [Digest(secrets.token_bytes(32)) for _ in range(-count % 64)]

        now = self.service.clock.now
        closed = self.service.batches.close(agency, kind, 10_000, now, seal, pad)
        assert closed is not None
        assert closed.size % 64 == 0
        self.service.say(
            lambda place: BatchAnchored(place, agency, closed.root, int(kind), closed.size)
        )

    def transfer(self, holder: PrivateKey, **changes: Any) -> bytes:
        """Have a transfer signed, and return it."""
        answer = self.post("transfers", self.transfer_form(holder, **changes), self.officer)
        assert answer.status_code == 201, answer.text
        return b64url_decode(answer.json()["transfer"])

    def proof(self, transfer: bytes) -> Anchor:
        """Return the anchor of a transfer, as anybody may fetch it."""
        digest = signed.read(transfer).digest.hex()
        answer = self.service.client.get(f"/v1/proofs/0x{digest}")
        assert answer.status_code == 200, answer.text
        found = ProofFile.from_json(answer.content)
        return Anchor(found.agency, found.proof)

    def carried(self, holder: PrivateKey, **changes: Any) -> tuple[bytes, Anchor]:
        """Have a transfer signed and anchored."""
        transfer = self.transfer(holder, **changes)
        self.anchor(HOME_ID, RecordKind.HEALTH_TRANSFER)
        return transfer, self.proof(transfer)

    def application(
        self, holder: PrivateKey, carried: tuple[bytes, Anchor], policy: Policy, **changes: Any
    ) -> Application:
        """Return what a traveller asks for with a fresh nonce and one consent."""
        answer = self.post("conversions/nonces", {"agency": HOST_AGENCY})
        assert answer.status_code == 201, answer.text
        self.recipient = answer.json()["recipient"]
        now = self.service.clock.now
        consent = Consent(secrets.token_bytes(16), "entry", "en", now, holder.public_key)
        receipt = write_receipt(consent, policy)
        keys = tuple(
            PrivateKey.from_secret(secrets.token_bytes(31) + b"\x01").public_key for _ in range(8)
        )
        application = Application(
            target=HOST,
            applied_at=now,
            nonce=bytes.fromhex(answer.json()["nonce"][2:]),
            transfer=carried[0],
            anchor=carried[1],
            receipts=(Receipt(receipt, holder.sign(receipt)),),
            keys=keys,
            answer_key=secrets.token_bytes(32),
        )
        return replace(application, **changes)

    def convert(self, application: Application, signer: PrivateKey, key: str | None = None) -> Any:
        """Seal an application and send it."""
        sealed = age.seal(
            applications.sign(application, signer), self.recipient, secrets.token_bytes
        )
        form = {"agency": HOST_AGENCY, "sealed": b64url_encode(sealed)}
        return self.post("conversions", form, key=key)

    def alone(self, agency: AgencyId) -> Anchor:
        """Return the anchor of a batch of one, whatever was anchored."""
        return Anchor(agency, Proof(1, 0, ()))

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


def fresh_key() -> PrivateKey:
    """Return a key that nobody had before."""
    return PrivateKey.from_secret(secrets.token_bytes(31) + b"\x01")


@contextmanager
def desks(url: str) -> Iterator[Desks]:
    """Make both authorities over the migrated database at `url`, and end them."""
    with world(url) as service:
        made = Desks(service)
        made.begin()
        yield made

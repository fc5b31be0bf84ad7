"""Services in which there is something of every kind, and what a fuzzer has to call it by."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from api.services.bid_uploads import UploadOrder
from api.services.health_allow import AllowListing
from api.services.policies import CUSTODY_SECONDS
from api.store.health_segments import SegmentStore
from ledger.authority import DocumentKey
from ledger.chain.accounts import Account
from ledger.events import KeyAnnounced, RoleGranted
from ledger.health.custody_steps import Step
from ledger.health.gate_bundle import archive, manifest
from ledger.health.scans import digest_of, scan_number
from ledger.health.signed import read
from ledger.keys import PrivateKey
from ledger.tenders import events
from ledger.values import (
    OPEN_END,
    AgencyId,
    Digest,
    KeyUsage,
    RecordKind,
    Role,
    jurisdiction_id,
    role_id,
)
from tests.support.custody import INN, PORT, SITE, CustodyDesk, moment
from tests.support.erasing import erasing_of
from tests.support.health_desks import (
    HOME_ID,
    HOST,
    HOST_AGENCY,
    HOST_CODE,
    HOST_ID,
    HOST_KEY,
    fresh_key,
)
from tests.support.health_desks import PERSON as TRAVELLER
from tests.support.licences import AGENCY
from tests.support.opening_room import OFFICER, Room
from tests.support.policies import sample_policy
from tests.support.scans import scan_row, scans_form
from tests.support.sealed_bids import AGENCY as BUYER
from tests.support.sealed_bids import TENDER, tender_documents
from tests.support.sealed_files import digest_header, sealed_file
from tests.support.service import World
from tests.support.told_tenders import Told, bid_form

Values = Mapping[str, Any]
BUYER_KEY = PrivateKey.from_secret(b"\x17" * 32)


@dataclass(frozen=True)
class Town:
    """A service, who signs in, and values of parameters by name; `own` are those of one path."""

    world: World
    officer: Account
    values: Values
    own: Mapping[str, Values] = field(default_factory=dict)

    @property
    def parameters(self) -> str:
        """The values, as schemathesis takes them."""
        lines = ["[parameters]", *(f"{name} = {value!r}" for name, value in self.values.items())]
        for path, values in self.own.items():
            told = ", ".join(f"{name} = {value!r}" for name, value in values.items())
            lines += ["[[operations]]", f"include-path = {path!r}", f"parameters = {{ {told} }}"]
        return "\n".join(lines) + "\n"


def tender_town(service: World) -> Town:
    """A tender that is opened and recorded, one that receives, an upload, a mailbox."""
    names = ("甲", "乙", "丙")
    room = Room(service)
    _announce(service, BUYER, BUYER_KEY)
    room.submit(*names)
    room.tender.disclose(*names)
    room.tender.release(1, 3, 5)
    room.catch_up()
    room.work()
    record = bytes.fromhex(room.show()["recordDigest"][2:])
    room.tender.tell(events.OpeningRecorded, 0, 1, record, len(names))
    room.catch_up()
    for subject in (AGENCY.id, jurisdiction_id("CN-GD")):
        for role in (Role.TENDERER, Role.SUPERVISOR):
            _grant(service, subject, role, OFFICER)
    _grant(service, AGENCY.id, Role.ISSUER, service.operator)
    told = Told(service)
    told.catch_up()
    docs = tender_documents()[0]
    path = f"/v1/tenders/0x{TENDER.hex()}"
    headers = {**service.by(OFFICER), **digest_header(docs)}
    asked = {"role": "docs", "mediaType": "application/json"}
    _made(service.client.post(f"{path}/papers", params=asked, content=docs, headers=headers))
    bid = room.tender.bids[names[0]].bid
    return Town(
        service,
        OFFICER,
        {
            "tender": "0x" + TENDER.hex(),
            "lot": 0,
            "part": 1,
            "bidder": bid.bidder,
            "upload": _upload(service),
            "number": 0,
            "leaf": _leaf(service),
            "digest": _message(told),
            "sha256": "0x" + sha256(docs).hexdigest(),
        },
        {"/v1/tenders/{tender}/archive/{sha256}": {"sha256": "0x" + bid.parts[0].file.hex()}},
    )


def health_town(desk: CustodyDesk) -> Town:
    """Two authorities with an agreement, codes, scans, an appeal, a trip with an alert."""
    desks, world = desk.desks, desk.world
    officer = desks.host_officer
    erasure = _erasure(desk)
    policy = sample_policy(rules=[], valueSets="0x" + "00" * 32)
    desks.agree(policy)
    for role in (Role.ISSUER, Role.REGISTRAR):
        desks.grant(HOME_ID, role, officer.address)
    transfer = read(desks.transfer(fresh_key())).digest
    holder, health_pass = _pass(desk)
    scan = _scan(desk)
    _made(world.client.post("/v1/health/appeals", json={"scan": scan}))
    exemption, trip, alert = _trip(desk)
    passes, transfers = (f"/v1/health/{kind}/{{digest}}/status" for kind in ("passes", "transfers"))
    return Town(
        world,
        officer,
        {
            "jurisdiction": HOST,
            "code": HOST_CODE,
            "agreement": "0x" + desks.agreement.hex(),
            "digest": "0x" + policy.digest.hex(),
            "seq": 0,
            "number": scan,
            "erasure": erasure,
            "holder": holder,
            "exemption": exemption,
            "trip": trip,
            "alert": alert,
            "sha256": _file_of(world),
        },
        {passes: {"digest": health_pass}, transfers: {"digest": "0x" + transfer.hex()}},
    )


def _announce(service: World, agency: AgencyId, key: PrivateKey) -> None:
    public, window = key.public_key, (KeyUsage.DOCUMENTS, 0, OPEN_END, OPEN_END)
    service.say(
        lambda place: KeyAnnounced(place, agency, public.key_id, public.x, public.y, *window)
    )
    service.keys.held.append(key)


def _grant(service: World, subject: bytes, role: Role, who: Account) -> None:
    service.say(lambda place: RoleGranted(place, role_id(subject, role), who.address))


def _made(answer: Any) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def _upload(service: World) -> str:
    """Return an upload of the officer's that waits for its chunks."""
    content = sealed_file(2**12)
    digest = Digest(sha256(content).digest())
    order = UploadOrder(len(content), digest, AGENCY.id, TENDER, 0, 1)
    return "0x" + service.services.bid_uploads.open(order, OFFICER.address).row.id.hex()


def _leaf(service: World) -> str:
    leaf = "0x" + secrets.token_hex(32)
    form = {"mailbox": "0x" + AGENCY.id.hex(), "leaf": leaf}
    _made(service.client.post("/v1/mailbox/messages", json=form))
    return leaf


def _message(told: Told) -> str:
    sealed = told.story.seal("Ann")
    told.keep_files(sealed)
    return str(_made(told.service.client.post("/v1/bids", json=bid_form(sealed)))["digest"])


def _erasure(desk: CustodyDesk) -> str:
    """Return the receipt of a trip that was erased, after as long as that takes."""
    driver = desk.driver()
    trip = desk.declared(driver)
    _made(desk.step(trip, driver, Step.CANCELLED, PORT))
    desk.later(CUSTODY_SECONDS)
    erasing_of(desk.world).step()
    return str(desk.get(f"trips/{trip}").json()["erasure"])


def _trip(desk: CustodyDesk) -> tuple[str, str, str]:
    """Return a listed driver's exemption, the trip, and an alert about it."""
    driver = desk.driver()
    trip = desk.declared(driver)
    _made(desk.step(trip, driver, Step.ADMITTED, PORT))
    _made(desk.step(trip, driver, Step.IN_TRANSIT, SITE))
    (alert,) = _made(desk.officer(f"trips/{trip}/alerts", {"seenAt": INN}))["alerts"]
    return "0x" + driver.subject.hex(), trip, str(alert["alert"])


def _pass(desk: CustodyDesk) -> tuple[str, str]:
    """Return the holder and the digest of a health code that is anchored and listed."""
    desks, world = desk.desks, desk.world
    recipient = {"person": TRAVELLER, "holderKey": fresh_key().public_key.jwk()}
    keys = [fresh_key().public_key.jwk() for _ in range(2)]
    ends_at = world.clock.now + 86_400
    terms = {"grade": 0, "endsAt": moment(ends_at), "modes": ["A", "B"]}
    form = {"agency": HOST_AGENCY, "terms": terms, "recipients": [recipient | {"keys": keys}]}
    (made,) = _made(desks.post("passes", form, desks.host_officer))["holders"]
    desks.anchor(HOST_ID, RecordKind.HEALTH_PASS)
    AllowListing(
        segments=SegmentStore(world.database),
        chain=world.registry,
        signers=world.issuers,
        clock=world.clock,
        confirmations=1,
    ).step(flush=True)
    return str(made["holder"]), str(made["passes"][0]["digest"])


def _scan(desk: CustodyDesk) -> str:
    row = scan_row(desk.world.clock.now)
    _made(desk.desks.post("scans", scans_form(row), desk.desks.host_officer))
    return scan_number(digest_of(row))


def _file_of(world: World) -> str:
    """Return the digest of a file that the gates' manifest names."""
    answer = world.client.get(f"/v1/health/gate-bundles/{HOST}/{HOST_CODE}")
    assert answer.is_success, answer.text
    encoded, _ = archive.unpack(answer.content)
    publisher = DocumentKey(HOST_KEY.public_key, KeyUsage.BUNDLES, 0, 0, OPEN_END, OPEN_END)
    named = manifest.read(encoded, [publisher], world.clock.now)
    return next(iter(named.files.values())).digest.hex()

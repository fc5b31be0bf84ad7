"""Signed bids through the route that relays: how many are stored, and mined."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from typing import Any, Final

from api.store.bid_tables import bid_uploads
from api.store.upserts import insert_new
from ledger.chain import calls
from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.chain.direct import send_and_wait
from ledger.chain.wire import octets, spell
from ledger.secp256k1 import address_of, private_key
from ledger.tenders import messages
from ledger.tenders.commitments import shares_hash
from ledger.tenders.envelopes import ENVELOPE_BYTES
from ledger.tenders.ids import TenderId, ref_of, tender_id
from ledger.tenders.messages import NO_BOND, Part, SubmitBid
from ledger.tenders.signed_bids import SignedBid
from ledger.values import AgencyId, LedgerRef, Role, jurisdiction_id
from scripts.bench import limits
from scripts.bench.load import Load, Plan, load, request_of
from scripts.bench.loads import latency, rate
from scripts.bench.patience import until
from scripts.bench.rows import Row, Unit
from scripts.bench.run import Run
from scripts.bench.sample import SampleAgency
from scripts.bench.site import Site, site

SUBJECT: Final = "relayed bids"
PATH: Final = "/v1/bids"
BIDS: Final = 1_000
WARM_UP: Final = 200
TRUSTEES: Final = 5
THRESHOLD: Final = 3
FINAL_SECONDS: Final = 600.0
NOTE: Final = (
    "Relayed bids: `POST /v1/bids`, a key, signature and file of its own each, five trustees, 32 "
    "connections, one worker, the sender at rest, then at work; 201 means judged, receipted, and "
    "on the disk with its intent. The limit is a bare ASGI answer to the same requests. To the "
    "block is relayed and published, an event that everybody reads: bids that came into the "
    "projection after its first look at any, until it has every one; the sender's start, two "
    "keystores to unlock, is not of it. Wanted: 200 a second of either."
)
_DAY: Final = 86_400
_SIZE: Final = 2**20
_DOCS: Final = b"\x02" * 32
_NOBODY: Final = "0x" + "00" * 20
_POLICY: Final = (
    *(20 * _DAY, 15 * _DAY, 3 * _DAY, 10 * _DAY, 3 * _DAY, 30 * _DAY),
    *((300, 3_600), (600, 7_200), (600, 7_200), (600, 7_200)),
    *(3, 2, 2, 2),
    *(False, True, False, False, True),
)
"""Seconds, windows, least numbers, flags, in the order of ITenderPolicies."""


def tenders_relay(run: Run) -> Iterator[Row]:
    """Measure on each database, each on a service and chain of its own; `sizes` are bids."""
    for kind in run.databases:
        for size in run.sizes_or(BIDS):
            with site(kind, run.server) as place:
                yield from _measured(run, place, kind, size)


def _measured(run: Run, place: Site, kind: str, size: int) -> Iterator[Row]:
    alone: list[Load] = []
    beside: list[Load] = []
    bares: list[Load] = []
    to_block: list[float] = []
    buyer = Buyer(place.agency)
    with limits.bare_server() as bare:
        for number in run.each_round(f"relayed bids: {kind}, {size:,}"):
            tender = buyer.publish(f"BENCH-{number}")
            requests = [_request(bid) for bid in _bids(place, buyer, tender, WARM_UP + size)]
            warm, first, second = (
                requests[:WARM_UP],
                requests[WARM_UP::2],
                requests[WARM_UP + 1 :: 2],
            )
            with place.child("work"):
                _await(place, "TenderPublished", number)
            with place.serving() as server:
                _load(server.port, warm)
                alone.append(_load(server.port, first))
                with place.child("work"):
                    beside.append(_load(server.port, second))
                    wanted = number * len(requests)
                    seen = _await(place, "BidSubmitted", wanted - len(requests) + 1)
                    began = time.perf_counter()
                    _await(place, "BidSubmitted", wanted)
                    to_block.append((wanted - seen) / (time.perf_counter() - began))
            bares.append(_load(bare, requests))
    limit = rate(SUBJECT, "bare ASGI", bares)
    for name, ours in (("stored", alone), ("stored while others are sent", beside)):
        found = rate(SUBJECT, f"{name}, {kind}", ours, size=size // 2, note=NOTE)
        yield found.beside(limit=limit)
    yield latency(SUBJECT, f"latency at full load, {kind}", alone, size=size // 2)
    yield Row.of(SUBJECT, f"to the block, {kind}", Unit.PER_SECOND, to_block, size=size)


def _load(port: int, requests: list[str]) -> Load:
    return load(Plan(port, requests, len(requests), limits.CONNECTIONS))


class Buyer:
    """The sample agency, which may publish tenders under a policy of its jurisdiction."""

    def __init__(self, agency: SampleAgency) -> None:
        self._agency = agency
        deployment = agency.client.deployment
        own = agency.issuer.agency
        tenders = deployment.tenders
        self.ledger = LedgerRef(deployment.chain_id, tenders.ledger)
        register = load_abi("TenderPolicies").functions["registerPolicy"]
        data = register.encode(jurisdiction_id(own.jurisdiction), _POLICY)
        asked = {"from": agency.account.address, "to": tenders.policies, "data": spell(data)}
        (self._policy,) = register.outputs.decode(
            octets(agency.client.node.call("eth_call", asked, "latest"))
        )
        self._send(Call(tenders.policies, data))
        self._send(calls.grant_role(deployment, own.id, Role.TENDERER, agency.account.address))

    def publish(self, number: str) -> TenderId:
        """Publish a tender of one lot and one part."""
        own, ref = self._agency.issuer.agency, ref_of(number)
        start = self._agency.client.head().time + 21 * _DAY
        ends = (start, *(start + 1_800 * n for n in range(4)))
        trustees = [(_address(b"%s %d" % (ref, n)), _group(n)) for n in range(TRUSTEES)]
        named = (own.id, ref, self._policy, _DOCS, bytes(32), bytes(32), _NOBODY)
        announcement = (*named, 1, 1, THRESHOLD, ends, trustees)
        encoded = load_abi("TenderLedger").functions["publish"].encode(announcement)
        self._send(Call(self.ledger.address, encoded))
        return tender_id(own.id, ref)

    def _send(self, call: Call) -> None:
        send_and_wait(self._agency.client.node, self._agency.account, call)


def _bids(place: Site, buyer: Buyer, tender: TenderId, count: int) -> list[SignedBid]:
    """Return bids by keys of their own, whose files the service has receipted."""
    found = [_bid(buyer.ledger, tender, number) for number in range(count)]
    now, agency = int(time.time()), place.agency.issuer.agency.id
    rows = [_upload(bid.message, agency, now) for bid in found]
    with place.parts.database.write() as connection:
        insert_new(connection, bid_uploads, rows)
    return found


def _bid(ledger: LedgerRef, tender: TenderId, number: int) -> SignedBid:
    secret = _secret(tender + number.to_bytes(4))
    shares = os.urandom(TRUSTEES * ENVELOPE_BYTES)
    part = Part(
        file=os.urandom(32),
        size=_SIZE,
        c_b=os.urandom(32),
        c_c=os.urandom(32),
        shares=shares_hash([shares]),
        manifest=os.urandom(32),
    )
    bidder = address_of(private_key(secret).public_key)
    place = (tender, 0, bidder, 1, _DOCS, (part,), os.urandom(32), NO_BOND)
    message = SubmitBid(*place, valid_until=2**40)
    return SignedBid(ledger, message, shares, messages.sign(ledger, message, secret))


def _upload(bid: SubmitBid, agency: AgencyId, now: int) -> dict[str, Any]:
    (part,) = bid.parts
    return {
        "id": part.file[:16],
        "owner": bid.bidder,
        "agency": agency,
        "tender": bid.tender,
        "lot": bid.lot,
        "part": 1,
        "digest": part.file,
        "size": part.size,
        "chunk_bytes": _SIZE,
        "opened_at": now,
        "expires_at": now + _DAY,
        "stored_at": now,
        "receipt": "",
    }


def _request(bid: SignedBid) -> str:
    form = {
        "message": messages.to_json(bid.message),
        "shares": spell(bid.shares),
        "signature": spell(bid.signature),
    }
    return request_of("POST", PATH, {"Content-Type": "application/json"}, json.dumps(form))


def _await(place: Site, kind: str, wanted: int) -> int:
    """Wait until the projection has so many events of a kind; return how many it had then."""
    question = f"SELECT COUNT(*) FROM event_tender WHERE kind = '{kind}'"  # noqa: S608  # our own names
    seen = [0]

    def has_come() -> bool:
        seen.append(int(place.ask(question)))
        return seen[-1] >= wanted

    until(has_come, f"{wanted:,} {kind}", FINAL_SECONDS, 0.05)
    return seen[-1]


def _secret(name: bytes) -> bytes:
    return b"\0" + hashlib.sha256(name).digest()[1:]


def _address(name: bytes) -> str:
    return address_of(private_key(_secret(name)).public_key)


def _group(number: int) -> bytes:
    return bytes([number + 1]) * 32

import hashlib
from dataclasses import replace

import pytest

from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.keys import PrivateKey
from ledger.values import (
    OPEN_END,
    AgencyStatus,
    KeyId,
    KeyUsage,
    RecordType,
    Role,
    Root,
    Status,
    Window,
    agency_id,
    jurisdiction_id,
    licence_record_type,
)
from ledger.verification.evidence import Query, Source
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.office import Office
from tests.support.standing import JURISDICTION

OTHER_KEYS = tuple(PrivateKey.from_secret(hashlib.sha256(name).digest()) for name in (b"1", b"2"))
TYPES = tuple(licence_record_type(name) for name in ("a", "b", "c"))
NOBODY = agency_id("CN-GD", "never admitted")
UNKNOWN_KEY = KeyId(bytes(32))


@pytest.fixture
def told(small: Office) -> Office:
    """An office whose Authority has said everything that it can say."""
    deployment, send = small.standing.deployment, small.standing.send
    usage, now = KeyUsage.DOCUMENTS, small.parts.clock()
    far = KeyWindow(0, now + 10**6, now + 2 * 10**6)
    for key in OTHER_KEYS:
        send(calls.announce_key(deployment, AGENCY.id, key.public_key, usage, far))
    first, second = (key.public_key.key_id for key in OTHER_KEYS)
    own = AGENCY_KEY.public_key.key_id
    for call in (
        calls.accredit(deployment, AGENCY.id, TYPES[0]),
        calls.accredit(deployment, AGENCY.id, TYPES[1], Window(now + 10**5, now + 10**6)),
        calls.accredit(deployment, AGENCY.id, TYPES[1], Window(now + 10**6, OPEN_END)),
        calls.accredit(deployment, AGENCY.id, TYPES[2]),
        calls.rename_agency(deployment, AGENCY.id, "改名后的局"),
        calls.retire_key(deployment, AGENCY.id, first, now + 10**5),
        calls.report_key_compromised(deployment, AGENCY.id, second, now),
        calls.freeze_key(deployment, AGENCY.id, own),
        calls.unfreeze_key(deployment, AGENCY.id, own),
        calls.freeze_key(deployment, AGENCY.id, first),
        calls.revoke_role(deployment, AGENCY.id, Role.REGISTRAR, small.standing.office.address),
    ):
        send(call)
    small.issue(2)
    small.work()
    small.standing.node.call("evm_increaseTime", 100)
    for call in (
        calls.withdraw_accreditation(deployment, AGENCY.id, TYPES[1]),
        calls.withdraw_accreditation(deployment, AGENCY.id, TYPES[2]),
        calls.set_agency_status(deployment, AGENCY.id, AgencyStatus.SUSPENDED),
    ):
        send(call)
    small.work()
    return small


class TestReading:
    @pytest.mark.parametrize("record_type", TYPES)
    def test_is_what_the_lens_says(self, told: Office, record_type: RecordType) -> None:
        """Each key, with and without the anchored root, against the contracts themselves."""
        (anchored,) = told.parts.registry.batches()
        keys = [key.public_key.key_id for key in (AGENCY_KEY, *OTHER_KEYS)] + [UNKNOWN_KEY]
        asked = [
            Query(agency, root, key, record_type, 0, 0)
            for agency in (AGENCY.id, NOBODY)
            for root in (anchored.root, Root(b"\x01" * 32), None)
            for key in keys
        ]
        now = told.parts.clock()
        for query in asked:
            ours = told.parts.registry.reading(query)
            chain = told.standing.client.read(query, now=now)
            assert ours.source is Source.PROJECTION
            assert replace(ours, source=Source.NODE, read_at=now) == chain

    def test_tells_then_from_now(self, told: Office) -> None:
        (anchored,) = told.parts.registry.batches()
        key = AGENCY_KEY.public_key.key_id
        query = Query(AGENCY.id, anchored.root, key, TYPES[2], 0, 0)
        reading = told.parts.registry.reading(query)
        assert reading.agency is not None
        assert (reading.agency.name, reading.agency.status) == (
            "改名后的局",
            AgencyStatus.SUSPENDED,
        )
        assert (reading.agency_status_then, reading.accredited_then) == (AgencyStatus.ACTIVE, True)
        without_root = told.parts.registry.reading(replace(query, root=None))
        assert (without_root.agency_status_then, without_root.accredited_then) == (
            AgencyStatus.SUSPENDED,
            False,
        )


class TestRoles:
    def test_are_those_that_the_chain_gives(self, told: Office) -> None:
        standing, registry = told.standing, told.parts.registry
        office = registry.roles(standing.office.address)
        assert office == {
            (AGENCY.id, Role.ISSUER),
            (standing.agency, Role.ISSUER),
            (standing.agency, Role.REGISTRAR),
        }
        council = registry.roles(standing.council.address)
        assert (jurisdiction_id(JURISDICTION), Role.SUPERVISOR) in council
        assert (AGENCY.id, Role.ADMIN) in council
        for agency in (AGENCY.id, standing.agency):
            held = {role for subject, role in office if subject == agency}
            assert held == standing.client.roles(agency, standing.office.address)


class TestHead:
    def test_carries_when_the_node_was_last_asked(self, small: Office) -> None:
        small.parts.ahead = 500
        small.work()
        head = small.parts.registry.head()
        assert head.block == small.standing.client.head().block
        assert head.seen_at >= head.block_time + 499


class TestWords:
    def test_are_those_of_the_chain(self, small: Office) -> None:
        rows = small.issue(5)
        small.work()
        for row, reason in zip(rows, (101, 102, 103), strict=False):
            small.change(row, Status.SUSPENDED, reason)
        small.change(rows[4], Status.REVOKED, 330)
        small.work()
        chain = small.standing.client.status_words(AGENCY.id, 0)
        ours = small.parts.registry.words(AGENCY.id, 0)
        assert ours == {number: value for number, value in enumerate(chain) if value}
        assert small.parts.registry.lists() == ((AGENCY.id, 0),)

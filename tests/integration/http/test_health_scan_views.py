"""What holders see of the scan log: their own rows, while the day key lives, and nobody else's."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from api.services.policies import SCAN_SECONDS
from api.store.records import RecordRow, RecordStore
from ledger import age
from ledger.canonical import b64url_encode
from ledger.health import passes, scan_views, signed
from ledger.health.day_keys import DayKey, DayKeyInvalid, day_of, read_key, spell_key
from ledger.health.passes import HealthPass, Mode
from ledger.health.scan_views import ScanView
from ledger.health.scans import digest_of, scan_number
from ledger.keys import PrivateKey
from ledger.values import RecordKind, Role
from tests.support.erasing import erasing_of
from tests.support.health_desks import HOME_ID, HOST_CODE, HOST_ID, HOST_KEY, Desks, desks
from tests.support.policies import policy_document, sample_licence_policy, sample_policy
from tests.support.scans import CHECKPOINT, scan_row, scans_form
from tests.support.service import refusal

HOLDER = PrivateKey.from_secret(b"\x31" * 32)
THIEF = PrivateKey.from_secret(b"\x32" * 32)
AGENCY = {"jurisdiction": "XB", "code": HOST_CODE}
CTI = b"c" * 16
SECRET = b"\x07" * 32


class Log:
    """A gate of the host with a day key, and a pass of the host that it scanned once."""

    def __init__(self, both: Desks) -> None:
        self.both, self.world = both, both.service
        self.now = self.world.clock.now
        both.grant(HOST_ID, Role.GATE, both.host_officer.address)
        self.key = DayKey(CHECKPOINT, day_of(self.now, "Asia/Macau"), "Asia/Macau", SECRET)
        self.document = self.sign_pass(HOLDER)
        self.issue(self.document)
        self.row = scan_row(self.now, key=self.key.pseudonym(CTI))
        other = scan_row(self.now, 1, key=self.key.pseudonym(b"d" * 16))
        form = scans_form(self.row, other)
        assert both.post("scans", form, both.host_officer).status_code == 201

    def sign_pass(self, holder: PrivateKey, issuer: PrivateKey = HOST_KEY) -> bytes:
        times = (self.now, self.now, self.now + 3_600)
        modes = Mode.DYNAMIC
        content = HealthPass("XB", CTI, *times, 0, 65_536, 7, modes, 1, holder.public_key)
        return passes.sign(content, issuer)

    def issue(self, document: bytes) -> None:
        digest = signed.read(document).digest
        row = RecordRow(digest, HOST_ID, RecordKind.HEALTH_PASS, "", self.now)
        RecordStore(self.world.database).add([row])

    def hand_over(self, content: bytes | None = None, by: Any = None) -> Any:
        invited = self.both.post("conversions/nonces", {"agency": AGENCY}).json()
        plain = spell_key(self.key) if content is None else content
        sealed = age.seal(plain, invited["recipient"], secrets.token_bytes)
        form = {"agency": AGENCY, "sealed": b64url_encode(sealed)}
        return self.both.post("day-keys", form, by or self.both.host_officer)

    def ask(self, view: ScanView | None = None, by: PrivateKey = HOLDER) -> Any:
        asked = view or ScanView(HOST_ID, self.world.clock.now, self.document)
        requests = [b64url_encode(scan_views.sign(asked, by))]
        return self.world.client.post(
            "/v1/health/scan-views", json={"agency": AGENCY, "requests": requests}
        )


@pytest.fixture
def log(url: str) -> Iterator[Log]:
    with desks(url) as both:
        yield Log(both)


class TestSeen:
    def test_shows_a_holder_their_own_rows_once_the_day_key_is_there(self, log: Log) -> None:
        assert log.ask().json() == {"scans": []}
        assert log.hand_over().status_code == 201
        answer = log.ask()
        assert answer.status_code == 200, answer.text
        assert [each["number"] for each in answer.json()["scans"]] == [
            scan_number(digest_of(log.row))
        ]

    def test_is_for_whoever_has_the_key_of_a_genuine_pass(self, log: Log) -> None:
        log.hand_over()
        asked = ScanView(HOST_ID, log.now, log.document)
        forged = log.sign_pass(THIEF, THIEF)  # of the same cti, with a key of the thief's own
        for view, by, part in (
            (asked, THIEF, "signature"),
            (replace(asked, health_pass=forged), THIEF, "pass"),
            (replace(asked, agency=HOME_ID), HOLDER, "agency"),
            (replace(asked, asked_at=log.now - 301), HOLDER, "time"),
            (replace(asked, asked_at=log.now + 301), HOLDER, "time"),
            (replace(asked, health_pass=b"none"), HOLDER, "form"),
        ):
            answer = log.ask(view, by)
            assert refusal(answer) == (422, "ScanViewRefused")
            assert (answer.json()["index"], answer.json()["part"]) == (0, part)

    def test_ends_with_the_day_key(self, log: Log) -> None:
        log.hand_over()
        world = log.world
        world.clock.now = log.key.destroyed_at(SCAN_SECONDS)
        assert SECRET not in log.both.stored()
        assert world.rows()["health_day_keys"] == 1
        assert log.ask().json() == {"scans": []}
        erasing_of(world).step()
        assert world.rows()["health_day_keys"] == 0


class TestHandOver:
    def test_keeps_a_key_as_long_as_the_shortest_policy_in_force(self, log: Log) -> None:
        retention = policy_document()["retention"] | {"scan": "P2D"}
        log.both.agree(sample_policy(retention=retention))
        log.both.agree(sample_licence_policy())  # says nothing of scans
        answer = log.hand_over()
        destroyed = datetime.fromisoformat(answer.json()["destroyAt"])
        assert int(destroyed.timestamp()) == log.key.destroyed_at(2 * 86_400)

    def test_is_harmless_twice_and_for_gates_alone(self, log: Log) -> None:
        answers = [log.hand_over() for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert log.world.rows()["health_day_keys"] == 1
        assert refusal(log.hand_over(by=log.both.officer)) == (403, "RoleMissing")

    def test_takes_no_key_of_another_form_or_time(self, log: Log) -> None:
        for content in (
            b"{}",
            b"",
            spell_key(log.key) + b" ",
            spell_key(replace(log.key, day="2020-01-01")),
            spell_key(replace(log.key, day="2099-01-01")),
        ):
            assert refusal(log.hand_over(content)) == (422, "DayKeyInvalid")
        with pytest.raises(DayKeyInvalid):
            read_key(spell_key(log.key).replace(b"Asia/Macau", b"Asia/Nowhere"))

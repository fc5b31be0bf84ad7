"""The scan log over HTTP: kept once, shown to its agency, erased on the day with a receipt."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import update

from api.services.anchoring import Anchoring, Ripeness, Sizing
from api.services.audit import Comparison, _scans
from api.services.health_erasing import Erasing
from api.services.health_scans import AHEAD_SECONDS, MOST_ROWS
from api.services.policies import SCAN_SECONDS
from api.store.audit import audit_view
from api.store.gate_tables import health_scans
from api.store.health_scans import ScanStore
from api.store.records import RecordStore
from ledger.canonical import b64url_decode, parse_object
from ledger.events import BatchAnchored
from ledger.health import erasures
from ledger.health.erasures import Cause
from ledger.health.gate.outcome import Outcome
from ledger.health.scans import digest_of, read_row, scan_number
from ledger.merkle import verify_inclusion
from ledger.values import Digest, RecordKind, Role
from ledger.verification.proof_file import ProofFile
from tests.support.erasing import erasing_of
from tests.support.health_desks import HOME_ID, HOST_ID, HOST_KEY, Desks, desks
from tests.support.licences import counted_bytes
from tests.support.policies import policy_document, sample_licence_policy, sample_policy
from tests.support.scans import CITED, scan_row, scans_form
from tests.support.service import account, nothing_changes, refusal

KEY = "a-key-of-sixteen-characters"
RETENTION = policy_document()["retention"]
LISTS = policy_document()["offlineMaxAge"]


@pytest.fixture
def gate(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        made.grant(HOST_ID, Role.GATE, made.host_officer.address)
        made.grant(HOME_ID, Role.GATE, made.officer.address)
        yield made


def send(gate: Desks, *rows: bytes, by: Any = None, key: str | None = None) -> Any:
    return gate.post("scans", scans_form(*rows), by or gate.host_officer, key)


def fetch(gate: Desks, number: str, by: Any = None) -> Any:
    headers = gate.service.by(by or gate.host_officer)
    return gate.service.client.get(f"/v1/health/scans/{number}", headers=headers)


def two_weeks_later(gate: Desks, seconds: int = SCAN_SECONDS) -> None:
    """Let retention end, and everybody sign in again."""
    gate.service.clock.now += seconds
    gate.service.say()
    gate.service.forget_sign_ins()


def rows_of(gate: Desks, count: int) -> list[bytes]:
    return [scan_row(gate.service.clock.now, n) for n in range(count)]


def anchor(gate: Desks) -> None:
    """Close the batches of scans as the worker does, and let the chain say so."""
    world = gate.service
    sizing = Sizing(1, 0, 64, {RecordKind.HEALTH_SCAN: Ripeness(1_000, 300)})
    Anchoring(world.batches, world.intents, world.clock, counted_bytes(), sizing).step(flush=True)
    place = world.batches.place_of(Digest(digest_of(rows_of(gate, 1)[0])))
    root, size = place.root, place.size
    assert root is not None
    assert size is not None
    world.clock.now += 400
    kind = int(RecordKind.HEALTH_SCAN)
    world.say(lambda at: BatchAnchored(at, HOST_ID, root, kind, size))


def erasing(gate: Desks) -> Erasing:
    return erasing_of(gate.service)


def audited(gate: Desks) -> Comparison:
    with audit_view(gate.service.database) as view:
        return _scans(view, 300)


class TestAudit:
    def test_tells_which_segments_were_anchored_later_than_the_policy_allows(
        self, gate: Desks
    ) -> None:
        policy = sample_policy(offlineMaxAge=LISTS | {"allow": "PT2H"})
        gate.agree(policy)
        cited = {"agreement": {"policyHash": "0x" + policy.digest.hex()}}
        licences = sample_licence_policy()
        gate.agree(licences)
        other = {"agreement": {"policyHash": "0x" + licences.digest.hex()}}
        waited = 2 * 3_600 + 300
        now = gate.service.clock.now
        first, *_ = rows = [
            scan_row(now, 0),  # anchored first, and what `anchor` waits 400 s for
            scan_row(now - waited, 1, citations={**CITED, **cited}),
            scan_row(
                now - waited + 3_600, 2, citations={**CITED, **other}
            ),  # cites none of scans: an hour
        ]
        send(gate, *rows)
        assert audited(gate).facts["rows"] == 0  # none is in a batch
        anchor(gate)
        found = audited(gate)
        root = gate.service.batches.place_of(Digest(digest_of(first))).root
        assert root is not None
        block = gate.service.batches.place_of(Digest(digest_of(first))).anchored
        assert block is not None
        most = max(
            block.block_time - read_row(row).minute - allowed
            for row, allowed in zip(rows, (3_900, waited, 3_900), strict=True)
        )
        late = {"0x" + root.hex(): most}
        assert found.ok
        assert found.facts == {"rows": 3, "pending": 0, "wrong": [], "late": late, "ahead": {}}

    def test_calls_nothing_late_that_came_in_time(self, gate: Desks) -> None:
        send(gate, *rows_of(gate, 3))
        anchor(gate)
        found = audited(gate)
        assert found.facts == {"rows": 3, "pending": 0, "wrong": [], "late": {}, "ahead": {}}

    def test_names_a_row_that_is_another(self, gate: Desks) -> None:
        rows = rows_of(gate, 2)
        send(gate, *rows)
        anchor(gate)
        changed = rows[1].replace(b'"DENY"', b'"ACCEPT"')
        with gate.service.database.write() as connection:
            theirs = health_scans.c.digest == digest_of(rows[1])
            connection.execute(update(health_scans).where(theirs).values(row=changed))
        found = audited(gate)
        assert not found.ok
        assert found.facts["wrong"] == ["0x" + digest_of(rows[1]).hex()]

    def test_looks_at_nothing_that_is_erased(self, gate: Desks) -> None:
        send(gate, *rows_of(gate, 3))
        anchor(gate)
        two_weeks_later(gate)
        erasing(gate).step()
        assert audited(gate).facts["rows"] == 0


class TestLog:
    def test_keeps_rows_as_they_were_written(self, gate: Desks) -> None:
        rows = rows_of(gate, 3)
        answer = send(gate, *rows)
        assert answer.status_code == 201, answer.text
        digests = [digest_of(row) for row in rows]
        assert answer.json()["scans"] == [
            {"digest": "0x" + digest.hex(), "number": scan_number(digest)} for digest in digests
        ]
        shown = fetch(gate, scan_number(digests[1])).json()
        assert shown["row"] == parse_object(rows[1])
        assert (shown["stage"], shown["anchoredAt"], shown["lateSeconds"]) == ("issued", None, None)
        record = RecordStore(gate.service.database).get(digests[0])
        assert (record.agency, record.kind) == (HOST_ID, RecordKind.HEALTH_SCAN)
        assert record.document == ""

    def test_takes_a_row_once_however_often_it_comes(self, gate: Desks) -> None:
        rows = rows_of(gate, 3)
        first = send(gate, *rows[:2], rows[0])
        assert len(first.json()["scans"]) == 3
        again = send(gate, *rows)
        assert again.status_code == 201
        store = ScanStore(gate.service.database)
        assert [store.get(scan_number(digest_of(row))).row for row in rows] == rows
        assert gate.service.rows()["health_scans"] == 3
        with nothing_changes(gate.service):
            assert store.add([], 1) == 0

    def test_has_one_answer_to_a_repeated_key(self, gate: Desks) -> None:
        rows = rows_of(gate, 2)
        answers = [send(gate, *rows, key=KEY) for _ in range(2)]
        assert answers[0].content == answers[1].content
        assert refusal(send(gate, rows[0], key=KEY)) == (422, "IdempotencyKeyReused")

    def test_needs_the_role_of_a_gate_of_that_agency(self, gate: Desks) -> None:
        row = rows_of(gate, 1)[0]
        clerk = account("clerk")
        gate.grant(HOST_ID, Role.ISSUER, clerk.address)
        for by in (clerk, gate.officer):
            gate.service.by(by)
            with nothing_changes(gate.service):
                assert refusal(send(gate, row, by=by)) == (403, "RoleMissing")

    def test_refuses_all_rows_for_one_that_is_none(self, gate: Desks) -> None:
        good = rows_of(gate, 1)[0]
        late = scan_row(gate.service.clock.now + AHEAD_SECONDS + 60, 7)
        for bad, member in (
            (good.replace(b'"DENY"', b'"GREEN"'), "outcome"),
            (b" " + good, "row"),
            (late, "minute"),
        ):
            answer = send(gate, good, bad)
            assert refusal(answer) == (422, "ScanInvalid")
            assert (answer.json()["index"], answer.json()["member"]) == (1, member)
        assert gate.service.rows()["health_scans"] == 0
        assert send(gate, scan_row(gate.service.clock.now + AHEAD_SECONDS, 7)).status_code == 201

    def test_refuses_too_many_rows_and_none(self, gate: Desks) -> None:
        assert refusal(send(gate)) == (422, "RequestInvalid")
        short = scans_form() | {"rows": ["{}"] * (MOST_ROWS + 1)}
        answer = gate.post("scans", short, gate.host_officer)
        assert refusal(answer) == (422, "RequestInvalid")

    def test_refuses_the_row_of_another_agency(self, gate: Desks) -> None:
        row = rows_of(gate, 1)[0]
        send(gate, row)
        home = {"jurisdiction": "XA", "code": "SAMPLE-HOME"}
        answer = gate.post("scans", scans_form(row, agency=home), gate.officer)
        assert refusal(answer) == (409, "ScanTaken")


class TestScan:
    def test_is_for_its_own_agency(self, gate: Desks) -> None:
        number = send(gate, *rows_of(gate, 1)).json()["scans"][0]["number"]
        assert fetch(gate, number).status_code == 200
        assert refusal(fetch(gate, number, gate.officer)) == (403, "RoleMissing")
        assert refusal(fetch(gate, "A" * 16)) == (404, "ScanUnknown")
        assert refusal(fetch(gate, "a" * 16)) == (422, "RequestInvalid")

    def test_is_proved_among_random_leaves_and_says_how_late_it_came(self, gate: Desks) -> None:
        now = gate.service.clock.now
        rows = rows_of(gate, 3)
        digest = digest_of(rows[0])
        send(gate, *rows)
        pending = gate.service.client.get(f"/v1/proofs/0x{digest.hex()}")
        assert refusal(pending) == (404, "ProofPending")
        anchor(gate)
        shown = fetch(gate, scan_number(digest)).json()
        assert shown["stage"] == "anchored"
        assert shown["lateSeconds"] == 400 + now % 60
        proof = gate.service.client.get(f"/v1/proofs/0x{digest.hex()}")
        read = ProofFile.from_json(proof.text)
        assert read.proof.tree_size == 64
        verify_inclusion(digest, read.proof, read.root)


class TestErasure:
    def test_takes_the_row_when_retention_ends_and_leaves_the_proof(self, gate: Desks) -> None:
        rows = rows_of(gate, 2)
        digest, number = digest_of(rows[0]), scan_number(digest_of(rows[0]))
        send(gate, *rows)
        anchor(gate)
        minute = read_row(rows[0]).minute
        two_weeks_later(gate, minute + SCAN_SECONDS - 1 - gate.service.clock.now)
        assert erasing(gate).step() == 0
        assert fetch(gate, number).status_code == 200
        gate.service.clock.now += 1
        assert erasing(gate).step() == 2
        gone = fetch(gate, number)
        assert refusal(gone) == (410, "ScanErased")
        stored = gate.stored()
        random, key = read_row(rows[0]).random, read_row(rows[0]).key
        assert key is not None
        assert [each for each in (random, key, rows[0]) if each in stored] == []
        proof = gate.service.client.get(f"/v1/proofs/0x{digest.hex()}")
        assert proof.status_code == 200

    def test_is_when_the_policy_says_that_the_verdict_cites(self, gate: Desks) -> None:
        policy = sample_policy(retention=RETENTION | {"scan": "P2D"})
        gate.agree(policy)
        now = gate.service.clock.now
        cited = {"agreement": {"policyHash": "0x" + policy.digest.hex()}}
        foreign = {"agreement": {"policyHash": "0x" + "ab" * 32}}
        rows = [scan_row(now, n, citations=each) for n, each in enumerate((cited, foreign))]
        send(gate, *rows)
        two_weeks_later(gate, 2 * 86_400)
        assert erasing(gate).step() == 1
        gone = [fetch(gate, scan_number(digest_of(row))).status_code for row in rows]
        assert gone == [410, 200]

    def test_gives_a_receipt_that_the_agency_signs(self, gate: Desks) -> None:
        rows = rows_of(gate, 2)
        send(gate, *rows)
        two_weeks_later(gate)
        gate.service.keys.held.remove(HOST_KEY)
        assert erasing(gate).step() == 2  # which does not wait for the key
        number = scan_number(digest_of(rows[0]))
        gone = fetch(gate, number).json()["erasure"]
        address = f"/v1/health/erasures/{gone}"
        unsigned = gate.service.client.get(address)
        assert unsigned.json()["signature"] is None
        gate.service.keys.held.append(HOST_KEY)
        assert erasing(gate).step() == 0
        answer = gate.service.client.get(address).json()
        signature = b64url_decode(answer["signature"]["signature"])
        key = HOST_KEY.public_key
        receipt = erasures.read_receipt(answer["receipt"].encode(), signature, key)
        assert (receipt.agency, receipt.cause) == ("XB/SAMPLE-HOST", Cause.RETENTION)
        assert set(receipt.rows) == {digest_of(row) for row in rows}
        assert answer["signature"]["keyId"] == "0x" + key.key_id.hex()

    def test_is_not_undone_by_a_row_that_comes_again(self, gate: Desks) -> None:
        rows = rows_of(gate, 1)
        send(gate, *rows)
        two_weeks_later(gate)
        erasing(gate).step()
        assert send(gate, *rows).status_code == 201
        number = scan_number(digest_of(rows[0]))
        assert refusal(fetch(gate, number)) == (410, "ScanErased")

    def test_of_nobody_is_unknown(self, gate: Desks) -> None:
        answer = gate.service.client.get("/v1/health/erasures/0x" + "00" * 16)
        assert refusal(answer) == (404, "ErasureUnknown")
        assert refusal(gate.service.client.get("/v1/health/erasures/0x00")) == (
            422,
            "RequestInvalid",
        )


def test_a_scan_that_let_the_person_pass_is_logged_as_well(gate: Desks) -> None:
    row = scan_row(gate.service.clock.now, outcome=Outcome.ACCEPT, reasons=(), key=None)
    assert send(gate, row).status_code == 201
    foreign = scans_form(row, agency={"jurisdiction": "XQ", "code": "NOBODY"})
    assert refusal(gate.post("scans", foreign, gate.host_officer)) == (403, "RoleMissing")

"""What gates fetch, and decide by off line, on both databases."""

import hashlib
from collections.abc import Iterator

import pytest

from api.services.gate_bundles import KEPT_SECONDS
from api.services.health_allow import SEGMENT_SECONDS, AllowListing
from api.store.gate_bundles import KEPT_SECONDS as FILE_SECONDS
from api.store.health_segments import SegmentStore
from ledger.authority import DocumentKey
from ledger.events import StatusChanged
from ledger.health import passes, presentations
from ledger.health.gate.decision import decide
from ledger.health.gate.lane import Lane
from ledger.health.gate.report import GateReport
from ledger.health.gate_bundle import archive
from ledger.health.gate_bundle.manifest import Manifest, check_newer, read
from ledger.health.gate_bundle.reading import GateBundle, read_bundle
from ledger.health.passes import HealthPass
from ledger.keys import PrivateKey
from ledger.status_list import mask, place
from ledger.values import OPEN_END, Digest, KeyUsage, RecordKind, Status
from tests.support.gates import RememberedMemory
from tests.support.health_desks import HOST_ID, HOST_KEY, Desks, desks
from tests.support.policies import sample_licence_policy, sample_policy
from tests.support.service import FOREIGN, refusal

HOLDER = PrivateKey.from_secret(b"\x21" * 32)
PATH = "/v1/health/gate-bundles/XB/SAMPLE-HOST"
PUBLISHER = DocumentKey(HOST_KEY.public_key, KeyUsage.BUNDLES, 0, 0, OPEN_END, OPEN_END)
POLICY = sample_policy(rules=[], valueSets="0x" + "00" * 32)
LANE = Lane("XB", "Sample Checkpoint", "port-1", "7", 0)
ONE_TIME = [PrivateKey.from_secret(bytes(30) + bytes([9, n])) for n in range(1, 9)]


@pytest.fixture
def both(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        made.agree(POLICY)
        yield made


def fetched(both: Desks) -> GateBundle:
    """Return the bundle as a gate takes it that holds nothing yet."""
    answer = both.service.client.get(PATH)
    assert answer.status_code == 200, answer.text
    encoded, none = archive.unpack(answer.content)
    assert none == {}
    named = read(encoded, [PUBLISHER], both.service.clock.now)
    return read_bundle(
        named, {ref.digest: file(both, ref.digest) for ref in named.wanted().values()}
    )


def file(both: Desks, digest: Digest) -> bytes:
    answer = both.service.client.get(f"{PATH}/files/{digest.hex()}")
    assert answer.status_code == 200, answer.text
    assert hashlib.sha256(answer.content).digest() == digest
    return answer.content


def converted(both: Desks) -> list[tuple[bytes, HealthPass]]:
    """Convert, anchor and list; return the passes."""
    keys = tuple(each.public_key for each in ONE_TIME)
    application = both.application(HOLDER, both.carried(HOLDER), POLICY, keys=keys)
    answer = both.convert(application, HOLDER)
    assert answer.status_code == 201, answer.text
    both.anchor(HOST_ID, RecordKind.HEALTH_PASS)
    service = both.service
    AllowListing(
        segments=SegmentStore(service.database),
        chain=service.registry,
        signers=service.issuers,
        clock=service.clock,
        confirmations=1,
    ).step(flush=True)
    envelopes = [passes.from_text(each["code"]) for each in answer.json()["passes"]]
    return [(each.encoded, passes.verify(each, HOST_KEY.public_key)) for each in envelopes]


def shown(both: Desks, encoded: bytes, number: int = 0) -> str:
    now = both.service.clock.now
    return presentations.present([encoded], now - 1, b"\x05" * 8, ONE_TIME[number])


def judged(both: Desks, bundle: GateBundle, encoded: bytes) -> GateReport:
    at = both.service.clock.now
    return decide(shown(both, encoded), bundle.evidence, LANE, at, RememberedMemory())


class TestBundle:
    def test_lets_a_gate_accept_what_was_converted(self, both: Desks) -> None:
        (encoded, _), *_ = converted(both)
        bundle = fetched(both)
        assert bundle.unusable == {}
        assert "foreign-keys" in bundle.missing
        assert not [each for each in bundle.missing if HOST_ID.hex() in each]
        report = judged(both, bundle, encoded)
        assert (report.outcome.value, report.headline) == ("ACCEPT", None)
        cited = report.people[0].citations
        assert cited.bundle == bundle.manifest.sequence

    def test_leaves_out_what_is_agreed_on_licences(self, both: Desks) -> None:
        before = fetched(both)
        both.agree(sample_licence_policy())
        both.service.clock.now += KEPT_SECONDS
        both.service.say()
        after = fetched(both)
        assert after.manifest.block.number > before.manifest.block.number
        assert after.evidence.agreements == before.evidence.agreements
        assert after.missing == before.missing

    def test_lets_a_gate_refuse_a_pass_that_was_revoked(self, both: Desks) -> None:
        (encoded, content), *_ = converted(both)
        word, _ = place(content.index)
        both.service.clock.now += KEPT_SECONDS
        both.service.say(
            lambda at: StatusChanged(
                at, HOST_ID, content.list, word, mask(content.index), Status.REVOKED, 331, 0, 0
            )
        )
        report = judged(both, fetched(both), encoded)
        assert report.outcome.value == "DENY"
        assert report.headline is not None
        assert report.headline.reason.value == "STATUS"

    def test_tells_the_gate_that_recognition_is_suspended(self, both: Desks) -> None:
        (encoded, _), *_ = converted(both)
        both.suspend()
        both.service.clock.now += KEPT_SECONDS
        both.service.say()
        report = judged(both, fetched(both), encoded)
        assert report.outcome.value == "SECONDARY"

    def test_is_the_same_for_a_minute_and_then_a_newer_one(self, both: Desks) -> None:
        converted(both)
        first = both.service.client.get(PATH)
        both.service.clock.now += KEPT_SECONDS - 1
        both.service.say()
        assert both.service.client.get(PATH).content == first.content
        both.service.clock.now += 1
        both.service.say()
        second = both.service.client.get(PATH)
        held, offered = manifest(both, first.content), manifest(both, second.content)
        check_newer(held, offered)
        # Nothing changed but dates, so a gate that holds the first has nothing to fetch.
        assert offered.wanted({ref.digest for ref in held.files.values()}) == {}

    def test_does_not_go_on_while_nobody_looks_at_the_chain(self, both: Desks) -> None:
        first = both.service.client.get(PATH)
        both.service.clock.now += KEPT_SECONDS
        assert both.service.client.get(PATH).content == first.content

    def test_of_an_agency_that_is_not_here(self, both: Desks) -> None:
        unknown = both.service.client.get("/v1/health/gate-bundles/XB/NOBODY")
        assert refusal(unknown) == (404, "AgencyUnknown")
        keyless = both.service.client.get(f"/v1/health/gate-bundles/CN-GD/{FOREIGN}")
        assert refusal(keyless) == (404, "GateBundleAbsent")
        both.service.keys.held.remove(HOST_KEY)
        assert refusal(both.service.client.get(PATH)) == (503, "SigningKeyMissing")


class TestFile:
    def test_that_no_manifest_names(self, both: Desks) -> None:
        answer = both.service.client.get(f"{PATH}/files/{'ab' * 32}")
        assert refusal(answer) == (404, "GateFileUnknown")
        assert both.service.client.get(f"{PATH}/files/{'AB' * 32}").status_code == 422

    def test_is_kept_for_an_hour_after_it_was_named(self, both: Desks) -> None:
        converted(both)
        old = {ref.digest for ref in fetched(both).manifest.files.values()}
        both.suspend()
        for _ in range(2):
            both.service.clock.now += FILE_SECONDS // 2 + SEGMENT_SECONDS
            both.service.say()
            new = {ref.digest for ref in fetched(both).manifest.files.values()}
        gone = [digest for digest in old - new if not is_there(both, digest)]
        assert gone
        assert all(is_there(both, digest) for digest in new)


def is_there(both: Desks, digest: Digest) -> bool:
    return both.service.client.get(f"{PATH}/files/{digest.hex()}").status_code == 200


def manifest(both: Desks, packed: bytes) -> Manifest:
    return read(archive.unpack(packed)[0], [PUBLISHER], both.service.clock.now)

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import jws
from ledger.authority import Agency
from ledger.events import Place
from ledger.projection import Header
from ledger.values import (
    OPEN_END,
    AgencyStatus,
    RecordKind,
    Root,
    Status,
    Window,
    agency_id,
    licence_record_type,
)
from ledger.verification.bundle import (
    MAX_BUNDLE,
    TYPE,
    Bundle,
    BundleMalformed,
    BundleRolledBack,
    BundleStale,
    BundleUntrusted,
    build_bundle,
    parse_bundle,
)
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from ledger.verification.bundle_form import write_content
from ledger.verification.check import Verdict
from ledger.verification.evidence import Batch, Source, Unreachable
from ledger.verification.verify import query_of
from tests.support.licences import AGENCY, AGENCY_KEY, STRANGER_KEY
from tests.support.verification import (
    ANCHOR_BLOCK,
    ANCHORED_AT,
    ANNOUNCED_AT,
    AT,
    DAY,
    HEAD_BLOCK,
    KEY,
    LEDGER,
    Sample,
    sample,
)

SAMPLE = sample()
PROOF = SAMPLE.evidence.proof
assert PROOF is not None
TRUSTED = [AGENCY_KEY.public_key]
SUSPENDED = replace(
    SAMPLE.event(Status.SUSPENDED, 102, ANCHORED_AT + 60, until=AT + DAY),
    place=Place(8, b"", ANCHORED_AT + 60, b"", 0),
)
RECORD = AgencyRecord(
    agency=AGENCY,
    statuses=((ANNOUNCED_AT, AgencyStatus.ACTIVE),),
    keys=(KEY,),
    accreditations={licence_record_type("cn.food-business"): (Window(ANNOUNCED_AT, OPEN_END),)},
    batches={PROOF.root: Batch(ANCHORED_AT, ANCHOR_BLOCK, 5, RecordKind.LICENCE)},
    lists={0: {}},
)
CONTENT = BundleContent(
    sequence=3,
    issued_at=AT - 60,
    expires_at=AT + DAY,
    ledger=LEDGER,
    head=Header(HEAD_BLOCK, b"\x09" * 32, AT - 65),
    is_complete=True,
    agencies=(RECORD,),
)


def read(content: BundleContent = CONTENT) -> Bundle:
    return parse_bundle(build_bundle(content, AGENCY_KEY), TRUSTED, AT)


def offline(content: BundleContent = CONTENT, of: Sample = SAMPLE) -> Sample:
    """The sample with the evidence of a bundle alone."""
    proof = of.evidence.proof
    return of.but(evidence=read(content).evidence(query_of(of.document, proof), proof))


def with_record(**changes: Any) -> BundleContent:
    return replace(CONTENT, agencies=(replace(RECORD, **changes),))


MALFORMED: dict[tuple[str, ...], Any] = {
    ("extra",): 1,
    ("name",): None,
    ("status",): 9,
    ("keys", "0"): [],
    ("keys", "0", "2"): 32,
    ("keys", "0", "8"): 0,
    ("batches", "0", "0"): "AA",
    ("batches", "0", "3"): 2**32,
    ("lists", "0", "0"): 2**32,
    ("lists", "0", "1"): [[8192, "A" * 43]],
    ("accreditations", "0", "1"): [[1]],
    ("statuses", "0", "0"): True,
    ("events",): [[0] * 8],
}


class TestParseBundle:
    def test_reads_what_was_built(self) -> None:
        full = with_record(
            lists={0: {SUSPENDED.word: 2 << 5}, 7: {}}, events=(SUSPENDED, SUSPENDED)
        )
        assert read(full).content == full

    def test_reads_the_same_sequence_again(self) -> None:
        token = build_bundle(CONTENT, AGENCY_KEY)
        assert parse_bundle(token, TRUSTED, AT, CONTENT.sequence).content == CONTENT

    def test_refuses_an_earlier_sequence(self) -> None:
        token = build_bundle(CONTENT, AGENCY_KEY)
        with pytest.raises(BundleRolledBack):
            parse_bundle(token, TRUSTED, AT, CONTENT.sequence + 1)

    @pytest.mark.parametrize("now", [CONTENT.issued_at, CONTENT.expires_at - 1])
    def test_good_within_its_times(self, now: int) -> None:
        token = build_bundle(CONTENT, AGENCY_KEY)
        assert parse_bundle(token, TRUSTED, now).content == CONTENT

    @pytest.mark.parametrize("now", [CONTENT.issued_at - 1, CONTENT.expires_at])
    def test_stale_outside_its_times(self, now: int) -> None:
        with pytest.raises(BundleStale):
            parse_bundle(build_bundle(CONTENT, AGENCY_KEY), TRUSTED, now)

    def test_refuses_a_strangers(self) -> None:
        with pytest.raises(BundleUntrusted):
            parse_bundle(build_bundle(CONTENT, STRANGER_KEY), TRUSTED, AT)

    def test_refuses_a_strangers_signature_under_a_trusted_name(self) -> None:
        head, body, _ = build_bundle(CONTENT, AGENCY_KEY).split(".")
        other = build_bundle(replace(CONTENT, sequence=4), AGENCY_KEY).split(".")[2]
        with pytest.raises(BundleUntrusted):
            parse_bundle(f"{head}.{body}.{other}", TRUSTED, AT)

    def test_refuses_another_kind_of_token(self) -> None:
        token = jws.sign("statuslist+jwt", write_content(CONTENT), AGENCY_KEY)
        with pytest.raises(BundleMalformed):
            parse_bundle(token, TRUSTED, AT)

    @pytest.mark.parametrize("name", write_content(CONTENT))
    @pytest.mark.parametrize("value", [None, -1, "x", [[]], {}, 1.5, [1, 2, 3]], ids=repr)
    def test_refuses_a_member_of_another_kind(self, name: str, value: Any) -> None:
        token = jws.sign(TYPE, {**write_content(CONTENT), name: value}, AGENCY_KEY)
        with pytest.raises(BundleMalformed):
            parse_bundle(token, TRUSTED, AT)

    @pytest.mark.parametrize("path", MALFORMED, ids=".".join)
    def test_refuses_a_malformed_agency(self, path: tuple[str, ...]) -> None:
        payload = write_content(CONTENT)
        holder: Any = payload["agencies"][0]
        for step in path[:-1]:
            holder = holder[int(step) if step.isdecimal() else step]
        last: Any = int(path[-1]) if path[-1].isdecimal() else path[-1]
        holder[last] = MALFORMED[path]
        with pytest.raises(BundleMalformed):
            parse_bundle(jws.sign(TYPE, payload, AGENCY_KEY), TRUSTED, AT)

    def test_refuses_an_agency_twice(self) -> None:
        twice = replace(CONTENT, agencies=(RECORD, RECORD))
        with pytest.raises(BundleMalformed):
            read(twice)

    @given(st.text())
    def test_refuses_anything_else_by_one_name(self, text: str) -> None:
        with pytest.raises(BundleMalformed):
            parse_bundle(text, TRUSTED, AT)

    def test_a_hundred_batches_take_few_bytes(self) -> None:
        batches = {Root(i.to_bytes(32)): Batch(ANCHORED_AT, i, 10_000, 1) for i in range(1, 101)}
        more = len(build_bundle(with_record(batches=batches), AGENCY_KEY))
        assert more - len(build_bundle(CONTENT, AGENCY_KEY)) < 100 * 110


class TestEvidence:
    def test_a_licence_is_valid_offline(self) -> None:
        report = offline().report()
        assert report.verdict is Verdict.VALID
        assert report.to_json()["evidence"]["source"] == Source.BUNDLE

    def test_is_as_old_as_the_bundle(self) -> None:
        old = replace(CONTENT, issued_at=AT - 301)
        assert offline(old).check("status").code == "status.unreachable"

    def test_tells_reason_and_end_of_a_suspension(self) -> None:
        raw = {SUSPENDED.word: 2 << (2 * (SAMPLE.licence.index & 127))}
        check = offline(with_record(lists={0: raw}, events=(SUSPENDED,))).check("status")
        assert (check.code, check.facts["reason"]) == ("status.suspended", 102)

    def test_a_list_that_a_complete_bundle_lacks_was_never_changed(self) -> None:
        assert offline(with_record(lists={})).check("status").code == "status.valid"

    def test_a_part_of_the_ledger_says_nothing_of_other_lists(self) -> None:
        part = replace(with_record(lists={}), is_complete=False)
        assert offline(part).check("status").code == "status.unreachable"
        assert offline(replace(CONTENT, is_complete=False)).check("status").code == "status.valid"

    def test_a_suspension_that_ended_in_the_meantime_counts_no_more(self) -> None:
        raw = {SUSPENDED.word: 2 << (2 * (SAMPLE.licence.index & 127))}
        ended = replace(SUSPENDED, until=AT)
        check = offline(with_record(lists={0: raw}, events=(ended,))).check("status")
        assert check.code == "status.suspension-ended"

    def test_refuses_a_bundle_that_is_too_long(self) -> None:
        with pytest.raises(BundleMalformed):
            parse_bundle("a" * (MAX_BUNDLE + 1), TRUSTED, AT)

    def test_an_agency_that_a_complete_bundle_lacks_is_unknown(self) -> None:
        check = offline(replace(CONTENT, agencies=())).check("issuer")
        assert check.code == "issuer.agency-unknown"

    def test_a_part_of_the_ledger_says_nothing_of_the_rest(self) -> None:
        part = offline(replace(CONTENT, agencies=(), is_complete=False))
        assert isinstance(part.evidence.reading, Unreachable)
        assert part.report().verdict is Verdict.UNCONFIRMED

    def test_a_root_that_the_bundle_should_know_is_not_there(self) -> None:
        assert offline(with_record(batches={})).check("anchor").code == "anchor.root-not-found"

    def test_a_root_newer_than_the_bundle_is_not_denied(self) -> None:
        later = SAMPLE.with_proof(block=HEAD_BLOCK + 1)
        check = offline(with_record(batches={}), later).check("anchor")
        assert (check.code, check.facts["age"]) == ("anchor.unreachable", 60)

    def test_judges_the_agency_at_the_anchors_time(self) -> None:
        retired = replace(AGENCY, status=AgencyStatus.RETIRED)
        after = ((ANNOUNCED_AT, AgencyStatus.ACTIVE), (ANCHORED_AT + 1, AgencyStatus.RETIRED))
        report = offline(with_record(agency=retired, statuses=after)).report()
        assert report.check("issuer").code == "issuer.ok"
        assert [w.code for w in report.warnings] == ["issuer.agency-suspended-now"]
        at_once = ((ANNOUNCED_AT, AgencyStatus.ACTIVE), (ANCHORED_AT, AgencyStatus.RETIRED))
        spoilt = offline(with_record(agency=retired, statuses=at_once))
        assert spoilt.check("issuer").code == "issuer.agency-inactive"

    def test_judges_the_accreditation_at_the_anchors_time(self) -> None:
        food = licence_record_type("cn.food-business")
        ended = with_record(accreditations={food: (Window(ANNOUNCED_AT, ANCHORED_AT),)})
        assert offline(ended).check("issuer").code == "issuer.not-accredited"

    def test_another_agencys_batch_does_not_count(self) -> None:
        other_id = agency_id("CN-GD", "11440100MBEXAMPE9X")
        other = Agency(other_id, "CN-GD", "11440100MBEXAMPE9X", "示例市乙局", AgencyStatus.ACTIVE)
        both = (replace(RECORD, batches={}), replace(RECORD, agency=other))
        assert offline(replace(CONTENT, agencies=both)).check("anchor").code == (
            "anchor.root-not-found"
        )

    def test_a_key_that_the_agency_does_not_have_is_unknown(self) -> None:
        report = offline(with_record(keys=())).report()
        assert report.check("issuer").code == "issuer.key-unknown"
        assert report.verdict is Verdict.UNCONFIRMED

"""A decision under good evidence is valid; each thing spoilt in turn has its own code."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.errors import Refused
from ledger.licences.catalogue import LANGUAGES
from ledger.licences.decisions import sign_decisions
from ledger.licences.issuance import Issuer
from ledger.values import AgencyStatus, RecordKind, Status, agency_id
from ledger.verification.check import Result, Verdict, sentence
from ledger.verification.decision import (
    NAMES,
    is_decision,
    open_decision,
    query_of_decision,
    verify_decision,
)
from ledger.verification.evidence import NO_LIST, Evidence, Unreachable
from ledger.verification.records import open_record, query_about, report_on, wants_history
from tests.support.decisions import (
    CODES,
    DECISION,
    LICENCE,
    DecisionSample,
    sample_decision,
    signed,
)
from tests.support.licences import (
    AGENCY,
    AGENCY_KEY,
    BASE_URL,
    CATALOGUE,
    ISSUED_AT,
    STRANGER_KEY,
    counted_bytes,
)
from tests.support.verification import ANCHORED_AT, AT, POLICY, sample, unreachable

SAMPLE: DecisionSample = sample_decision()
OTHER = replace(AGENCY, id=agency_id("CN-GD", "11440200MBEXAMPE7Z"), code="11440200MBEXAMPE7Z")

Spoil = Callable[[Any], Any]


def of_another_agency(_: Any) -> Any:
    """A genuine decision of an agency that has nothing to do with the licence."""
    stranger = Issuer(OTHER, BASE_URL, AGENCY_KEY)
    (token,) = sign_decisions([DECISION], stranger, counted_bytes(), issued_at=ISSUED_AT)
    made = sample_decision(token)
    return made.with_proof(agency=OTHER.id).with_reading(agency=OTHER)


def in_future(_: Any) -> Any:
    later = replace(DECISION, effective_at=AT + 3600, until=AT + 7200)
    return sample_decision(signed(later)).with_events()


VALID: dict[str, Spoil] = {
    "format.ok": lambda s: s,
    "integrity.ok": lambda s: s,
    "anchor.ok": lambda s: s,
    "issuer.active": lambda s: s,
    "target.ok": lambda s: s,
    "change.ok": lambda s: s,
}
INVALID: dict[str, Spoil] = {
    "format.decision-unreadable": lambda s: s.but(document=s.document + "."),
    "integrity.algorithm-refused": lambda s: s.but(document=with_header(alg="none")),
    "integrity.signature-invalid": lambda s: s.but(document=forged()),
    "anchor.proof-mismatch": lambda s: s.with_batch(kind=RecordKind.LICENCE),
    "issuer.agency-inactive": lambda s: s.with_reading(agency_status_then=AgencyStatus.SUSPENDED),
    "issuer.key-distrusted": lambda s: s.with_key(distrust_from=ANCHORED_AT),
    "issuer.key-not-valid-then": lambda s: s.with_key(sign_until=ANCHORED_AT),
    "target.other-licence": lambda s: s.but(given=sample(seed=b"other").document),
    "target.other-agency": of_another_agency,
    "change.differs": lambda s: s.carried_out(reason=102),
}
ERROR: dict[str, Spoil] = {
    "integrity.key-unavailable": lambda s: s.with_reading(key=None),
    "anchor.proof-missing": lambda s: s.with_evidence(proof=None),
    "anchor.unreachable": unreachable,
    "issuer.unreachable": unreachable,
    "issuer.key-frozen": lambda s: s.with_key(frozen=True),
    "target.unreadable": lambda s: s.but(given="%PDF-1.7"),
    "change.unreachable": lambda s: s.with_evidence(history=None),
    "change.not-found": lambda s: s.with_events(),
    "change.pending": in_future,
}
SKIPPED: dict[str, Spoil] = {
    "target.not-asked": lambda s: s.but(given=None),
    "change.not-asked": lambda s: s.but(given=None),
    "skipped.earlier-check": lambda s: s.but(document="a.b.c"),
}
RESULTS = ((VALID, Result.VALID), (INVALID, Result.INVALID), (ERROR, Result.ERROR))


def with_header(**changes: str) -> str:
    _, payload, signature = signed().split(".")
    header = {"alg": "ES256", "typ": "licence-decision+jwt", "kid": AGENCY_KEY.public_key.kid}
    text = str(header | changes).replace("'", '"')
    return f"{b64url_encode(text.encode())}.{payload}.{signature}"


def forged() -> str:
    """The agency's `kid` over a stranger's signature."""
    token = jws.parse(signed(), "licence-decision+jwt")
    signature = STRANGER_KEY.sign(token.signing_input)
    return f"{token.signing_input.decode()}.{b64url_encode(signature)}"


class TestVerifyDecision:
    def test_is_valid(self) -> None:
        report = SAMPLE.report()
        assert report.verdict is Verdict.VALID
        assert [check.result for check in report.checks] == [Result.VALID] * 6
        shown = report.to_json()["checks"]
        assert [(check["number"], check["name"]) for check in shown] == [*enumerate(NAMES, 1)]
        assert report.warnings == ()

    def test_alone_is_valid_and_says_what_was_not_asked(self) -> None:
        report = SAMPLE.but(given=None).with_evidence(history=None).report()
        assert report.verdict is Verdict.VALID
        assert report.check("target").facts["target"] == "0x" + DECISION.target.hex()
        assert report.check("change").result is Result.SKIPPED

    @pytest.mark.parametrize(
        ("code", "spoil", "result"),
        [(code, spoil, result) for rows, result in RESULTS for code, spoil in rows.items()],
    )
    def test_each_code(self, code: str, spoil: Spoil, result: Result) -> None:
        report = spoil(SAMPLE).report()
        check = report.check(code.partition(".")[0])
        assert (check.code, check.result) == (code, result)
        if result is Result.INVALID:
            assert report.verdict is Verdict.INVALID
        if result is Result.ERROR:
            assert report.verdict is Verdict.UNCONFIRMED

    @pytest.mark.parametrize("claim", ["target", "reason", "text", "effectiveAt"])
    def test_a_changed_claim_is_never_valid(self, claim: str) -> None:
        token = jws.parse(signed(), "licence-decision+jwt")
        changed = {
            "target": b64url_encode(b"\2" * 32),
            "reason": 102,
            "text": "吊销。",
            "effectiveAt": ISSUED_AT,
        }
        resigned = jws.sign(
            "licence-decision+jwt", token.payload | {claim: changed[claim]}, STRANGER_KEY
        )
        kept = ".".join([signed().split(".")[0], *resigned.split(".")[1:]])
        report = SAMPLE.but(document=kept).report()
        assert report.verdict is Verdict.INVALID
        assert report.check("integrity").code == "integrity.signature-invalid"

    @pytest.mark.parametrize(
        "changes",
        [
            {"reason": 105},
            {"until": 0},
            {"until": DECISION.until + 1},
        ],
    )
    def test_the_ledger_has_the_last_word(self, changes: dict[str, Any]) -> None:
        told = replace(SAMPLE.told(), **changes)
        check = SAMPLE.with_events(told).check("change")
        assert (check.result, check.code) == (Result.INVALID, "change.differs")
        assert check.facts["reason"] == told.reason

    def test_a_revocation_is_known_by_its_reason(self) -> None:
        decision = replace(DECISION, status=Status.REVOKED, reason=331, until=0)
        made = sample_decision(signed(decision))
        event = made.event(Status.REVOKED, 331, decision.effective_at)
        assert made.with_events(event).report().verdict is Verdict.VALID
        other_day = replace(event, effective_at=event.effective_at + 1)
        assert made.with_events(other_day).check("change").code == "change.differs"
        # 注销 after 吊销 changes nothing on chain; it is no forgery for that.
        punished = replace(other_day, reason=320)
        assert made.with_events(punished).check("change").code == "change.not-found"

    def test_an_earlier_suspension_says_nothing_about_this_one(self) -> None:
        earlier = replace(SAMPLE.told(), effective_at=DECISION.effective_at - 60)
        check = SAMPLE.with_events(earlier).check("change")
        assert (check.result, check.code) == (Result.ERROR, "change.not-found")
        both = SAMPLE.with_events(earlier, SAMPLE.told())
        assert both.check("change").code == "change.ok"

    def test_another_entry_of_the_word_says_nothing(self) -> None:
        other = replace(SAMPLE.told(), mask=3 << 2 * ((SAMPLE.licence.index + 1) % 128))
        assert SAMPLE.with_events(other).check("change").code == "change.not-found"

    def test_needs_no_accreditation_but_the_key_of_documents(self) -> None:
        assert SAMPLE.with_reading(accredited_then=False).report().verdict is Verdict.VALID
        assert SAMPLE.with_policy(recognised=frozenset({"MO"})).report().verdict is Verdict.VALID

    def test_of_another_licence_nothing_more_is_asked(self) -> None:
        report = INVALID["target.other-licence"](SAMPLE).report()
        assert report.check("change").code == "skipped.earlier-check"

    def test_never_raises(self) -> None:
        nothing = Evidence(None, Unreachable("no-answer"))
        for token in ("", "…", "a.b.c", "a" * (2**18 + 1), signed() + "\n"):
            report = verify_decision(token, nothing, POLICY, AT)
            assert report.verdict is Verdict.INVALID
            assert report.check("format").code == "format.decision-unreadable"


class TestEveryCode:
    rows = VALID | INVALID | ERROR | SKIPPED

    def test_has_a_row(self) -> None:
        assert set(self.rows) >= CODES

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("code", rows)
    def test_has_a_whole_sentence(self, code: str, language: str) -> None:
        checks = [check for check in self.rows[code](SAMPLE).report().checks if check.code == code]
        assert checks
        for check in checks:
            said = sentence(check, language)
            assert not set("{}?") & set(said)
            assert said.endswith((".", "。"))


class TestQuery:
    def test_asks_for_the_licence_s_entry(self) -> None:
        query = query_of_decision(open_decision(signed(), LICENCE.document), SAMPLE.evidence.proof)
        assert (query.agency, query.list) == (AGENCY.id, LICENCE.licence.list)
        assert query.word == LICENCE.licence.index // 128
        assert query.key_id == AGENCY_KEY.public_key.key_id

    def test_asks_for_no_list_without_a_licence(self) -> None:
        assert query_of_decision(open_decision(signed()), None).list == NO_LIST
        assert query_of_decision(open_decision(signed(), "?"), None).list == NO_LIST

    def test_what_cannot_be_read_asks_nothing(self) -> None:
        with pytest.raises(Refused):
            query_of_decision(open_decision("a.b.c"), None)


class TestRecords:
    def test_tells_decisions_from_licences(self) -> None:
        assert is_decision(signed())
        assert not is_decision(LICENCE.document)
        assert not any(map(is_decision, ("", "…", "{}", "e30", "a.b.c", "WzFd.x.y")))

    def test_each_kind_goes_its_way(self) -> None:
        for of in (SAMPLE, LICENCE):
            opened = open_record(of.document, LICENCE.document)
            query = query_about(opened, of.evidence.proof)
            assert query.agency == AGENCY.id
            report = report_on(opened, of.evidence, of.policy, of.at, CATALOGUE)
            assert report.verdict is Verdict.VALID
            assert report.names == of.report().names
            assert wants_history(opened) == (of is SAMPLE)
        assert not wants_history(open_record(SAMPLE.document))

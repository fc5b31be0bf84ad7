"""One row per code: the sample, spoilt in one thing, and what the report then says."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import jws
from ledger.canonical import b64url_encode
from ledger.errors import Refused
from ledger.finality import FINALIZED
from ledger.keys import Signer
from ledger.licences.catalogue import LANGUAGES
from ledger.licences.sd_jwt import bind, parse, present
from ledger.merkle import Proof
from ledger.values import (
    AgencyStatus,
    KeyUsage,
    RecordKind,
    Root,
    Status,
    agency_id,
    licence_record_type,
)
from ledger.verification.check import NAMES, Result, Verdict, sentence
from ledger.verification.evidence import Source
from ledger.verification.messages import texts_in
from ledger.verification.policy import HolderRequest
from ledger.verification.verify import open_document, query_of, verify
from tests.support import decisions
from tests.support.licences import (
    AGENCY,
    AGENCY_KEY,
    CATALOGUE,
    HOLDER_KEY,
    ISSUED_AT,
    STRANGER_KEY,
    issuer,
)
from tests.support.verification import (
    ANCHOR_BLOCK,
    ANCHORED_AT,
    AT,
    DAY,
    HEAD_BLOCK,
    KEY,
    LEDGER,
    OTHER_LEDGER,
    POLICY,
    Sample,
    list_token,
    sample,
    sample_of,
    unreachable,
)

SAMPLE = sample()
ASKED = HolderRequest("https://shop.example", "n-1")
OLD = AT + POLICY.max_evidence_age + 1
"""A time at which the sample's evidence is a second too old."""


def resigned(of: Sample, **claims: object) -> Sample:
    """The document with claims changed, signed and anchored by its agency after all."""
    document = parse(of.document)
    token = jws.sign("dc+sd-jwt", {**document.jws.payload, **claims}, AGENCY_KEY)
    text = of.document.replace(document.issuer_jwt, token)
    return sample_of(replace(of.licence, document=text))


def retyped(of: Sample, **header: object) -> Sample:
    """The document with another header and its old signature."""
    document = parse(of.document)
    parts = document.issuer_jwt.split(".")
    parts[0] = b64url_encode(json.dumps({**document.jws.header, **header}).encode())
    return of.but(document=of.document.replace(document.issuer_jwt, ".".join(parts)))


def shown(
    of: Sample, nonce: str = "n-1", issued_at: int = AT, holder: Signer = HOLDER_KEY
) -> Sample:
    """The document as its holder shows it for one request."""
    document = present(parse(of.document), ["holder_name"])
    bound = bind(document, holder, audience=ASKED.audience, nonce=nonce, issued_at=issued_at)
    return of.with_policy(holder=ASKED).but(document=bound.compact)


def past(of: Sample, at: int) -> Sample:
    return of.but(at=at)


def forged(of: Sample) -> Sample:
    """Signed by a stranger who names the agency's key."""
    document = parse(of.document)
    mine = STRANGER_KEY.sign(document.jws.signing_input)
    token = f"{document.jws.signing_input.decode()}.{b64url_encode(mine)}"
    text = of.document.replace(document.issuer_jwt, token)
    return sample_of(replace(of.licence, document=text))


def twice(of: Sample) -> Sample:
    first = parse(of.document).disclosures[0].text
    return of.but(document=f"{of.document}{first}~")


def foreign(of: Sample) -> Sample:
    other = parse(sample(seed=b"other").document).disclosures[0].text
    return of.but(document=f"{of.document}{other}~")


def suspended(of: Sample, until: int = 0) -> Sample:
    return of.with_events(of.event(Status.SUSPENDED, 102, ANCHORED_AT + 60, until=until))


def revoked(of: Sample, reason: int) -> Sample:
    return of.with_events(of.event(Status.REVOKED, reason, ANCHORED_AT + 60))


Spoil = Callable[[Sample], Sample]
VALID: dict[str, Spoil] = {
    "format.ok": lambda s: s,
    "integrity.ok": lambda s: s,
    "anchor.ok": lambda s: s,
    "issuer.ok": lambda s: s,
    "status.valid": lambda s: s,
    "status.suspension-ended": lambda s: suspended(s, until=AT),
    "validity.ok": lambda s: s,
    "validity.open-ended": lambda _: sample("cn.business-licence"),
    "holder.ok": shown,
}
INVALID: dict[str, Spoil] = {
    "format.unreadable": lambda s: s.but(document="%PDF-1.7"),
    "format.schema-mismatch": lambda s: resigned(s, issuing_authority=" "),
    "format.identifier-wrong": lambda s: resigned(s, licence_id=wrong_check(s.licence.licence_id)),
    "integrity.signature-invalid": forged,
    "integrity.algorithm-refused": lambda s: retyped(s, alg="none"),
    "integrity.disclosure-foreign": foreign,
    "integrity.disclosure-conflict": twice,
    "anchor.proof-mismatch": lambda s: s.with_proof(root=Root(b"\x01" * 32)),
    "anchor.root-not-found": lambda s: s.with_reading(batch=None),
    "anchor.later-than-time": lambda s: past(s, ANCHORED_AT - 1),
    "issuer.agency-unknown": lambda s: s.with_reading(agency=None),
    "issuer.agency-inactive": lambda s: s.with_reading(agency_status_then=AgencyStatus.SUSPENDED),
    "issuer.key-not-valid-then": lambda s: s.with_key(sign_until=ANCHORED_AT),
    "issuer.key-distrusted": lambda s: s.with_key(distrust_from=ANCHORED_AT),
    "issuer.not-accredited": lambda s: s.with_reading(accredited_then=False),
    "issuer.not-recognised-here": lambda s: s.with_policy(recognised=frozenset({"MO"})),
    "status.suspended": lambda s: suspended(s, until=AT + 1),
    "status.annulled": lambda s: s.with_events(
        s.event(Status.REVOKED, 311, AT - 60, effective_at=0)
    ),
    "status.revoked-punitive": lambda s: revoked(s, 320),
    "status.cancelled": lambda s: revoked(s, 331),
    "status.withdrawn": lambda s: revoked(s, 340),
    "status.revoked": lambda s: s.with_status(Status.REVOKED),
    "status.superseded": lambda s: s.with_events(s.event(Status.SUPERSEDED, 401, ANCHORED_AT + 60)),
    "status.index-invalid": lambda s: resigned(
        s, status={"status_list": {"idx": 2**20, "uri": issuer().status_uri(0)}}
    ),
    "validity.not-yet": lambda _: sample(fields={"valid_from": "2026-11-22"}),
    "validity.expired": lambda s: s.but(at=s.licence.exp or 0),
    "holder.proof-missing": lambda s: s.with_policy(holder=ASKED),
    "holder.proof-invalid": lambda s: shown(s, holder=STRANGER_KEY),
    "holder.wrong-request": lambda s: shown(s, nonce="n-2"),
    "holder.too-old": lambda s: shown(s, issued_at=AT - 301),
    "holder.reused": lambda s: shown(s).with_policy(holder=replace(ASKED, used=True)),
}
ERROR: dict[str, Spoil] = {
    "format.type-unknown": lambda s: resigned(s, vct="urn:suizheng:licence:cn.food-business:9"),
    "integrity.key-unavailable": lambda s: s.with_reading(key=None),
    "anchor.pending": lambda s: s.with_policy(min_confirmations=4),
    "anchor.not-final": lambda s: s.with_policy(min_confirmations=FINALIZED).with_reading(
        finalized=ANCHOR_BLOCK - 1
    ),
    "anchor.proof-missing": lambda s: s.with_evidence(proof=None),
    "anchor.ledger-unknown": lambda s: s.with_policy(ledgers=frozenset({OTHER_LEDGER})),
    "anchor.unreachable": unreachable,
    "issuer.key-unknown": lambda s: s.with_reading(key=None),
    "issuer.key-frozen": lambda s: s.with_key(frozen=True),
    "issuer.unreachable": unreachable,
    "status.list-stale": lambda s: unreachable(s).with_list(issued_at=AT - DAY),
    "status.list-untrusted": lambda s: unreachable(s).with_list(signer=STRANGER_KEY),
    "status.unreachable": unreachable,
    "validity.clock-unsure": lambda s: s.with_policy(clock_trusted=False),
    "holder.no-key": lambda _: sample(holder_key=None).with_policy(holder=ASKED),
}
SKIPPED: dict[str, Spoil] = {
    "holder.not-asked": lambda s: s,
    "skipped.earlier-check": forged,
}
WARNINGS: dict[str, Spoil] = {
    "anchor.few-confirmations": lambda s: s.with_policy(warn_below=6),
    "format.place-unknown": lambda _: sample(
        "cn.residence-permit", fields={"holder_code": "190000199001010018"}
    ),
    "issuer.agency-suspended-now": lambda s: s.with_reading(
        agency=replace(AGENCY, status=AgencyStatus.SUSPENDED)
    ),
    "status.channels-differ": lambda s: s.with_list(Status.SUSPENDED),
}


def wrong_check(identifier: str) -> str:
    return identifier[:-1] + ("A" if identifier[-1] != "A" else "B")


ROWS = [
    *((code, spoil, Result.VALID, Verdict.VALID) for code, spoil in VALID.items()),
    *((code, spoil, Result.INVALID, Verdict.INVALID) for code, spoil in INVALID.items()),
    *((code, spoil, Result.ERROR, Verdict.UNCONFIRMED) for code, spoil in ERROR.items()),
]


class TestVerify:
    @pytest.mark.parametrize(("code", "spoil", "result", "verdict"), ROWS, ids=[r[0] for r in ROWS])
    def test_says_one_code_for_one_fault(
        self, code: str, spoil: Spoil, result: Result, verdict: Verdict
    ) -> None:
        report = spoil(SAMPLE).report()
        check = report.check(code.partition(".")[0])
        assert (check.code, check.result) == (code, result)
        assert report.verdict is verdict

    @pytest.mark.parametrize("code", WARNINGS)
    def test_warns(self, code: str) -> None:
        report = WARNINGS[code](SAMPLE).report()
        assert code in [warning.code for warning in report.warnings]

    def test_the_sample_warns_of_nothing(self) -> None:
        assert SAMPLE.report().warnings == ()

    def test_has_every_check_in_order(self) -> None:
        checks = SAMPLE.report().to_json()["checks"]
        assert [(check["number"], check["name"]) for check in checks] == [*enumerate(NAMES, 1)]

    def test_the_sample_is_valid_but_for_what_was_not_asked(self) -> None:
        results = [check.result for check in SAMPLE.report().checks]
        assert results == [Result.VALID] * 6 + [Result.SKIPPED]
        assert SAMPLE.check("holder").code == "holder.not-asked"

    @pytest.mark.parametrize(
        "code", [c for c in INVALID if c.startswith(("format.", "integrity."))]
    )
    def test_skips_the_rest_after_a_forgery(self, code: str) -> None:
        checks = INVALID[code](SAMPLE).report().checks
        last = 1 if code.startswith("format.") else 2
        assert {check.code for check in checks[last:]} == {"skipped.earlier-check"}
        assert {check.result for check in checks[last:]} == {Result.SKIPPED}

    def test_an_outage_is_never_invalid(self) -> None:
        results = {check.result for check in unreachable(SAMPLE).report().checks}
        assert results == {Result.VALID, Result.ERROR, Result.SKIPPED}

    def test_a_fault_that_needs_no_ledger_is_found_without_one(self) -> None:
        spoilt = unreachable(SAMPLE.with_proof(root=Root(b"\x01" * 32)))
        assert spoilt.check("anchor").code == "anchor.proof-mismatch"
        assert spoilt.report().verdict is Verdict.INVALID

    def test_names_the_anchored_digest(self) -> None:
        assert SAMPLE.report().digest == SAMPLE.licence.digest

    def test_names_no_digest_without_a_document(self) -> None:
        assert SAMPLE.but(document="…").report().digest is None

    def test_refuses_what_is_longer_than_any_licence(self) -> None:
        assert SAMPLE.but(document="a" * 2**18 + "~").check("format").code == "format.unreadable"


class TestEveryCode:
    """Each row's sentences are complete, and no text is without a row."""

    rows = VALID | INVALID | ERROR | SKIPPED

    def test_has_a_row(self) -> None:
        codes = set(texts_in("en")["sentences"]) - decisions.CODES
        assert codes == set(self.rows) | set(WARNINGS)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("code", rows)
    def test_has_a_whole_sentence(self, code: str, language: str) -> None:
        checks = [check for check in self.rows[code](SAMPLE).report().checks if check.code == code]
        assert checks
        for check in checks:
            said = sentence(check, language)
            assert not set("{}?") & set(said)
            assert said.endswith((".", "。"))

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("code", WARNINGS)
    def test_has_a_whole_warning(self, code: str, language: str) -> None:
        said = [sentence(w, language) for w in WARNINGS[code](SAMPLE).report().warnings]
        assert said
        assert not any(set("{}?") & set(text) for text in said)


class TestFreshness:
    @pytest.mark.parametrize(
        ("spoil", "name", "code"),
        [
            (lambda s: s.with_reading(agency=None), "issuer", "issuer.unreachable"),
            (lambda s: s.with_reading(batch=None), "anchor", "anchor.unreachable"),
            (lambda s: s, "status", "status.unreachable"),
        ],
    )
    def test_old_evidence_proves_no_absence(self, spoil: Spoil, name: str, code: str) -> None:
        check = spoil(SAMPLE).but(at=OLD).check(name)
        assert (check.result, check.code) == (Result.ERROR, code)
        assert check.facts["age"] == POLICY.max_evidence_age + 1

    def test_evidence_at_the_limit_is_fresh(self) -> None:
        assert SAMPLE.but(at=OLD - 1).report().verdict is Verdict.VALID

    def test_old_evidence_still_proves_a_revocation(self) -> None:
        assert revoked(SAMPLE, 320).but(at=OLD).check("status").code == "status.revoked-punitive"

    def test_an_old_reading_and_a_fresh_list_are_in_force(self) -> None:
        spoilt = SAMPLE.but(at=OLD).with_list(issued_at=OLD - 60)
        assert spoilt.check("status").code == "status.valid"
        assert spoilt.check("status").facts["channel"] == "list"

    def test_a_ledger_that_is_not_trusted_says_nothing(self) -> None:
        report = SAMPLE.with_policy(ledgers=frozenset({OTHER_LEDGER})).report()
        codes = [check.code for check in report.checks[1:5]]
        assert codes == [
            "integrity.key-unavailable",
            "anchor.ledger-unknown",
            "issuer.unreachable",
            "status.unreachable",
        ]


def path_of(of: Sample) -> tuple[bytes, ...]:
    assert of.evidence.proof is not None
    return of.evidence.proof.proof.path


MISFITS: dict[str, Spoil] = {
    "digest": lambda s: s.with_proof(digest=b"\x01" * 32),
    "agency": lambda s: s.with_proof(agency=agency_id("CN-GD", "other")),
    "place": lambda s: s.with_proof(proof=Proof(5, 3, path_of(s))),
    "path": lambda s: s.with_proof(proof=Proof(5, 2, path_of(s)[:-1])),
    "index": lambda s: s.with_proof(proof=Proof(5, 9, path_of(s))),
    "size": lambda s: s.with_batch(size=6),
    "kind": lambda s: s.with_batch(kind=RecordKind.USE),
    "document": lambda s: s.with_evidence(proof=sample(seed=b"other").evidence.proof),
}


class TestAnchor:
    def test_pending_where_the_proof_is_ahead_of_the_node(self) -> None:
        check = SAMPLE.with_reading(batch=None).with_proof(block=HEAD_BLOCK + 1).check("anchor")
        assert (check.code, check.facts["n"]) == ("anchor.pending", 0)

    def test_not_found_where_the_node_is_level_with_the_proof(self) -> None:
        check = SAMPLE.with_reading(batch=None).with_proof(block=HEAD_BLOCK).check("anchor")
        assert check.code == "anchor.root-not-found"

    def test_a_reading_of_another_trusted_ledger_says_nothing(self) -> None:
        both = SAMPLE.with_policy(ledgers=frozenset({LEDGER, OTHER_LEDGER}))
        check = both.with_reading(ledger=OTHER_LEDGER).check("anchor")
        assert (check.code, check.facts["why"]) == ("anchor.unreachable", "other-ledger")

    def test_a_bundle_does_not_know_of_later_roots(self) -> None:
        spoilt = SAMPLE.with_reading(batch=None, source=Source.BUNDLE)
        assert spoilt.check("anchor").code == "anchor.root-not-found"
        later = spoilt.with_proof(block=HEAD_BLOCK + 1)
        assert later.check("anchor").code == "anchor.unreachable"

    def test_a_bundle_does_not_know_of_later_agencies(self) -> None:
        spoilt = SAMPLE.with_reading(batch=None, agency=None, source=Source.BUNDLE)
        assert spoilt.check("issuer").code == "issuer.agency-unknown"
        later = spoilt.with_proof(block=HEAD_BLOCK + 1)
        assert later.check("issuer").code == "issuer.unreachable"

    @pytest.mark.parametrize("spoil", MISFITS.values(), ids=MISFITS)
    def test_another_proof_does_not_fit(self, spoil: Spoil) -> None:
        assert spoil(SAMPLE).check("anchor").code == "anchor.proof-mismatch"

    def test_an_anchor_in_the_very_second_counts(self) -> None:
        assert past(SAMPLE, ANCHORED_AT).check("anchor").code == "anchor.ok"

    def test_a_chain_whose_clock_runs_ahead_does_not_refuse_what_is_new(self) -> None:
        ahead = SAMPLE.with_reading(block_time=AT + 60).with_batch(anchored_at=AT + 60)
        assert ahead.check("anchor").code == "anchor.ok"

    def test_confirmations_count_the_anchor_itself(self) -> None:
        depth = HEAD_BLOCK - ANCHOR_BLOCK + 1
        assert SAMPLE.with_policy(min_confirmations=depth).check("anchor").code == "anchor.ok"
        check = SAMPLE.with_policy(min_confirmations=depth + 1).check("anchor")
        assert check.facts == {"n": depth, "m": depth + 1}

    def test_a_redacted_document_has_the_same_anchor(self) -> None:
        redacted = present(parse(SAMPLE.document), ["holder_name"])
        assert SAMPLE.but(document=redacted.compact).report().verdict is Verdict.VALID


class TestIssuer:
    def test_an_agency_without_the_key_is_an_error_at_both_checks(self) -> None:
        report = SAMPLE.with_reading(key=None).report()
        assert report.check("integrity").code == "integrity.key-unavailable"
        assert report.check("issuer").code == "issuer.key-unknown"
        assert report.verdict is Verdict.UNCONFIRMED

    def test_a_reading_with_another_key_is_no_key(self) -> None:
        spoilt = SAMPLE.with_reading(key=replace(KEY, public_key=STRANGER_KEY.public_key))
        assert spoilt.check("integrity").code == "integrity.key-unavailable"
        assert spoilt.check("issuer").code == "issuer.key-unknown"

    def test_a_reading_about_another_agency_says_nothing(self) -> None:
        other = replace(AGENCY, id=agency_id("CN-GD", "other"))
        assert SAMPLE.with_reading(agency=other).check("issuer").code == "issuer.unreachable"

    @pytest.mark.parametrize(
        "changes",
        [
            {"sign_from": ANCHORED_AT + 1},
            {"sign_until": ANCHORED_AT},
            {"usage": KeyUsage.STATUS_LISTS},
        ],
    )
    def test_the_key_must_sign_documents_then(self, changes: dict[str, int]) -> None:
        assert SAMPLE.with_key(**changes).check("issuer").code == "issuer.key-not-valid-then"

    def test_the_last_second_of_signing_counts(self) -> None:
        assert SAMPLE.with_key(sign_until=ANCHORED_AT + 1).check("issuer").code == "issuer.ok"

    def test_a_compromise_after_the_anchor_leaves_it_standing(self) -> None:
        assert SAMPLE.with_key(distrust_from=ANCHORED_AT + 1).check("issuer").code == "issuer.ok"

    def test_the_signers_own_time_moves_nothing(self) -> None:
        early = resigned(SAMPLE, iat=ISSUED_AT - 10 * DAY).with_key(distrust_from=ANCHORED_AT)
        assert early.check("issuer").code == "issuer.key-distrusted"

    def test_a_refusal_outranks_an_unknown_key(self) -> None:
        spoilt = SAMPLE.with_reading(key=None, accredited_then=False)
        assert spoilt.check("issuer").code == "issuer.not-accredited"

    def test_a_recognised_jurisdiction_counts(self) -> None:
        policy = frozenset({"MO", AGENCY.jurisdiction})
        assert SAMPLE.with_policy(recognised=policy).check("issuer").code == "issuer.ok"


class TestFormat:
    def test_what_the_holder_withholds_is_not_missed(self) -> None:
        bare = present(parse(SAMPLE.document), [])
        assert SAMPLE.but(document=bare.compact).check("format").code == "format.ok"

    def test_a_field_that_the_type_does_not_have_is_refused(self) -> None:
        check = resigned(SAMPLE, nickname="x").check("format")
        assert check.code == "format.schema-mismatch"
        assert check.facts["field"] == "nickname"

    def test_a_report_does_not_repeat_a_strangers_long_words(self) -> None:
        named = resigned(SAMPLE, **{"x" * 9_000: 1}).check("format")
        typed = resigned(SAMPLE, vct="urn:" + "x" * 9_000).check("format")
        assert len(named.facts["field"]) == len(typed.facts["vct"]) == 120

    def test_a_changed_catalogue_leaves_the_type_unknown(self) -> None:
        spoilt = resigned(SAMPLE, **{"vct#integrity": "sha256-AAAA"})
        assert spoilt.check("format").code == "format.type-unknown"

    def test_the_sentence_names_the_field_in_its_language(self) -> None:
        check = resigned(SAMPLE, issue_date="2026-02-30").check("format")
        assert "颁发日期" in sentence(check, "zh-Hans")

    def test_an_identifier_is_judged_without_its_type(self) -> None:
        wrong = wrong_check(SAMPLE.licence.licence_id)
        spoilt = resigned(SAMPLE, licence_id=wrong, vct="urn:suizheng:licence:xx.none:1")
        assert spoilt.check("format").code == "format.identifier-wrong"


class TestValidity:
    def test_both_edges_of_the_window(self) -> None:
        exp = SAMPLE.licence.exp or 0
        assert SAMPLE.but(at=exp - 1).check("validity").code == "validity.ok"
        assert SAMPLE.but(at=exp).check("validity").code == "validity.expired"
        nbf = SAMPLE.licence.nbf
        assert SAMPLE.but(at=nbf).check("validity").code == "validity.ok"
        assert SAMPLE.but(at=nbf - 1).check("validity").code == "validity.not-yet"

    def test_the_sentence_names_the_last_day(self) -> None:
        check = SAMPLE.but(at=SAMPLE.licence.exp or 0).check("validity")
        assert sentence(check, "en") == "Expired on 2031-11-20."


class TestHolder:
    def test_a_proof_for_somebody_else_may_come_unasked(self) -> None:
        report = shown(SAMPLE, nonce="other", issued_at=0).with_policy(holder=None).report()
        assert report.check("holder").code == "holder.not-asked"
        assert report.verdict is Verdict.VALID

    @pytest.mark.parametrize("key_binding", ["junk", "e30.e30.AA", "\ud800"])
    def test_what_is_no_proof_is_refused_even_unasked(self, key_binding: str) -> None:
        report = SAMPLE.but(document=SAMPLE.document + key_binding).report()
        assert report.check("holder").code == "holder.proof-invalid"

    @pytest.mark.parametrize("claim", ["aud", "nonce", "iat"])
    def test_half_a_proof_is_refused_even_unasked(self, claim: str) -> None:
        document = parse(shown(SAMPLE).document)
        payload = jws.parse(document.key_binding or "", "kb+jwt").payload
        token = jws.sign("kb+jwt", {**payload, claim: None}, HOLDER_KEY, with_kid=False)
        report = SAMPLE.but(document=document.bound_part + token).report()
        assert report.check("holder").code == "holder.proof-invalid"

    def test_a_strangers_proof_is_refused_even_unasked(self) -> None:
        report = shown(SAMPLE, holder=STRANGER_KEY).with_policy(holder=None).report()
        assert report.check("holder").code == "holder.proof-invalid"

    def test_a_proof_without_a_key_to_check_it_is_refused_even_unasked(self) -> None:
        keyless = sample(holder_key=None)
        report = shown(keyless).with_policy(holder=None).report()
        assert report.check("holder").code == "holder.proof-invalid"

    def test_more_disclosures_than_the_holder_showed_break_the_proof(self) -> None:
        document = shown(SAMPLE).document
        extra = next(d for d in parse(SAMPLE.document).disclosures if d.name == "domicile")
        first, rest = document.split("~", 1)
        spoilt = SAMPLE.with_policy(holder=ASKED).but(document=f"{first}~{extra.text}~{rest}")
        assert spoilt.check("holder").code == "holder.proof-invalid"


class TestQueryOf:
    def test_asks_about_what_document_and_proof_name(self) -> None:
        proof = SAMPLE.evidence.proof
        query = query_of(SAMPLE.document, proof)
        assert query.agency == AGENCY.id
        assert query.root == (None if proof is None else proof.root)
        assert query.key_id == AGENCY_KEY.public_key.key_id
        assert query.record_type == licence_record_type("cn.food-business")
        assert (query.list, query.word) == (0, 718_204 >> 7)

    def test_asks_without_a_proof(self) -> None:
        assert query_of(SAMPLE.document, None).root is None

    def test_asks_a_ledger_about_no_word_outside_the_list(self) -> None:
        status = {"status_list": {"idx": 2**40, "uri": issuer().status_uri(0)}}
        assert query_of(resigned(SAMPLE, status=status).document, None).word == 0

    def test_a_strange_type_is_accredited_nowhere(self) -> None:
        query = query_of(resigned(SAMPLE, vct="https://types.example/x").document, None)
        assert query.record_type == licence_record_type("https://types.example/x")

    def test_refuses_what_it_cannot_read(self) -> None:
        with pytest.raises(Refused):
            query_of("nonsense", None)


class TestOpenDocument:
    """A document opened once gives the same query and report as its text, whatever it is."""

    @pytest.mark.parametrize(
        "document",
        [
            SAMPLE.document,
            SAMPLE.document.replace("~", "~~", 1),
            SAMPLE.document.rsplit("~", 2)[0] + "~" + "A" * 40 + "~",
            "".join(SAMPLE.document.partition("~")[:2]),
            resigned(SAMPLE, vct="https://types.example/x").document,
            "~",
            "nonsense",
            "証~",
            "A" * (2**18 + 1) + "~",
        ],
    )
    def test_opened_or_not(self, document: str) -> None:
        of, opened = SAMPLE.but(document=document), open_document(document)
        assert of.report() == verify(opened, of.evidence, of.policy, of.at, CATALOGUE)
        try:
            wanted = query_of(document, None)
        except Refused as refused:
            with pytest.raises(type(refused)):
                query_of(opened, None)
        else:
            assert query_of(opened, None) == wanted

    def test_tells_the_digest_of_what_it_cannot_read(self) -> None:
        assert open_document("nonsense~").digest == hashlib.sha256(b"nonsense").digest()
        assert open_document("nonsense").digest is None


class TestStrangers:
    """Whatever a stranger sends there is an answer, and a changed document is never valid."""

    @given(st.text())
    def test_any_text_is_answered(self, text: str) -> None:
        assert SAMPLE.but(document=text).report().verdict is Verdict.INVALID

    @given(st.binary(max_size=200), st.binary(max_size=400), st.binary(max_size=64))
    def test_any_parts_are_answered(self, header: bytes, payload: bytes, rest: bytes) -> None:
        parts = ".".join(map(b64url_encode, (header, payload, rest)))
        for text in (parts, parts + "~", f"{parts}~{b64url_encode(rest)}~"):
            assert SAMPLE.but(document=text).report().verdict is Verdict.INVALID

    @given(st.data())
    def test_one_changed_character_is_never_valid(self, data: st.DataObject) -> None:
        text = SAMPLE.document
        place = data.draw(st.integers(0, len(text) - 1))
        character = data.draw(st.characters().filter(lambda c: c != text[place]))
        changed = text[:place] + character + text[place + 1 :]
        assert SAMPLE.but(document=changed).report().verdict is Verdict.INVALID

    @given(st.data())
    def test_one_changed_character_of_a_presentation_is_never_valid(
        self, data: st.DataObject
    ) -> None:
        text = shown(SAMPLE).document
        place = data.draw(st.integers(0, len(text) - 1))
        character = data.draw(st.characters().filter(lambda c: c != text[place]))
        changed = text[:place] + character + text[place + 1 :]
        assert SAMPLE.but(document=changed).report().verdict is Verdict.INVALID

    @given(st.data())
    def test_any_claim_is_answered(self, data: st.DataObject) -> None:
        payload = parse(SAMPLE.document).jws.payload
        name = data.draw(st.sampled_from(sorted(payload)))
        json_values = st.recursive(
            st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text(max_size=8),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
            max_leaves=6,
        )
        value = data.draw(json_values)
        if value != payload[name]:
            assert resigned(SAMPLE, **{name: value}).report().to_json()

    @given(st.binary(max_size=40), st.integers(0, 2**40), st.integers(0, 2**40))
    def test_any_proof_is_answered(self, node: bytes, size: int, index: int) -> None:
        proof = Proof(size, index, (node, node))
        assert SAMPLE.with_proof(proof=proof).check("anchor").code == "anchor.proof-mismatch"

    @given(st.text())
    def test_any_list_token_is_answered(self, token: str) -> None:
        listed = replace(list_token(SAMPLE, Status.VALID), token=token)
        report = unreachable(SAMPLE).with_evidence(status_list=listed).report()
        assert report.check("status").code == "status.list-untrusted"

    @given(st.integers())
    def test_any_time_is_answered(self, at: int) -> None:
        assert verify(SAMPLE.document, SAMPLE.evidence, POLICY, at, CATALOGUE).to_json()

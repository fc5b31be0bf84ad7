"""Decision documents: what is written is read back, and each claim spoilt in turn."""

import hashlib
from dataclasses import replace
from typing import Any

import pytest

from ledger import jws
from ledger.errors import ReasonOutsideClass
from ledger.licences.decisions import (
    Decision,
    DecisionIncomplete,
    DecisionMalformed,
    Wording,
    check_wording,
    parse_decision,
    sign_decisions,
    standard_wording,
)
from ledger.licences.reasons import REASONS, WRITTEN
from ledger.values import Digest, Status
from tests.support.licences import (
    AGENCY_KEY,
    ISSUED_AT,
    STRANGER_KEY,
    counted_bytes,
    issuer,
    sample,
)

DECISION = Decision(
    target=sample().digest,
    status=Status.SUSPENDED,
    reason=101,
    effective_at=ISSUED_AT,
    until=ISSUED_AT + 86_400,
    number="示市监罚〔2026〕1号",
    legal_basis="示例法第一条",
    text="暂扣一日。",
    appeal="六十日内可申请行政复议。",
)


def signed(decision: Decision = DECISION) -> str:
    (token,) = sign_decisions([decision], issuer(), counted_bytes(), issued_at=ISSUED_AT)
    return token


class TestSignDecision:
    def test_is_read_back(self) -> None:
        token = signed()
        read = parse_decision(token)
        read.jws.verify(AGENCY_KEY.public_key)
        assert read.decision == DECISION
        assert read.digest == hashlib.sha256(token.encode()).digest()
        assert (read.iss, read.issued_at) == (issuer().url, ISSUED_AT)
        assert len(read.jti) == 22
        assert read.jws.header["typ"] == "licence-decision+jwt"

    def test_a_successor_is_named(self) -> None:
        successor = Digest(b"\2" * 32)
        decision = replace(
            DECISION, status=Status.SUPERSEDED, reason=402, until=0, successor=successor
        )
        assert parse_decision(signed(decision)).decision == decision

    def test_a_reason_of_another_class_is_refused(self) -> None:
        with pytest.raises(ReasonOutsideClass):
            signed(replace(DECISION, reason=201))


class TestCheckWording:
    WHOLE = Wording("撤销。", "示市监〔2026〕1号", "示例法第一条", "六十日内可申请行政复议。")

    @pytest.mark.parametrize("reason", sorted(WRITTEN))
    def test_the_law_asks_for_all_of_it(self, reason: int) -> None:
        check_wording(reason, self.WHOLE)
        with pytest.raises(DecisionIncomplete) as refused:
            check_wording(reason, None)
        assert refused.value.missing == ("number", "legalBasis", "text", "appeal")
        with pytest.raises(DecisionIncomplete) as refused:
            check_wording(reason, replace(self.WHOLE, legal_basis="\n"))
        assert refused.value.missing == ("legalBasis",)

    @pytest.mark.parametrize("reason", sorted(set(REASONS) - WRITTEN))
    def test_elsewhere_nothing_is_asked_for(self, reason: int) -> None:
        check_wording(reason, None)
        assert standard_wording(reason).text == REASONS[reason].names["zh-Hans"]


class TestParseDecision:
    @pytest.mark.parametrize(
        ("claim", "value"),
        [
            ("target", "AAAA"),
            ("target", None),
            ("target", "=" * 43),
            ("status", 4),
            ("status", True),
            ("status", "2"),
            ("reason", 201),
            ("reason", None),
            ("effectiveAt", -1),
            ("effectiveAt", 1.5),
            ("until", None),
            ("number", 5),
            ("legalBasis", None),
            ("text", None),
            ("appeal", None),
            ("successor", None),
            ("iss", None),
            ("jti", None),
            ("iat", None),
            ("note", "more"),
        ],
    )
    def test_spoilt_claims_are_refused(self, claim: str, value: Any) -> None:
        payload = jws.parse(signed(), "licence-decision+jwt").payload | {claim: value}
        token = jws.sign("licence-decision+jwt", payload, STRANGER_KEY)
        with pytest.raises(DecisionMalformed) as malformed:
            parse_decision(token)
        assert malformed.value.claim == claim

    def test_another_token_is_none(self) -> None:
        with pytest.raises(jws.TypeRefused):
            parse_decision(sample().document.split("~")[0])
        with pytest.raises(DecisionMalformed):
            parse_decision("a.b")

"""What a successor may say otherwise, reason by reason."""

from typing import Any

import pytest

from ledger.errors import Refused
from ledger.licences.dates import starts_at
from ledger.licences.reasons import reasons_for
from ledger.licences.succession import (
    Former,
    NothingChanged,
    ParticularsChanged,
    PredecessorExpired,
    TermChanged,
    TermInterrupted,
    TermNotExtended,
    check_succession,
)
from ledger.values import Status
from tests.support.licences import CATALOGUE, FIELDS, ISSUED_AT

TYPE = CATALOGUE.get("cn.food-business")
OLD = dict(FIELDS[TYPE.id])
FILLED_IN = {"holder_code_kind": "统一社会信用代码", "holder_code_type": "001"}
END = starts_at("2031-11-21")
LONGER: dict[str, Any] = {"valid_until": "2036-11-20"}
RENAMED: dict[str, Any] = {"holder_name": "示例市白鲸小吃店"}
NONE: dict[str, Any] = {}
ALL = tuple(reason.code for reason in reasons_for(Status.SUPERSEDED))


def check(reason: int, *, at: int = ISSUED_AT, exp: int | None = END, **changes: Any) -> None:
    check_succession(reason, Former(OLD | FILLED_IN, exp), TYPE, OLD | changes, at)


class TestParticulars:
    @pytest.mark.parametrize("reason", [401, 403, 406])
    def test_stay_where_only_paper_or_term_is_new(self, reason: int) -> None:
        term = LONGER if reason == 401 else NONE
        check(reason, **term, signer="样本乙", signed_at="2026-11-21")
        with pytest.raises(ParticularsChanged) as refused:
            check(reason, **term, **RENAMED, area_m2=90)
        assert set(refused.value.fields) == {"holder_name", "area_m2"}

    @pytest.mark.parametrize("reason", [402, 405])
    def test_change_where_that_is_the_reason(self, reason: int) -> None:
        check(reason, **RENAMED)
        with pytest.raises(NothingChanged):
            check(reason)
        with pytest.raises(NothingChanged):
            check(reason, signer="样本乙")

    def test_are_free_in_a_transfer(self) -> None:
        check(404)
        check(404, **RENAMED, **LONGER)

    def test_that_is_left_out_has_changed(self) -> None:
        shorter = {name: value for name, value in OLD.items() if name != "area_m2"}
        with pytest.raises(ParticularsChanged):
            check_succession(403, Former(OLD, END), TYPE, shorter, ISSUED_AT)


class TestTerm:
    @pytest.mark.parametrize("reason", [402, 403, 406])
    def test_stays(self, reason: int) -> None:
        changes = RENAMED if reason == 402 else NONE
        check(reason, **changes)
        for last in ("2031-11-19", "2031-11-21", "长期"):
            with pytest.raises(TermChanged):
                check(reason, **changes, valid_until=last)

    def test_of_a_renewal_ends_later(self) -> None:
        check(401, valid_until="2031-11-21")
        check(401, valid_until="长期")
        for last in ("2031-11-20", "2031-11-19"):
            with pytest.raises(TermNotExtended):
                check(401, valid_until=last)

    def test_without_end_is_not_renewed(self) -> None:
        with pytest.raises(TermNotExtended):
            check(401, exp=None, valid_until="长期")

    def test_of_a_renewal_leaves_no_gap(self) -> None:
        check(401, valid_from="2031-11-21", **LONGER)
        with pytest.raises(TermInterrupted):
            check(401, valid_from="2031-11-22", **LONGER)

    def test_of_a_late_renewal_runs_from_the_old_end(self) -> None:
        check(401, at=END + 1, valid_from="2031-11-21", **LONGER)
        late = {k: v for k, v in (OLD | LONGER).items() if k not in {"valid_from", "issue_date"}}
        with pytest.raises(TermInterrupted):
            check_succession(401, Former(OLD, END), TYPE, late, END + 86_400)

    @pytest.mark.parametrize("reason", sorted(set(ALL) - {401}))
    def test_that_is_over_ends_all_but_renewal(self, reason: int) -> None:
        changes = RENAMED if reason in {402, 404, 405} else NONE
        check(reason, at=END - 1, **changes)
        with pytest.raises(PredecessorExpired):
            check(reason, at=END, **changes)


class TestEveryReason:
    @pytest.mark.parametrize("reason", ALL)
    def test_has_a_lawful_successor(self, reason: int) -> None:
        for changes in (NONE, RENAMED, LONGER):
            try:
                check(reason, **changes)
            except Refused:
                continue
            return
        pytest.fail("no successor is lawful")

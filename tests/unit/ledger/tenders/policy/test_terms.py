"""What the contract takes of a policy."""

from dataclasses import astuple, replace

import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from ledger.tenders.policy.document import preset, presets
from ledger.tenders.policy.terms import DAY, Range, TermsUnencodable, terms_of

RANGE = "(uint32,uint32)"
STRUCT = f"({'uint40,' * 6}{RANGE},{RANGE},{RANGE},{RANGE},uint16,uint16,uint8,uint8{',bool' * 5})"


class TestTermsOf:
    def test_the_tender_law(self) -> None:
        terms = terms_of(preset("cn"))
        assert terms.min_submission == 20 * DAY
        assert terms.min_amendment == 15 * DAY
        assert terms.min_notice == 3 * DAY
        assert terms.answer_within == 3 * DAY
        assert terms.longest_suspension == 0
        assert (terms.min_bids, terms.min_disclosed) == (3, 1)
        assert terms.disclose == Range(600, 7_200)

    def test_an_objection_is_never_cut_off_before_the_day_is_over(self) -> None:
        assert terms_of(preset("cn")).objection_lead == 9 * DAY
        assert terms_of(preset("eu-2014-24")).objection_lead == 0

    def test_a_supervisor_of_procurement_suspends_for_30_days(self) -> None:
        assert terms_of(preset("cn-government-procurement")).longest_suspension == 30 * DAY


class TestId:
    @pytest.mark.parametrize("name", presets())
    def test_is_the_hash_of_the_encoded_struct(self, name: str) -> None:
        terms = terms_of(preset(name))
        assert terms.id == keccak(encode([STRUCT], [astuple(terms)]))

    def test_every_number_counts(self) -> None:
        terms = terms_of(preset("cn"))
        others = (
            replace(terms, min_bids=2),
            replace(terms, fallback=Range(1, 2)),
            replace(terms, complaint_blocks_award=False),
        )
        assert len({terms.id, *(each.id for each in others)}) == 4

    def test_refuses_what_the_contract_cannot_hold(self) -> None:
        terms = terms_of(preset("cn"))
        for wrong in (
            replace(terms, min_submission=2**40),
            replace(terms, list=Range(0, 2**32)),
            replace(terms, min_bids=-1),
            replace(terms, min_trustees=256),
        ):
            with pytest.raises(TermsUnencodable):
                _ = wrong.id

    def test_bounds_are_inside(self) -> None:
        bounds = Range(10, 20)
        assert [each for each in (9, 10, 20, 21) if bounds.holds(each)] == [10, 20]

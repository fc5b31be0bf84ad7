from hypothesis import given
from hypothesis import strategies as st

from ledger.chain.fees import GWEI, MAX_GAS, FeePolicy, Fees, gas_limit

WEI = st.integers(0, 10_000 * GWEI)


class TestMarket:
    def test_is_twice_the_base_fee_and_the_tip(self) -> None:
        assert FeePolicy(tip=3, ceiling=1_000).market(100) == Fees(203, 3)

    def test_a_chain_without_a_market_costs_the_tip(self) -> None:
        assert FeePolicy(tip=3, ceiling=1_000).market(None) == Fees(3, 3)

    def test_a_free_chain_costs_nothing(self) -> None:
        assert FeePolicy(tip=0, ceiling=0).market(0) == Fees(0, 0)

    def test_a_legacy_price_is_one_number(self) -> None:
        fees = FeePolicy(tip=3, ceiling=1_000, legacy=True).market(100)
        assert fees == Fees(203, 203)
        assert fees.fields(legacy=True) == {"gasPrice": 203}

    @given(WEI, WEI, WEI)
    def test_never_passes_the_ceiling_and_the_tip_never_the_fee(
        self, tip: int, ceiling: int, base: int
    ) -> None:
        fees = FeePolicy(tip, ceiling).market(base)
        assert fees.priority_fee <= fees.max_fee <= ceiling


class TestBumped:
    @given(WEI, WEI, WEI)
    def test_raises_both_by_an_eighth_or_more(self, fee: int, tip: int, base: int) -> None:
        last = Fees(fee + tip, tip)
        raised = FeePolicy(tip=GWEI, ceiling=10**30).bumped(last, base)
        assert raised is not None
        assert raised.max_fee * 8 >= last.max_fee * 9
        assert raised.priority_fee * 8 >= last.priority_fee * 9
        assert raised.max_fee >= 2 * base

    def test_goes_to_the_market_where_that_is_more(self) -> None:
        assert FeePolicy(tip=1, ceiling=10_000).bumped(Fees(100, 1), 1_000) == Fees(2_001, 2)

    def test_goes_to_the_ceiling_and_not_beyond(self) -> None:
        policy = FeePolicy(tip=8, ceiling=900)
        assert policy.bumped(Fees(800, 8), 10_000) == Fees(900, 9)
        assert policy.bumped(Fees(801, 8), 10_000) is None

    @given(WEI, WEI)
    def test_rounding_never_falls_below_an_eighth(self, fee: int, base: int) -> None:
        raised = FeePolicy(tip=0, ceiling=10**30).bumped(Fees(fee, fee), base)
        assert raised is not None
        assert raised.max_fee > fee or fee == 0


class TestGasLimit:
    def test_has_a_tenth_in_reserve(self) -> None:
        assert gas_limit(50_000) == 55_000

    def test_stays_under_the_cap_of_one_transaction(self) -> None:
        assert gas_limit(MAX_GAS - 1) == MAX_GAS

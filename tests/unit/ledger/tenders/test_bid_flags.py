from dataclasses import replace
from typing import Any

from ledger.tenders.bid_flags import Terms, own_flags
from ledger.tenders.bonds import BondFault
from ledger.tenders.signatures import Signed

TERMS = Terms("buyer", "CNY", (), {"amount": "100.00", "currency": "CNY"})


WHOLE = Signed(by_bidder=True, has_silent_member=False, has_wrong_member=False)


def _flags(
    signed: Signed = WHOLE, bond: tuple[BondFault, ...] = (), **said: Any
) -> tuple[str, ...]:
    manifest = {"price": {"amount": "100.00", "currency": "CNY"}, **said}
    return own_flags(manifest, (), TERMS, signed=signed, bond=bond)


class TestOwnFlags:
    def test_are_shown_by_the_bid_itself(self) -> None:
        assert _flags() == ()
        assert _flags(bond=(BondFault.MISSING,)) == ("BOND_MISSING",)
        assert _flags(replace(WHOLE, by_bidder=False)) == ("UNSIGNED",)

    def test_hold_the_price_against_the_ceiling_in_its_currency(self) -> None:
        assert _flags(price={"amount": "100.01", "currency": "CNY"}) == ("OVER_CEILING",)
        for amount in ("100.00", "100.01"):
            assert _flags(price={"amount": amount, "currency": "MOP"}) == ("OTHER_CURRENCY",)
        assert _flags(price=None) == ()

"""The tables of refused input and of bids that stay closed leave out nothing that there is."""

import ast
from pathlib import Path

import pytest

from ledger.chain.abi import load_abi
from ledger.chain.reverts import error_class
from ledger.tenders.bid_flags import Ground
from ledger.tenders.bonds import BondFault
from ledger.tenders.events import Phase
from ledger.tenders.joint import BidFlag
from ledger.tenders.opening_record import Cause
from tests.support.opening_reasons import REASONS
from tests.support.refusals import BIDS, STEPS

AUTHORITYS = {"RoleMissing"}
"""Said by the Authority of whoever does what is another's."""
_OPENZEPPELINS = ("AccessControl", "Checkpoint", "InvalidShortString", "StringTooLong", "SafeCast")
"""How errors begin that no class here answers to."""
_CONTRACTS = ("TenderLedger", "AwardLedger", "TenderPolicies")


def of_tenders() -> set[str]:
    """Return the errors of the ABI that sealed tenders alone have."""
    declared = {name for contract in _CONTRACTS for name in load_abi(contract).errors}
    known = {name for name in declared if not name.startswith(_OPENZEPPELINS)}
    return {name for name in known if error_class(name).__module__.startswith("ledger.tenders")}


class TestRefusals:
    def test_have_a_row_each(self) -> None:
        assert BIDS.keys() | STEPS.keys() == of_tenders() | AUTHORITYS
        assert not BIDS.keys() & STEPS.keys()


class TestReasons:
    def test_have_a_row_each(self) -> None:
        exits = {Phase.FAILED_FEW.name, Phase.NOT_OPENED.name}
        assert set(REASONS) == {*Cause, *Ground, *BondFault, *BidFlag, *exits}

    @pytest.mark.parametrize("reason", REASONS)
    def test_come_about_in_the_test_that_is_named(self, reason: str) -> None:
        path, name = REASONS[reason].split("::")
        tree = ast.parse(Path(path).read_text())
        (test,) = (
            each
            for each in ast.walk(tree)
            if isinstance(each, ast.FunctionDef) and each.name == name
        )
        assert reason in ast.unparse(test)

"""Why a bid stays closed, or what is to be looked at in it: for each the test that brings it about.

Where nothing else is said it happens on a real node, from sealed files to what is told.
"""

from typing import Final

_WALLET: Final = "tests/integration/wallet"
_LEDGER: Final = "tests/unit/ledger/tenders"
_ALIKE: Final = f"{_WALLET}/test_opening_reasons.py::test_are_told_alike_by_wallet_and_service"
_FEW: Final = f"{_WALLET}/test_opening_reasons.py::test_with_too_few_nothing_opens"
_SILENT: Final = f"{_WALLET}/test_opening_reasons.py::test_without_trustees_nothing_opens"
_BONDS: Final = f"{_LEDGER}/test_bonds.py"
_OPENING: Final = f"{_WALLET}/test_tender_opening.py"

REASONS: Final = {
    # Cause: why it stays closed.
    "WITHDRAWN": _ALIKE,
    "UNDISCLOSED": _ALIKE,
    "SHARES_BAD": _ALIKE,
    "UNSEALED_INVALID": _ALIKE,
    "FILE_LOST": f"{_OPENING}::test_a_lost_file_is_waited_for_and_a_silent_bidder_is_not",
    "NOT_RELEASED": f"{_OPENING}::test_with_one_trustee_too_few_who_recovered_is_opened",
    "REJECTED": (
        f"{_WALLET}/test_tender_steps.py::test_the_price_of_a_rejected_bid_is_never_readable"
    ),
    "OUTDATED": f"{_WALLET}/test_opening_reasons.py::test_drops_who_does_not_confirm",
    "LOT_FAILED": (
        f"{_WALLET}/test_opening_reasons.py"
        "::test_a_failed_lot_stays_closed_though_trustees_speak_for_another"
    ),
    # Ground and BidFlag: what the committee looks at.
    "UNSIGNED": _ALIKE,
    "MEMBER_UNSIGNED": _ALIKE,
    "MEMBER_SIGNATURE_WRONG": _ALIKE,
    "NOT_QUALIFIED": _ALIKE,
    "OVER_CEILING": _ALIKE,
    "OTHER_CURRENCY": _ALIKE,
    # BondFault: but for the first, of bids that are sealed and opened in memory.
    "BOND_MISSING": _ALIKE,
    "BOND_UNREADABLE": f"{_BONDS}::test_without_its_paper_or_with_another",
    "BOND_FORGED": f"{_BONDS}::test_another",
    "BOND_OF_ANOTHER": f"{_BONDS}::test_another",
    "BOND_OTHER_CURRENCY": f"{_BONDS}::test_another",
    "BOND_TOO_SMALL": f"{_BONDS}::test_another",
    "BOND_ENDS_TOO_SOON": f"{_BONDS}::test_another",
    "TWO_BIDS": _ALIKE,
    "JOINT_CLASH": _ALIKE,
    "NO_AGREEMENT": _ALIKE,
    # Phase: how a lot ends without any bid opened.
    "FAILED_FEW": _FEW,
    "NOT_OPENED": _SILENT,
}

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.values import Address, LedgerRef
from tests.support.licences import AGENCY_KEY, STRANGER_KEY
from tests.support.terminal import DEPLOYMENT as FIRST
from wallet.trust import (
    NoLedgerTrusted,
    Publisher,
    Trust,
    TrustedLedger,
    TrustFile,
    TrustMalformed,
)

SECOND = replace(FIRST, chain_id=1)


class TestTrust:
    def test_finds_the_ledger_that_a_proof_names(self) -> None:
        trust = Trust().with_ledger(TrustedLedger(FIRST)).with_ledger(TrustedLedger(SECOND))
        assert trust.ledger(FIRST.ledger).deployment == FIRST

    def test_takes_the_latest_for_any_other(self) -> None:
        trust = Trust().with_ledger(TrustedLedger(FIRST)).with_ledger(TrustedLedger(SECOND))
        stranger = LedgerRef(5, Address("0x" + "44" * 20))
        assert trust.ledger(None).deployment == SECOND
        assert trust.ledger(stranger).deployment == SECOND

    def test_without_ledger_says_so(self) -> None:
        with pytest.raises(NoLedgerTrusted):
            Trust().ledger(None)

    def test_replaces_the_nodes_of_a_known_ledger(self) -> None:
        trust = Trust().with_ledger(TrustedLedger(FIRST))
        trust = trust.with_ledger(TrustedLedger(FIRST, ("http://node",)))
        assert trust.ledgers == (TrustedLedger(FIRST, ("http://node",)),)

    def test_moves_a_sequence_forward_only(self) -> None:
        kid = AGENCY_KEY.public_key.kid
        trust = Trust().with_publisher(AGENCY_KEY.public_key).seen(kid, 5)
        assert trust.publishers == (Publisher(AGENCY_KEY.public_key, 5),)
        assert trust.seen(kid, 4) == trust
        assert trust.seen(STRANGER_KEY.public_key.kid, 9) == trust
        assert trust.with_publisher(AGENCY_KEY.public_key) == trust

    def test_forgets_a_publisher(self) -> None:
        trust = Trust().with_publisher(AGENCY_KEY.public_key)
        assert trust.without(AGENCY_KEY.public_key.kid) == Trust()
        assert trust.without(STRANGER_KEY.public_key.kid) == trust


class TestTrustFile:
    def test_comes_back_as_it_was_saved(self, tmp_path: Path) -> None:
        trust = Trust(
            (TrustedLedger(FIRST, ("http://node",)),), (Publisher(AGENCY_KEY.public_key, 7),)
        )
        TrustFile(tmp_path).save(trust)
        assert TrustFile(tmp_path).load() == trust

    def test_is_empty_where_there_is_none(self, tmp_path: Path) -> None:
        assert TrustFile(tmp_path).load() == Trust()

    @pytest.mark.parametrize(
        "text", ["", "[]", '{"ledgers": [{}]}', '{"publishers": [{"jwk": 1}]}']
    )
    def test_is_refused_when_damaged(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "trust.json").write_text(text)
        with pytest.raises(TrustMalformed):
            TrustFile(tmp_path).load()

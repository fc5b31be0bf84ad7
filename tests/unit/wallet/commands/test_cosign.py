"""The second person's signature: what is shown is what is signed."""

from typing import Any

import orjson
import pytest

from ledger.typed_data import (
    CoSignature,
    StatusOrder,
    WordChange,
    co_signature_typed_data,
    recover_approver,
)
from ledger.values import AgencyId, Status
from tests.support.terminal import Terminal
from tests.support.verification import LEDGER

ORDER = StatusOrder(AgencyId(b"\x07" * 32), 0, (WordChange(5, 3),), Status.REVOKED, 311, 0, 0)
DEADLINE = 1_795_400_000


def request(terminal: Terminal, **changes: Any) -> str:
    asked = co_signature_typed_data(LEDGER, ORDER, 9, DEADLINE)
    asked |= changes
    path = terminal.folder / "request"
    path.write_bytes(orjson.dumps(asked))
    return str(path)


class TestCosign:
    def test_signs_what_it_shows(self, terminal: Terminal) -> None:
        address = terminal.json("key", "new", "account", "second")["address"]
        out = terminal.folder / "signed"
        words = ("licence", "cosign", request(terminal), out, "--account", "second", "--yes")
        said = terminal.run(*words)
        assert "Change 1 licence(s) to revoked: 311 Annulled" in said
        assert "from the beginning" in said
        signed = orjson.loads(out.read_bytes())
        signature = bytes.fromhex(signed["signature"][2:])
        found = CoSignature(signed["approver"], int(signed["nonce"]), signed["deadline"], signature)
        assert (found.nonce, found.deadline) == (9, DEADLINE)
        assert recover_approver(LEDGER, ORDER, found) == address

    def test_asks_first(self, terminal: Terminal) -> None:
        terminal.run("key", "new", "account", "second")
        out = terminal.folder / "signed"
        words = ("licence", "cosign", request(terminal), out, "--account", "second")
        result = terminal.try_(*words, input="n\n")
        assert result.exit_code == 1
        assert not out.exists()

    @pytest.mark.parametrize(
        "changes",
        [
            {"primaryType": "Transfer"},
            {"types": {}},
            {"domain": {"name": "Other", "version": "1", "chainId": 1, "verifyingContract": "0x"}},
            {"message": {}},
            {"extra": 1},
        ],
        ids=["type", "types", "domain", "message", "extra"],
    )
    def test_signs_nothing_else(self, terminal: Terminal, changes: dict[str, Any]) -> None:
        terminal.run("key", "new", "account", "second")
        out = terminal.folder / "signed"
        asked = request(terminal, **changes)
        words = ("licence", "cosign", asked, out, "--account", "second", "--yes")
        assert "no request for a co-signature" in terminal.run(*words, code=1)
        assert not out.exists()

import json
from pathlib import Path

import pytest

from ledger.keystore import WORK_FACTOR
from scripts.demo.hurried import surroundings
from scripts.demo.terminal import Terminal
from wallet.keyring import Keyring
from wallet.surroundings import KEYS


class TestHurried:
    @pytest.mark.parametrize("is_apart", [False, True])
    def test_keys_are_cheap_and_open_for_everybody(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_apart: bool
    ) -> None:
        """In this process and in one of its own: the file says how much work the key is."""
        (tmp_path / "password").write_text("correct horse\n")
        monkeypatch.setenv("SUIZHENG_PASSWORD_FILE", str(tmp_path / "password"))
        terminal = Terminal(tmp_path / "wallet", tmp_path)
        run = terminal.run_apart if is_apart else terminal.run
        run("key", "new", "account", "sample")
        keys = Keyring(surroundings(terminal.wallet).home / KEYS)
        assert keys.account("sample", "correct horse").address == keys.entry("sample").shown
        found = [json.loads(each.read_text()) for each in (terminal.wallet / KEYS).iterdir()]
        assert 1 < max(map(_work, found)) < WORK_FACTOR


def _work(value: object) -> int:
    """Return scrypt's n, wherever the file has it."""
    if not isinstance(value, dict):
        return 0
    own = value.get("n")
    return own if isinstance(own, int) else max(map(_work, value.values()), default=0)

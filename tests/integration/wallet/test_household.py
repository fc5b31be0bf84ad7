"""`suizheng up` as a whole: whatever is killed comes back with everything that was there."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner

from tests.support.household import Hand, build, until
from tests.support.ports import free_port
from wallet.chain_copies import NEWEST
from wallet.cli import main
from wallet.embedded import ANVIL
from wallet.household import ChainLost, FolderInUse, Household, PortTaken
from wallet.layout import Ports

pytestmark = [
    pytest.mark.skipif(not ANVIL.exists(), reason=f"{ANVIL} is not installed here"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def household(tmp_path: Path) -> Iterator[Household]:
    with started(build(tmp_path / "var")) as built:
        yield built


@contextmanager
def started(built: Household) -> Iterator[Household]:
    try:
        built.start()
        yield built
    finally:
        built.stop()


class TestEnvironment:
    def test_passes_a_signer_of_another_owner_on(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SUIZHENG_SIGNER", "unix:/run/suizheng/signer")
        monkeypatch.setenv("SUIZHENG_ACCOUNT", "the wallet's")
        given = build(tmp_path / "var").environment
        assert given["SUIZHENG_SIGNER"] == "unix:/run/suizheng/signer"
        assert "SUIZHENG_ACCOUNT" not in given


class TestHousehold:
    def test_survives_every_kill(self, tmp_path: Path, empty_url: str) -> None:
        with started(build(tmp_path / "var", url=empty_url)) as household:
            self.survive_every_kill(household)

    def survive_every_kill(self, household: Household) -> None:
        hand = Hand(household)
        hand.set_up_agency()
        licence = hand.issue("one")
        hand.run("verify", licence)

        # The node is stopped on purpose: unconfirmed, and it stays stopped.
        household.stop_node()
        assert hand.json("verify", licence, code=2)["verdict"] == "unconfirmed"
        household.start_node()
        hand.run("verify", licence)

        # Every program is killed at once: each is started again, and issuing goes on.
        for pid in household.pids.values():
            os.kill(pid, signal.SIGKILL)
        until(lambda: ready(household))
        second = hand.issue("two")
        hand.run("verify", second)
        hand.run("verify", licence)

        # All end, the newest copy is cut: the one before it and the journal bring all back.
        household.stop()
        newest = household.layout.chain / NEWEST
        os.truncate(newest, newest.stat().st_size // 2)
        household.start()
        hand.run("verify", licence)
        until(lambda: audits_clean(hand))
        hand.run("verify", hand.issue("three"))

    def test_keeps_its_folder_to_itself(self, household: Household) -> None:
        with pytest.raises(FolderInUse):
            build(household.layout.root).start()

    def test_starts_on_no_port_of_another(self, tmp_path: Path) -> None:
        with closing(socket.socket()) as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = int(other.getsockname()[1])
            with pytest.raises(PortTaken):
                build(tmp_path / "var", Ports(port, free_port())).start()
            with pytest.raises(PortTaken):
                build(tmp_path / "var", Ports(free_port(), port)).start()
        assert not (tmp_path / "var" / "password").exists()

    def test_refuses_to_begin_another_chain_under_a_deployed_ledger(
        self, household: Household
    ) -> None:
        household.stop()
        for path in household.layout.chain.iterdir():
            path.unlink()
        with pytest.raises(ChainLost):
            household.start()

    def test_keeps_every_secret_from_others(self, household: Household) -> None:
        layout = household.layout
        secret = [layout.password, *layout.service_keys.rglob("*.json")]
        secret += (layout.wallet / "keys").glob("*.json")
        assert len(secret) >= 8
        assert [path for path in secret if path.stat().st_mode & 0o077] == []


class TestChild:
    def test_ends_with_its_parent_however_that_ends(self, tmp_path: Path) -> None:
        parent = subprocess.Popen(
            [sys.executable, "-c", _PARENT.format(log=tmp_path / "child.log")],
            stdout=subprocess.PIPE,
        )
        assert parent.stdout is not None
        with parent.stdout:
            child = int(parent.stdout.readline())
        assert Path(f"/proc/{child}").exists()
        parent.kill()
        parent.wait()
        until(lambda: not is_running(child), 10)


_PARENT = """
import os, sys, time
from pathlib import Path
from wallet.processes import Child
child = Child("sleep", [sys.executable, "-c", "import time; time.sleep(600)"], os.environ,
              Path("{log}"))
child.start()
print(child.pid, flush=True)
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie that nobody has waited for."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def ready(household: Household) -> bool:
    try:
        answer = httpx2.get(f"{household.urls.service}/readyz")
    except httpx2.HTTPError:
        return False
    return answer.status_code == 200 and len(household.pids) == 4


def audits_clean(hand: Hand) -> bool:
    """Whether the audit finds no difference once the projection has caught up."""
    urls = hand.household.urls
    words = ("--home", hand.household.layout.root, "--port", urls.service.rpartition(":")[2])
    command = ["audit", *map(str, words), "--chain-port", urls.node.rpartition(":")[2]]
    return CliRunner().invoke(main, command, env=hand.environment).exit_code == 0

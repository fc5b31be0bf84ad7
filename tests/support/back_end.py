"""One authority's service beside others on a chain: own database, keys, account and processes."""

import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx2

from scripts.demo.recognition import BackEnd
from wallet.home import private_folder, read_file, write_file
from wallet.household import Household
from wallet.processes import Child

READY_SECONDS = 60.0


class OwnService:
    """`serve` and `work` over a folder of their own, on the chain of a household."""

    def __init__(
        self, house: Household, folder: Path, port: int, operator: str, more: Mapping[str, str]
    ) -> None:
        self.folder = folder
        self.back_end = BackEnd(f"http://127.0.0.1:{port}", folder / "keys", operator)
        self._house = house
        self._environment = house.environment | {
            "SUIZHENG_DATABASE_URL": f"sqlite:///{folder / 'suizheng.db'}",
            "SUIZHENG_BASE_URL": self.back_end.url,
            "SUIZHENG_KEYS": str(self.back_end.keys),
            "SUIZHENG_BLOBS": f"file:{folder / 'blobs'}",
            **more,
        }
        address = ("--host", "127.0.0.1", "--port", str(port))
        self._children = [self._child("serve", *address), self._child("work")]

    def start(self) -> None:
        """Give it the operator's account, prepare its database, and return once it answers."""
        private_folder(self.back_end.keys / "documents")
        keystore = self._house.keyring.path(self.back_end.operator)
        write_file(self.back_end.keys / "account.json", read_file(keystore))
        for command in ("migrate", "health-key"):
            once = self._child(command)
            once.start()
            assert once.wait() == 0, once.last_words()
        for child in self._children:
            child.start()
        deadline = time.monotonic() + READY_SECONDS
        while not self._is_ready():
            self._children[0].require()
            assert time.monotonic() < deadline, "the service does not get ready"
            time.sleep(0.1)

    def stop(self) -> None:
        """End it."""
        for child in reversed(self._children):
            child.stop()

    def _is_ready(self) -> bool:
        try:
            return httpx2.get(f"{self.back_end.url}/readyz").status_code == 200
        except httpx2.HTTPError:
            return False

    def _child(self, *command: str) -> Child:
        log = self.folder / f"{command[0]}.log"
        program = [sys.executable, "-m", "api.main", *command]
        return Child(command[0], program, self._environment, log)

"""A service that relays for the tenders of a town, on a port here, its worker by hand."""

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from api.config import Settings
from api.http.app import create_app
from api.parts import Parts
from api.store.database import migrate
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.calls import KeyWindow
from ledger.keys import PrivateKey
from ledger.keystore import KeyKind, lock
from ledger.values import OPEN_END, KeyUsage
from tests.support.eavesdropper import Eavesdropper
from tests.support.listening import listening
from tests.support.tender_town import TenderTown

PASSWORD = "correct horse battery staple"  # noqa: S105  # opens the tests' keys alone
CHEAP_WORK = 2**4
OPERATOR = b"\x51" * 32
KEY = PrivateKey.from_secret(b"\x52" * 32)
_BALANCE = hex(10**20)


class Log:
    """What the server would have written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **values: Any) -> None:
        self.lines.append(f"{event} {values}")

    error = info


class _Parts(Parts):
    """Parts whose clock stands beside the chain's as it was at the start."""

    ahead = 0

    def clock(self) -> int:  # type: ignore[override]  # set at the start, so it is no static method
        return Parts.clock() + self.ahead


class TenderService:
    """`work` lets what waits go on its way; nothing moves without."""

    def __init__(self, town: TenderTown, folder: Path, url: str) -> None:
        operator = Account(OPERATOR)
        with town.node() as node:
            node.call("anvil_setBalance", operator.address, _BALANCE)
        window = KeyWindow(0, OPEN_END, OPEN_END)
        usage = KeyUsage.DOCUMENTS
        town.send(calls.announce_key(town.deployment, town.agency, KEY.public_key, usage, window))
        keys = folder / "keys"
        (keys / "documents").mkdir(parents=True)
        locked = lock(OPERATOR, PASSWORD, KeyKind.ACCOUNT, CHEAP_WORK)
        (keys / "account.json").write_text(locked)
        locked = lock(b"\x52" * 32, PASSWORD, KeyKind.DOCUMENT, CHEAP_WORK)
        (keys / "documents" / f"{KEY.public_key.kid}.json").write_text(locked)
        (folder / "password").write_text(PASSWORD + "\n")
        (folder / "deployment.json").write_text(town.deployment.to_json())
        self.database = folder / "service.db"
        settings = Settings(
            database_url=f"sqlite:///{self.database}",
            node_urls=(town.running.url,),
            deployment=folder / "deployment.json",
            base_url=url,
            keys=keys,
            password_file=folder / "password",
            blobs=tuple(f"file:{folder / each}" for each in ("blobs", "blobs-2")),
            poll_seconds=0.01,
        )
        migrate(settings.database_url)
        self.url = url
        self.log = Log()
        self.parts = _Parts(settings)
        self.parts.ahead = max(0, town.now + 1 - int(time.time()))
        self.worker = self.parts.worker(threading.Event())
        self.work()
        self.app = Eavesdropper(create_app(self.parts.services(), self.log))

    def work(self) -> None:
        with redirect_stdout(StringIO()):  # its log would mix with what a command prints
            self.worker.run_until_idle()


@contextmanager
def relaying(town: TenderTown, folder: Path) -> Iterator[TenderService]:
    """Serve until the block ends."""
    served: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await served[0](scope, receive, send)

    folder.mkdir()
    with listening(app) as url:
        made = TenderService(town, folder, url)
        with closing(made.parts):
            served.append(made.app)
            yield made

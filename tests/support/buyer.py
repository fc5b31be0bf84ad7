"""A buyer's officers, and folders of tenders that they publish over a service on a real chain."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from ledger.age import recipient_of
from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.values import OPEN_END, KeyUsage, Role
from tests.support.anvil import anvil
from tests.support.award_office import officer
from tests.support.licences import AGENCY_KEY
from tests.support.sealed_bids import EVALUATORS
from tests.support.standing import account
from tests.support.tender_post import Post
from tests.support.tender_town import BUYER, TenderTown, sent
from tests.support.terminal import Terminal
from wallet.home import write_file

AT: Final = ("--service", Post.url)
DRAWING: Final = b"%PDF-1.7 sample drawing" * 100_000
_START: Final = 1_767_600_000
"""January 2026: the tests move on, and later years have no calendar."""


@dataclass
class Buyer:
    """The buyer's officers, and the folder of one tender."""

    town: TenderTown
    tenderer: Terminal
    supervisor: Terminal

    def folder(self, number: str, trustees: int = 3, **changes: Any) -> Path:
        """A tender prepared with trustees who rehearsed, lawful but for `changes`."""
        folder = self.tenderer.folder / number
        said = {
            "agency": BUYER,
            "number": number,
            "title": "样例道路工程",
            "lots": ["一标段"],
            "policy": "cn",
            "threshold": 2,
            "trusteeNames": {"1": "样例公证处"},
            "mailbox": BUYER,
            "evaluators": [
                {"name": name, "recipient": recipient_of(identity)}
                for name, identity in zip(("buyer", "supervisor"), EVALUATORS, strict=True)
            ],
        }
        write_file(folder / "tender.json", orjson.dumps(said | changes))
        write_file(folder / "图纸/总平面.pdf", DRAWING)
        write_file(folder / "招标文件.txt", "样例招标文件\n".encode())
        for index in range(1, trustees + 1):
            trustee = self.town.terminal(f"{number} keeper {index}")
            statement = self.town._statement(trustee, number, index)  # noqa: SLF001  # the town's own way
            write_file(folder / f"trustees/{index}.json", statement.to_bytes())
        return folder

    def publish(self, folder: Path, *words: object, code: int = 0) -> Any:
        command = ("tender", "publish", folder, *AT, *words)
        return self.tenderer.json(*sent(command), code=code)


@contextmanager
def january_town(folder: Path) -> Iterator[TenderTown]:
    """Give a town in which a whole year with a calendar lies ahead, until the block ends."""
    with (
        anvil("--timestamp", str(_START)) as running,
        closing(Node([running.url], timeout_seconds=10)) as node,
    ):
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(folder, running, deployment, council)


@contextmanager
def posted(town: TenderTown) -> Iterator[Post]:
    """Let a service of the buyer's follow the town's chain until the block ends."""
    window = KeyWindow(0, OPEN_END, OPEN_END)
    key, at = AGENCY_KEY.public_key, town.deployment
    town.send(calls.announce_key(at, town.agency, key, KeyUsage.DOCUMENTS, window))
    folder = town.folder / "post"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch, closing(Post(town, folder, patch)) as made:
        yield made


def admitted(town: TenderTown) -> Buyer:
    """Return a buyer with a tenderer, and a supervisor who registered the policy."""
    made = Buyer(
        town,
        officer(town, "the tenderer", Role.TENDERER),
        town.terminal("the supervisor"),
    )
    town.make_supervisor(made.supervisor)
    made.supervisor.json(*sent(("tender", "policy", "register", "cn", "CN-GD")))
    return made

"""The story of a sealed tender: from its notice to the contract, and an outsider's audit."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from scripts.demo.bidder import Bidder, break_shares
from scripts.demo.leaks import Net
from scripts.demo.privacy import look
from scripts.demo.stage import Stage, expect
from scripts.demo.tender_award import Award
from scripts.demo.tender_public import answers
from scripts.demo.tenderer import THRESHOLD, TRUSTEES, Tenderer
from scripts.demo.terminal import Terminal, together
from wallet.household import Household

_LABELS: Final = ("甲", "乙", "丙", "丁", "戊")
_DAY: Final = 86_400
_VALID: Final = 60 * _DAY
_SPOILT: Final = (1, 2, 3)
"""Whose envelopes the cheat spoils: of the four who release only two are left."""
_RELEASE: Final = (1, 2, 4, 5)
_CENTS: Final = 2_500
_AGE: Final = b"age-encryption.org/"


@dataclass
class TenderStory:
    """What the steps hand on to each other: the five bidders each meet another fate."""

    household: Household
    folder: Path
    office: Terminal

    def __post_init__(self) -> None:
        """Open everybody's wallets."""
        self.buyer = Tenderer(self.household, self.office, self.folder)
        self.bidders = [
            Bidder(
                label,
                f"91440101MASAMPLE{index:02}",
                Terminal(self.folder / f"bidder-{index}", self.folder),
                self.folder / "files" / f"bidder-{index}",
                self.buyer.where,
            )
            for index, label in enumerate(_LABELS, 1)
        ]
        self.winner, self.withdrawn, self.late, self.silent, self.cheat = self.bidders
        self.award = Award(self.buyer, self.bidders, self.winner)

    def play(self, stage: Stage) -> None:
        """Play every step."""
        stage.play("A buyer is admitted; five trustees open what is sealed to them", self.prepare)
        stage.play("A tender is published by the law's calendar", self.publish)
        stage.play("Bids are sealed; one is replaced, one withdrawn, nobody sees", self.bid)
        stage.play("Twenty days later bids are listed, and one comes too late", self.list_)
        stage.play("Before the opening no name and no price is anywhere", self.look)
        stage.play("One of two stores spoils every sealed file that it has", self.spoil)
        stage.play("Bidders disclose, one does not; four of five trustees release", self.release)
        stage.play("The bids are opened, and each that stays closed has its cause", self.open_)
        self.award.play(stage)

    def prepare(self) -> str:
        """Admit the buyer and try the trustees."""
        self.buyer.admit()
        self.buyer.try_trustees()
        self.buyer.wait()
        return f"{len(TRUSTEES)} trustees, any {THRESHOLD} of whom open"

    def publish(self) -> str:
        """Publish, answer a question to all alike, and fetch the documents as bidders do."""
        buyer = self.buyer
        told = buyer.publish()
        question, answer = (
            buyer.paper("question.txt", "工期?"),
            buyer.paper("answer.txt", "300日。"),
        )
        asked = buyer.serve("ask", buyer.tender, question, "--json").json()["question"]
        buyer.wait()
        buyer.serve("answer", buyer.tender, asked, answer)
        buyer.wait()
        for each in self.bidders:
            each.terminal.run("trust", "ledger", self.household.layout.deployment)
            got = ("tender", "fetch", buyer.tender, each.documents, *buyer.where, "--json")
            fetched = each.terminal.run(*got).json()
            expect(fetched["docs"] == told["docs"], str(fetched))
        words = ("questions", buyer.tender, "--service", self.household.urls.service, "--json")
        (seen,) = self.winner.terminal.run("tender", *words).json()
        expect(seen["answered"] == "300日。", str(seen))
        days = (told["ends"]["submitEnd"] - buyer.now) // _DAY
        return (
            f"{fetched['files']} files, bids until {_shown(told['ends']['submitEnd'])}, {days} days"
        )

    def bid(self) -> str:
        """Let four hand in what they sealed; one improves it, one takes it back."""
        until = int(time.time()) + _VALID
        for spot, each in enumerate(self.bidders):
            each.write(_CENTS + 50 * spot)
        self.cheat.seals(until)
        break_shares(self.cheat, self.household.password, _SPOILT)
        valid = ("--valid-until", until)
        together(
            self.cheat.order("submit", self.cheat.documents),
            *(
                each.order("submit", each.documents, each.bid, *valid)
                for each in (self.winner, self.withdrawn, self.silent)
            ),
        )
        self.winner.write(_CENTS - 100)
        tender = self.buyer.tender
        second, taken = (
            each.json()
            for each in together(
                self.winner.order("replace", self.winner.documents, self.winner.bid, *valid),
                self.withdrawn.order("withdraw", tender, *valid),
            )
        )
        expect((second["version"], taken["version"]) == (2, 2), f"{second}, {taken}")
        for each in self.bidders:
            if each is not self.late:
                state = each.terminal.run("bid", "status", tender, *self.buyer.where[2:], "--json")
                expect(state.json()["bid"]["state"] == "NONE", state.out)
        size = sum(each["size"] for each in second["files"])
        return f"6 messages in the mailbox; a sealed file has {size:,} bytes"

    def list_(self) -> str:
        """Let the deadline pass; what lay in the mailbox becomes bids."""
        tender, deadline = self.buyer.tender, self.buyer.ends["submitEnd"]
        self.buyer.go(deadline)
        until = deadline + _VALID
        late = ("submit", self.late.documents, self.late.bid, "--valid-until", until)
        refused = self.late.run(*late, code=1).json()
        expect((refused["error"], refused["deadline"]) == ("BidLate", deadline), str(refused))
        listed = [self.winner, self.withdrawn, self.silent, self.cheat]
        told = [each.run("list", tender).json() for each in listed]
        expect([each["version"] for each in told] == [2, 2, 1, 1], str(told))
        expect([each["isWithdrawal"] for each in told] == [False, True, False, False], str(told))
        return f"4 listed, one of them a withdrawal; BidLate by the deadline {_shown(deadline)}"

    def look(self) -> str:
        """Look for names, codes and prices in calldata, events, logs, and what the service says."""
        net = Net()
        for what, value in self.personal():
            net.add(what, value)
        told = answers(self.household.urls.service, self.buyer.tender)
        logs = self.household.layout.root / "log"
        return look(net, self.household.chain, logs, self.winner.name, told)

    def spoil(self) -> str:
        """Change a byte of each sealed file on the service's first store; the second has them too.

        Everybody who opens from here on gets whole files, from the service as well.
        """
        first, second = self.household.layout.blobs
        files = [each for each in first.glob("[0-9a-f][0-9a-f]/*") if _is_sealed(each)]
        for each in files:
            content = bytearray(each.read_bytes())
            content[-1] ^= 1
            each.write_bytes(content)
        names = {each.name for each in files}
        expect(names, "no sealed file is there")
        expect(names <= {each.name for each in second.glob("*/*")}, "the second store lacks some")
        return f"{len(names)} files; each has another copy"

    def release(self) -> str:
        """Disclose, then release; one bidder and one trustee keep silent."""
        buyer, tender = self.buyer, self.buyer.tender
        early = self.winner.run("disclose", tender, code=3).json()
        expect(early["error"] == "WindowNotOpen", str(early))
        buyer.go(buyer.ends["listEnd"])
        for each in (self.winner, self.cheat):
            each.run("disclose", tender)
        buyer.go(buyer.ends["discloseEnd"])
        missed = self.silent.run("disclose", tender, code=1).json()
        expect(missed["error"] == "WindowClosed", str(missed))
        for index in _RELEASE:
            buyer.trustees[index - 1].run("trustee", "release", tender, *buyer.where, "--json")
        buyer.wait()
        return f"2 disclosed, {len(_RELEASE)} of {len(TRUSTEES)} trustees released"

    def open_(self) -> str:
        """Open what the service gives out; anchor the record once nothing can be mended."""
        record = self.award.open_()
        (opened,) = record["bids"]
        price = (opened["name"], opened["price"]["amount"])
        expect(price == (self.winner.name, self.winner.price), str(price))
        causes = {each["key"]: each["cause"] for each in record["notOpened"]}
        wanted = {
            self.withdrawn.key: "WITHDRAWN",
            self.silent.key: "UNDISCLOSED",
            self.cheat.key: "SHARES_BAD",
        }
        expect(causes == wanted, str(causes))
        return f"{price[0]}: {price[1]} CNY; closed: {', '.join(sorted(causes.values()))}"

    def personal(self) -> Iterator[tuple[str, str]]:
        """Yield what nobody may read before the opening."""
        for each in self.bidders:
            yield from each.personal()


def _shown(moment: int) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _is_sealed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_AGE)) == _AGE

"""From the opened bids to the contract, and an outsider who takes all of it again."""

import json
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ledger.canonical import canonical_json
from ledger.tenders.policy.document import preset
from ledger.tenders.policy.ends import legal_end
from scripts.demo.bidder import Bidder
from scripts.demo.stage import Stage, expect
from scripts.demo.tender_draw import Draw
from scripts.demo.tenderer import NOTARY, SEATS, Tenderer
from scripts.demo.terminal import Terminal
from wallet.home import write_file
from wallet.tenders.bids import SAID

_SLACK_SECONDS: Final = 600
"""What the transaction may take, before the law's three days begin to count."""


@dataclass
class Award:
    """Opens, draws, evaluates, awards; `winner` is the only one of the bidders whose bid opens."""

    buyer: Tenderer
    bidders: Sequence[Bidder]
    winner: Bidder

    def __post_init__(self) -> None:
        """Open the wallets of experts and outsider."""
        folder = self.buyer.folder
        self.draw = Draw(self.buyer)
        self.experts = [Terminal(folder / f"expert-{n}", folder) for n in range(1, SEATS + 1)]
        self.outsider = Terminal(folder / "outsider", folder)
        self.opened = folder / "files/opened"
        self.record = self.opened / "0-1/opening-record.json"
        self.bundle = folder / "files/bundle.tar"

    def play(self, stage: Stage) -> None:
        """Play what follows the opening."""
        stage.play("Supervisor and notary make the record anew and co-sign it", self.co_sign)
        stage.play("Three drawers draw five experts, and none bends the result", self.draw.hold)
        stage.play("Five experts score; the candidates are published", self.evaluate)
        stage.play("After the law's three days the award, then the contract", self.contract)
        stage.play("An outsider audits the tender with the service out of the way", self.audit)
        stage.play("A falsified byte in the bundle is named", self.falsify)

    def open_(self) -> dict[str, Any]:
        """Open the files; return the record that was anchored."""
        buyer, files = self.buyer, self.buyer.folder / "files/archive"
        self._gather(files)
        words = ("open", buyer.papers, files, self.opened)
        first = buyer.act(*words).json()
        expect(not first["isWhole"], "a bid with spoilt shares may still be mended")
        buyer.go(buyer.ends["fallbackEnd"])
        told = buyer.act(*words, "--record").json()
        expect(told["opened"] == 1, str(told))
        buyer.bring("opening-record", self.record)
        record: dict[str, Any] = json.loads(self.record.read_bytes())
        return record

    def co_sign(self) -> str:
        """Let each open the service's files alone, and sign what comes out as it was anchored."""
        buyer, notary = self.buyer, self.buyer.notary
        buyer.wait()
        notary.run("trust", "ledger", buyer.household.layout.deployment)
        signers = (
            (self.office, buyer.papers, "supervisor"),
            (notary, notary.wallet / "documents", NOTARY),
        )
        signed = []
        for who, documents, capacity in signers:
            if who is notary:
                who.run("tender", "fetch", buyer.tender, documents, *buyer.where)
            own = buyer.folder / "files" / capacity
            words = ("cosign", documents, own / "sealed", own / "opened", "--as", capacity)
            to = ("--account", capacity, *buyer.where, "--json")
            signed.append(who.run("tender", *words, *to).json())
        expect(len({each["record"] for each in signed}) == 1, str(signed))
        expect(all(each["brought"] for each in signed), "a signature is not at the service")
        return f"both got {signed[0]['record'][:18]}… from chain and files"

    def evaluate(self) -> str:
        """Commit the committee and its scores before any sheet is shown, then report."""
        buyer, winner = self.buyer, self.winner.key
        size = self._read_confidential()
        buyer.step("committee", self.draw.committee, "--seats", SEATS)
        sheets = buyer.folder / "files/sheets"
        for seat, expert in enumerate(self.experts, 1):
            points = buyer.paper(f"points-{seat}.json", {winner: {"technical": str(47 + seat)}})
            sheet = sheets / f"{seat}.json"
            given = ("sheet", buyer.papers, self.record, points, "--seat", seat, "--out", sheet)
            digest = expert.run("tender", *given, "--json").json()["digest"]
            buyer.act("score", buyer.tender, digest, "--seat", seat)
        report = buyer.folder / "files/report.json"
        reported = ("report", buyer.papers, self.record, sheets, report, "--record-it")
        told = buyer.act(*reported).json()
        expect(told["candidates"] == [winner], str(told))
        buyer.bring("score", *sorted(sheets.iterdir()))
        buyer.bring("report", report)
        self.until = legal_end(preset("cn"), "notice", buyer.now + _SLACK_SECONDS).at
        buyer.step("notice", buyer.paper("notice.txt", "中标候选人公示"), "--until", self.until)
        (score,) = told["scores"]
        return f"{size:,} confidential bytes read; {score['total']} points, rank 1"

    def _read_confidential(self) -> int:
        """Open the winner's inner file as an evaluator; return the bytes in it."""
        inner, out = self.opened / "0-1" / self.winner.key.lower(), self.buyer.folder / "files/plan"
        words = ("--identity", self.buyer.folder / "files/buyer.identity", "--json")
        told = self.experts[0].run("bid", "open-confidential", inner, out, *words).json()
        (plan,) = out.rglob(self.winner.plan.name)
        expect(plan.read_bytes() == self.winner.plan.read_bytes(), "the plan is another one")
        return sum(each["size"] for each in told["files"])

    def contract(self) -> str:
        """Try to award too early, then award and sign."""
        buyer, award = self.buyer, self.buyer.paper("award.txt", "中标通知书")
        early = ("award", buyer.tender, award, "--to", self.winner.key)
        refused = buyer.act(*early, code=3).json()
        expect(refused["error"] == "NoticeRunning", str(refused))
        buyer.go(self.until)
        buyer.step("award", award, "--to", self.winner.key)
        buyer.wait()
        before = buyer.folder / "files/before-contract"
        self._gather(before)
        site = ("--site", buyer.household.urls.service)
        made = self.office.run("tender", "ocds", buyer.tender, "--archive", before, *site, "--json")
        package = made.json()["package"]
        own = canonical_json(package["records"][0])
        published = canonical_json(json.loads((before / "record.json").read_bytes()))
        expect(own == published, "the service publishes another record than the buyer makes")
        ocds = buyer.paper("ocds.json", own.decode())
        paper = buyer.paper("contract.txt", "施工合同")
        buyer.step("contract", paper, "--ocds", ocds)
        buyer.bring("record", ocds)
        shown = self._show()
        expect(shown["lots"][0]["phase"] == "CONTRACTED", str(shown["lots"]))
        releases = len(package["records"][0]["releases"])
        return f"{refused['error']} before; then CONTRACTED, {releases} OCDS releases before it"

    def audit(self) -> str:
        """Fetch a bundle once, with what bidders show; then judge it with a node, every step."""
        buyer, outsider = self.buyer, self.outsider
        outsider.run("trust", "ledger", buyer.household.layout.deployment)
        buyer.wait()
        shown = ("--archive", self._receipts(), "--out", self.bundle, "--json")
        outsider.run("tender", "audit", buyer.tender, *buyer.where, *shown)
        node = ("--node", buyer.household.urls.node, "--require", "all", "--json")
        report = outsider.run("tender", "verify", self.bundle, *node).json()
        found = [check["result"] for check in report["checks"]]
        expect(report["verdict"] == "valid", str(report))
        skipped = ", ".join(report["skipped"]) or "none"
        (opening,) = (each for each in report["checks"] if each["name"] == "opening")
        signers = sorted(each["capacity"] for each in opening["facts"]["coSigned"])
        expect(signers == [NOTARY, "supervisor"], str(opening))
        return f"{found.count('VALID')} of {len(found)} steps VALID, skipped: {skipped}"

    def _receipts(self) -> Path:
        """Gather what the service signed for bids and withdrawals, as their bidders hand it out."""
        folder, count = self.buyer.folder / "files/receipts", 0
        for each in self.bidders:
            for signed in each.receipts():
                count += 1
                write_file(folder / f"{count}{SAID}", signed.read_bytes())
        expect(count, "no bidder has a receipt")
        return folder

    def falsify(self) -> str:
        """Change one byte of a receipt within the bundle, and judge it again."""
        bent = self.bundle.with_suffix("")
        with tarfile.open(self.bundle) as tar:
            tar.extractall(bent, filter="data")
        block = max((bent / "blocks").iterdir(), key=lambda each: int(each.stem))
        told = json.loads(block.read_text())
        receipt = bytearray.fromhex(told["receipts"][0].removeprefix("0x"))
        receipt[-1] ^= 1
        told["receipts"][0] = "0x" + receipt.hex()
        block.write_text(json.dumps(told))
        node = ("--node", self.buyer.household.urls.node)
        report = self.outsider.run("tender", "verify", bent, *node, "--json", code=1).json()
        wrong = [check for check in report["checks"] if check["result"] == "INVALID"]
        names = [check["name"] for check in wrong]
        expect(names[:1] == ["events"], str(names))
        fault = wrong[0]["facts"]["faults"][0]
        expect(fault["error"] == "BlockUnproven", str(fault))
        first = f"step {wrong[0]['number']} ({names[0]}): {fault['error']}, block {fault['block']}"
        return f"{first}; INVALID: {', '.join(names)}"

    @property
    def office(self) -> Terminal:
        """The buyer's terminal."""
        return self.buyer.office

    def _gather(self, folder: Path) -> None:
        """Fetch what the service gives out by now into a folder."""
        self.buyer.wait()
        words = ("tender", "audit", self.buyer.tender, *self.buyer.where, "--out", folder, "--json")
        self.office.run(*words)

    def _show(self) -> dict[str, Any]:
        self.buyer.wait()
        at = ("--service", self.buyer.household.urls.service, "--json")
        shown: dict[str, Any] = self.office.run("tender", "show", self.buyer.tender, *at).json()
        return shown

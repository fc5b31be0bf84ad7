"""An outsider audits a tender that was held on a real chain, with every service switched off."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # it comes without types
from eth_hash.auto import keccak

from ledger.canonical import canonical_json
from ledger.chain import calls
from ledger.chain.block_proofs import receipts_root
from ledger.chain.calls import Call, KeyWindow
from ledger.chain.tender_archive import gather, read
from ledger.keys import PrivateKey
from ledger.tenders import events, filing_answers, filings, messages, refusals
from ledger.tenders.audit.report import NAMES
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.filings import Filing, FilingKind, FilingReceipt
from ledger.tenders.mailbox import leaf
from ledger.tenders.receipts import Named, Receipt, ReceiptState, sign
from ledger.tenders.refusals import Refusal
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from ledger.values import (
    OPEN_END,
    Address,
    AgencyId,
    KeyUsage,
    LedgerRef,
    agency_id,
    jurisdiction_id,
)
from tests.support.anvil import anvil
from tests.support.licences import counted_bytes
from tests.support.papered_story import awarded
from tests.support.sealed_tender import SealedTender
from tests.support.standing import JURISDICTION, Standing, stand_up
from tests.support.tender_chain import Stage
from tests.support.tender_story import START, Where, address
from tests.support.terminal import Terminal
from wallet.tenders.bids import BidStore, StoreKey
from wallet.tenders.bundles import open_bundle
from wallet.tenders.mailboxes import Posted
from wallet.trust import Trust, TrustedLedger

OPERATOR = PrivateKey.from_secret(b"\x0b" * 32)
STRANGER = PrivateKey.from_secret(b"\x0c" * 32)
NEIGHBOUR = PrivateKey.from_secret(b"\x0d" * 32)
"""Its key is on the ledger, for an agency that has no part in the tender."""
LISTER, FROZEN, OLD = (PrivateKey.from_secret(bytes([each]) * 32) for each in (14, 15, 16))
"""Keys of the buyer: for status lists alone, frozen, and retired before the tender."""
OPEN = "lists.unconfirmed"
HEADER = rlp.encode(
    [
        *(bytes(32), bytes(32), bytes(20), bytes(32), bytes(32), receipts_root(()), bytes(256)),
        *(0, 1, 30_000_000, 0, START, b"", bytes(32), bytes(8)),
    ]
)
"""Of a block in which nothing happened, on nobody's chain."""


@dataclass(frozen=True)
class Held:
    """A tender that ended in a contract, its archive, and whoever looks at it."""

    stage: Stage
    tender: SealedTender
    folder: Path
    auditor: Terminal

    @property
    def id(self) -> str:
        return "0x" + self.tender.id.hex()

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def bundle(self) -> Path:
        return self.folder / "bundle"

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.bundle, to / "bundle"))

    def judge(self, bundle: Path, *words: object, code: int) -> dict[str, Any]:
        found: dict[str, Any] = self.auditor.json("tender", "verify", bundle, *words, code=code)
        return found

    @property
    def head(self) -> str:
        """The last block of `bundle`; the chain goes on, so bundles made later end in another."""
        return head_of(self.bundle)["hash"]


def head_of(bundle: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((bundle / "bundle.json").read_text())["head"]
    return found


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Held]:
    folder = tmp_path_factory.mktemp("audit")
    with anvil("--timestamp", str(START - 3_600)) as running:
        standing = stand_up(running)
        with closing(standing.node):
            window = KeyWindow(0, OPEN_END, OPEN_END)
            at, usage = standing.deployment, KeyUsage.DOCUMENTS
            office, place = standing.council.address, jurisdiction_id(JURISDICTION)
            standing.send(calls.admit_agency(at, place, "NEIGHBOUR", "Neighbour", office))
            neighbour = agency_id(JURISDICTION, "NEIGHBOUR")
            for agency, signer in ((standing.agency, OPERATOR), (neighbour, NEIGHBOUR)):
                standing.send(calls.announce_key(at, agency, signer.public_key, usage, window))
            for signer, use in ((LISTER, KeyUsage.STATUS_LISTS), (FROZEN, usage), (OLD, usage)):
                key = signer.public_key
                standing.send(calls.announce_key(at, standing.agency, key, use, window))
            standing.send(calls.freeze_key(at, standing.agency, FROZEN.public_key.key_id))
            standing.send(calls.retire_key(at, standing.agency, OLD.public_key.key_id, START))
            stage = Stage(standing)
            ledger = LedgerRef(standing.deployment.chain_id, stage.at.ledger)
            where = Where("GZ-2026-0001", START, ledger, standing.agency)
            tender = SealedTender(where=where)
            tender.on = stage.play
            tender.happened = lambda: (
                read(
                    gather(standing.node, standing.deployment, tender.id), standing.deployment
                ).events
            )
            awarded(tender)
            auditor = Terminal(folder, now=tender.now)
            trusted = TrustedLedger(standing.deployment, (running.url,))
            auditor.outside.trust.save(Trust((trusted,)))
            found = Held(stage, tender, folder, auditor)
            archive = tender.keep_in(found.archive)
            record = archive / "record.json"
            words = ("tender", "ocds", found.id, "--archive", archive, "--out", record)
            made = auditor.json(*words)
            digest = sha256(record.read_bytes()).digest()
            assert made["digest"] == "0x" + digest.hex()
            tender.do(tender.contract, 0, digest)
            words = ("tender", "ocds", found.id, "--archive", archive, "--out", record)
            assert "contract" in auditor.run(*words)
            words = ("tender", "audit", found.id, "--archive", archive, "--out", found.bundle)
            auditor.json(*words)
            yield found


def step(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = report["checks"][NAMES.index(name)]
    return found


class TestAudit:
    def test_every_step_that_can_be_taken_is_valid(self, held: Held) -> None:
        words = ("tender", "audit", held.id, "--archive", held.archive)
        report = held.auditor.json(*words)
        assert report["verdict"] == "valid"
        assert report["skipped"] == ["lists"]
        assert {each["result"] for each in report["checks"]} == {"VALID", "SKIPPED"}
        assert set(step(report, "draw")["facts"]["order"]) == {"proven", "stated"}
        assert "objectionLead" not in step(report, "clocks")["facts"]["notJudged"]

    def test_without_an_archive_the_chain_alone_is_judged(self, held: Held) -> None:
        report = held.auditor.json("tender", "audit", held.id)
        assert report["verdict"] == "valid"
        assert set(report["skipped"]) >= {"files", "opening", "draw", "scores", "publication"}

    @pytest.mark.parametrize(
        ("language", "said"),
        [("zh-Hans", "事件均来自账本"), ("zh-Hant", "事件均來自帳本"), ("pt", "Os eventos são"),
         ("en", "none is missing")],
    )  # fmt: skip
    def test_says_each_step_in_four_languages(self, held: Held, language: str, said: str) -> None:
        text = held.auditor.run("tender", "audit", held.id, "--language", language)
        assert said in text
        assert len([line for line in text.splitlines() if "[" in line]) == len(NAMES)

    def test_steps_that_were_skipped_are_named_beside_the_verdict(self, held: Held) -> None:
        words = ("tender", "audit", held.id, "--archive", held.archive)
        text = held.auditor.run(*words, "--language", "en")
        assert text.splitlines()[:2] == ["VALID", "- Not looked at: lists"]

    def test_a_step_that_is_required_and_skipped_is_unconfirmed(self, held: Held) -> None:
        words = ("tender", "audit", held.id, "--archive", held.archive)
        for required, code in (("lists", 2), ("all", 2), ("opening", 0)):
            report = held.auditor.json(*words, "--require", required, code=code)
            assert report["verdict"] == ("valid" if code == 0 else "unconfirmed")
            assert report["required"] == (list(NAMES) if required == "all" else [required])
        assert held.auditor.try_(*words, "--require", "splendour").exit_code == 64

    def test_nobody_could_say_without_a_node(self, held: Held) -> None:
        words = ("tender", "audit", held.id, "--node", "http://127.0.0.1:9")
        assert held.auditor.try_(*words).exit_code == 2
        unknown = ("tender", "audit", "0x" + "07" * 32)
        assert held.auditor.try_(*unknown).exit_code == 2
        assert held.auditor.try_("tender", "audit", "0x07").exit_code == 64


class TestRenamed:
    def test_what_was_released_keeps_the_name_of_its_time(self, held: Held, tmp_path: Path) -> None:
        """A contract keeps the record's digest, which no later name may change."""
        standing, record = held.stage.standing, tmp_path / "record.json"
        words = ("tender", "ocds", held.id, "--archive", held.archive, "--out", record)
        before = held.auditor.json(*words)["digest"]
        point = standing.node.call("evm_snapshot")
        try:
            name = "Another Office"
            standing.send(calls.rename_agency(standing.deployment, standing.agency, name))
            assert held.auditor.json(*words)["digest"] == before
            assert name not in record.read_text()
            held.auditor.json("tender", "audit", held.id, "--archive", held.archive)
        finally:  # the other tests' bundles end at the block before
            standing.node.call("evm_revert", point)


class TestVerify:
    def test_off_line_by_a_block_that_one_knows(self, held: Held) -> None:
        report = held.judge(held.bundle, "--head", held.head, code=0)
        assert report["skipped"] == ["lists"]

    def test_by_a_node(self, held: Held) -> None:
        url = held.stage.standing.anvil.url
        assert held.judge(held.bundle, "--node", url, code=0)
        assert held.judge(held.bundle, "--node", url, "--require", "lists", code=2)

    def test_without_anybodys_word_it_stays_unconfirmed(self, held: Held) -> None:
        report = held.judge(held.bundle, code=2)
        assert step(report, "events")["code"] == "events.unconfirmed"
        assert step(report, "scores")["result"] == "VALID"

    def test_a_tar_says_the_same(self, held: Held, tmp_path: Path) -> None:
        tar = tmp_path / "bundle.tar"
        words = ("tender", "audit", held.id, "--archive", held.archive, "--out", tar)
        head = held.auditor.json(*words)["head"]["hash"]
        assert held.judge(tar, "--head", head, code=0)["skipped"] == ["lists"]

    def test_without_sealed_files_their_steps_are_skipped(self, held: Held, tmp_path: Path) -> None:
        bundle = held.copy(tmp_path)
        shutil.rmtree(bundle / "files")
        report = held.judge(bundle, "--head", held.head, code=0)
        assert report["skipped"] == ["lists", "files", "opening", "scores"]

    def test_another_ledgers_bundle_is_not_judged(self, held: Held, tmp_path: Path) -> None:
        bundle = held.copy(tmp_path)
        told = json.loads((bundle / "bundle.json").read_text())
        told["tenderLedger"] = "0x" + "11" * 20
        (bundle / "bundle.json").write_text(json.dumps(told))
        assert held.auditor.try_("tender", "verify", bundle).exit_code == 2


def rewritten(path: Path, change: Callable[[dict[str, Any]], None]) -> None:
    told = json.loads(path.read_text())
    change(told)
    path.write_text(json.dumps(told))


def block_of(held: Held, kind: str, which: int = 0) -> str:
    """The number of the block that holds an event of a kind."""
    with open_bundle(held.bundle) as opened:
        events = read(opened.archive, held.stage.standing.deployment).events
    found = [each for each in events if type(each).__name__ == kind]
    return str(found[which].place.block)


def missing(block: str) -> dict[str, Any]:
    return {"block": int(block), "error": "ReceiptsMissing", "why": "logs-bloom"}


def covering(*values: bytes) -> list[bytes]:
    """Topics that are none of these values, and that set every bit of theirs in a filter."""
    found = []
    for place in sorted({each for value in values for each in bits(value)}):
        numbers = (spot.to_bytes(32) for spot in count(1))
        found.append(next(each for each in numbers if place in bits(each)))
    return found


def bits(value: bytes) -> set[int]:
    """The places in a filter of 2048 bits (Yellow Paper §4.3.1)."""
    hashed = keccak(value)
    return {int.from_bytes(hashed[spot : spot + 2]) % 2048 for spot in (0, 2, 4)}


def emitted(standing: Standing, topics: list[bytes]) -> int:
    """The block of a transaction that logs up to eight topics, by a contract of no part in this."""
    four = "".join(f"60{spot:02x}35" for spot in (0x60, 0x40, 0x20, 0x00)) + "60006000a4"
    more = "".join(f"60{spot:02x}35" for spot in (0xE0, 0xC0, 0xA0, 0x80)) + "60006000a4"
    emitter = Address("0x" + "e1" * 20)
    standing.node.call("anvil_setCode", emitter, "0x" + four + more)
    told = b"".join([*topics, *[topics[0]] * 8][:8])
    return standing.send(Call(emitter, told)).block


class TestFalsifications:
    @pytest.mark.parametrize("by", ["head", "node"])
    def test_a_block_that_was_left_out_stays_open(
        self, held: Held, tmp_path: Path, by: str
    ) -> None:
        """A filter of logs says that something may be there, and never that it is."""
        word = held.head if by == "head" else held.stage.standing.anvil.url
        for kind in ("SecretDisclosed", "TrusteeReleased", "ScoreCommitted", "BidWithdrawn"):
            bundle = held.copy(tmp_path / kind)
            block = block_of(held, kind)
            (bundle / "blocks" / f"{block}.json").unlink()
            told = json.loads(
                held.auditor.try_("tender", "verify", bundle, f"--{by}", word, "--json").output
            )
            assert told["verdict"] != "valid"
            assert step(told, "events")["facts"] == {"open": [missing(block)]}

    def test_a_block_of_somebodys_own_stands_for_no_other(self, held: Held, tmp_path: Path) -> None:
        bundle, block = held.copy(tmp_path), block_of(held, "ScoreCommitted", 4)
        made = rlp.decode(HEADER)
        made[8] = int(block).to_bytes(4).lstrip(b"\x00")
        told = {"header": "0x" + rlp.encode(made).hex(), "receipts": [], "transactions": []}
        (bundle / "blocks" / f"{block}.json").write_text(json.dumps(told))
        report = held.auditor.try_("tender", "verify", bundle, "--head", held.head, "--json")
        assert step(json.loads(report.output), "events")["facts"] == {"open": [missing(block)]}

    def test_a_filter_that_is_wrong_about_a_block(self, held: Held, tmp_path: Path) -> None:
        """A block may hold an event by its filter; its receipts show that it holds none."""
        standing, bundle = held.stage.standing, tmp_path / "bundle"
        point = standing.node.call("evm_snapshot")
        try:
            ledger = bytes.fromhex(held.stage.at.ledger[2:])
            block = str(emitted(standing, covering(ledger, held.tender.id)))
            words = ("tender", "audit", held.id, "--archive", held.archive, "--out", bundle)
            assert step(held.auditor.json(*words), "events")["result"] == "VALID"
        finally:  # the other tests' bundles end at the block before
            standing.node.call("evm_revert", point)
        head = head_of(bundle)["hash"]
        assert step(held.judge(bundle, "--head", head, code=0), "events")["facts"] == {}
        (bundle / "blocks" / f"{block}.json").unlink()
        report = held.judge(bundle, "--head", head, code=2)
        assert step(report, "events")["facts"] == {"open": [missing(block)]}
        others = {each["result"] for each in report["checks"]} - {"VALID", "SKIPPED"}
        assert others == {"ERROR"}

    def test_headers_that_nobody_linked_accuse_of_nothing(self, held: Held, tmp_path: Path) -> None:
        """A header that says of itself that something is missing has to be the chain's."""
        bundle, url = held.copy(tmp_path), held.stage.standing.anvil.url
        headers = bundle / "headers.txt"
        lines = headers.read_text().split()
        fields = rlp.decode(bytes.fromhex(lines[-1]))
        fields[6] = b"\xff" * 256  # its bloom may hold anything
        fields[8] = (int.from_bytes(fields[8]) + 1).to_bytes(4).lstrip(b"\x00")
        forged = rlp.encode(fields).hex()
        headers.write_text("\n".join([*lines, forged]))
        report = held.judge(bundle, "--node", url, code=2)
        told = {each["error"] for each in step(report, "events")["facts"]["open"]}
        assert told == {"ReceiptsMissing", "HeadersUnlinked"}

    def test_without_headers_nobody_says_that_nothing_is_missing(
        self, held: Held, tmp_path: Path
    ) -> None:
        bundle, url = held.copy(tmp_path), held.stage.standing.anvil.url
        (bundle / "headers.txt").unlink()
        (bundle / "blocks" / f"{block_of(held, 'ScoreCommitted', 4)}.json").unlink()
        report = held.judge(bundle, "--node", url, code=2)
        facts = step(report, "events")["facts"]["open"]
        assert [each["error"] for each in facts] == ["HeadersUnlinked"]

    def test_a_receipt_that_was_left_out_or_changed(self, held: Held, tmp_path: Path) -> None:
        def dropped(told: dict[str, Any]) -> None:
            told["receipts"].pop()
            told["transactions"].pop()

        def bent(told: dict[str, Any]) -> None:
            told["receipts"][0] = told["receipts"][0][:-2] + "00"

        for name, change in (("dropped", dropped), ("bent", bent)):
            bundle = held.copy(tmp_path / name)
            block = bundle / "blocks" / f"{block_of(held, 'SecretDisclosed')}.json"
            rewritten(block, change)
            report = held.judge(bundle, "--head", held.head, code=1)
            assert step(report, "events")["facts"]["faults"][0]["error"] == "BlockUnproven"

    def test_blocks_of_another_chain(self, held: Held) -> None:
        report = held.judge(held.bundle, "--head", "0x" + "07" * 32, code=1)
        assert step(report, "events")["facts"]["faults"][0]["error"] == "BlockForeign"

    def test_a_file_that_was_swapped_is_no_copy(self, held: Held, tmp_path: Path) -> None:
        bundle = held.copy(tmp_path)
        one, other = sorted((bundle / "files").iterdir())[:2]
        one.write_bytes(other.read_bytes())
        report = held.judge(bundle, "--head", held.head, code=2)
        assert step(report, "opening")["code"] == "opening.unconfirmed"

    def test_a_paper_that_was_changed_is_another_paper(self, held: Held, tmp_path: Path) -> None:
        bundle = held.copy(tmp_path)
        record = held.tender.state.lots[0].openings[1].digest
        paper = bundle / "papers" / record.hex()
        paper.write_bytes(paper.read_bytes().replace("示例".encode(), "實例".encode()))
        report = held.judge(bundle, "--head", held.head, code=0)
        assert step(report, "publication")["result"] == "SKIPPED"
        assert step(report, "opening")["result"] == "VALID"  # made anew, nobody needs the paper

    def test_a_committees_paper_that_was_swapped_is_no_paper(
        self, held: Held, tmp_path: Path
    ) -> None:
        bundle = held.copy(tmp_path)
        committee = held.tender.state.lots[0].course.committee
        paper = bundle / "papers" / committee.hex()
        told = json.loads(paper.read_bytes())
        told["members"].reverse()
        paper.write_bytes(canonical_json(told))
        report = held.judge(bundle, "--head", held.head, code=2)
        assert step(report, "draw")["code"] == "draw.unconfirmed"

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (
                lambda record: record["releases"][0]["tender"]["documents"][0]["integrity"][0]
                .update(id="07" * 32),
                "ocds.digest-differs",
            ),
            (
                lambda record: record["compiledRelease"]["tender"]["documents"][-1]["integrity"][0]
                .update(id="07" * 32),
                "ocds.root-unknown",
            ),
            (lambda record: record["releases"].pop(1), "ocds.release-missing"),
            (
                lambda record: record["releases"][1]["tender"].update(description="Another"),
                "ocds.record-differs",
            ),
            (lambda record: record["releases"][0].update(id="x-1-1"), "ocds.release-foreign"),
            (
                lambda record: record["releases"][-1]["awards"][0].update(status="pending"),
                "ocds.status-differs",
            ),
        ],
    )  # fmt: skip
    def test_a_publication_that_was_bent(
        self, held: Held, tmp_path: Path, change: Callable[[dict[str, Any]], Any], fault: str
    ) -> None:
        bundle = held.copy(tmp_path)
        rewritten(bundle / "record.json", lambda record: change(record) and None)
        report = held.judge(bundle, "--head", held.head, code=1)
        faults = step(report, "publication")["facts"]["faults"]
        assert fault in {each["fault"] for each in faults}

    @pytest.mark.parametrize("compiled", [[1], "x", 5, None], ids=repr)
    def test_a_publication_without_a_compiled_release_is_judged_by_its_releases(
        self, held: Held, tmp_path: Path, compiled: object
    ) -> None:
        bundle = held.copy(tmp_path)

        def bent(record: dict[str, Any]) -> None:
            record["compiledRelease"] = compiled
            record["releases"].pop(1)

        rewritten(bundle / "record.json", bent)
        report = held.judge(bundle, "--head", held.head, code=1)
        faults = step(report, "publication")["facts"]["faults"]
        assert "ocds.release-missing" in {each["fault"] for each in faults}


class TestReceipts:
    """Somebody holds a service's receipt for a message, which came to the ledger or did not."""

    def judged(self, held: Held, folder: Path, out: str, code: int) -> tuple[Any, Any]:
        """Return the step as the node has it, then as the bundle made of it has it off line."""
        bundle = folder.parent / out
        words = ("tender", "audit", held.id, "--archive", folder, "--out", bundle)
        found = held.auditor.json(*words, code=code)
        head = found["head"]["hash"]
        told = held.auditor.try_("tender", "verify", bundle, "--head", head, "--json")
        return step(found, "lists"), step(json.loads(told.output), "lists")

    def keep(self, folder: Path, receipt: Receipt, signer: PrivateKey = OPERATOR) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "receipt.jwt").write_text(sign(receipt, signer))

    def left_out(self, held: Held) -> Receipt:
        named = Named(held.tender.id, 0, address("Zoe"), 1)
        state = ReceiptState.SUBMITTED
        return Receipt("operator", "n", START + 1, b"\x08" * 32, (), state, named=named)

    def test_tell_of_a_bid_that_was_left_out(self, held: Held, tmp_path: Path) -> None:
        folder = tmp_path / "receipts"
        for sealed in held.tender.sealed.values():
            arrived = messages.digest(held.tender.ledger, sealed.bid)
            self.keep(folder, replace(self.left_out(held), digest=arrived))
            found = self.judged(held, folder, arrived.hex(), 0)
            assert [each["code"] for each in found] == ["lists.ok", "lists.ok"]
        self.keep(folder, self.left_out(held))
        for found_ in self.judged(held, folder, "left-out", 1):
            assert found_["facts"]["faults"] == [
                {"digest": "0x" + "08" * 32, "signedBy": "operator"}
            ]

    @pytest.mark.parametrize("signer", [STRANGER, NEIGHBOUR], ids=["nobody's", "another agency's"])
    def test_that_no_agency_of_the_tender_signed_accuse_nobody(
        self, held: Held, tmp_path: Path, signer: PrivateKey
    ) -> None:
        self.keep(tmp_path / "receipts", self.left_out(held), signer)
        for found in self.judged(held, tmp_path / "receipts", "bundle", 2):
            assert found["code"] == "lists.unconfirmed"

    @pytest.mark.parametrize(
        ("signer", "why"),
        [(LISTER, "key-usage"), (FROZEN, "key-frozen"), (OLD, "key-retiring")],
    )
    def test_by_a_key_that_was_not_good_accuse_nobody(
        self, held: Held, tmp_path: Path, signer: PrivateKey, why: str
    ) -> None:
        self.keep(tmp_path / "receipts", self.left_out(held), signer)
        for found in self.judged(held, tmp_path / "receipts", "bundle", 2):
            assert found["facts"]["open"] == [{"receipt": "1", "why": why}]

    def test_off_line_a_key_is_good_only_if_nothing_more_was_told_of_it(
        self, held: Held, tmp_path: Path
    ) -> None:
        """A freeze that the bundle leaves out, or headers that begin too late, leave it open."""
        folder, bundle = tmp_path / "receipts", tmp_path / "bundle"
        self.keep(folder, self.left_out(held), FROZEN)
        self.judged(held, folder, "bundle", 2)
        with open_bundle(bundle) as opened:
            (story,) = read(opened.archive, held.stage.standing.deployment).keys.values()
        (bundle / "blocks" / f"{story.places[1].block}.json").unlink()
        report = held.judge(bundle, "--head", head_of(bundle)["hash"], code=2)
        assert step(report, "lists")["facts"]["open"] == [{"receipt": "1", "why": "key-untold"}]

        shutil.rmtree(bundle)
        self.keep(folder, self.left_out(held))
        assert self.judged(held, folder, "bundle", 1)[1]["result"] == "INVALID"
        headers = bundle / "headers.txt"
        first = int(block_of(held, "TenderPublished"))
        lines = headers.read_text().split()
        headers.write_text("\n".join(lines[first - int(head_of(bundle)["block"]) - 1 :]))
        report = held.judge(bundle, "--node", held.stage.standing.anvil.url, code=2)
        assert step(report, "lists")["facts"]["open"] == [
            {"receipt": "1", "why": "key-before-headers"}
        ]

    def test_of_a_mailbox_are_matched_by_who_has_the_blind(
        self, held: Held, tmp_path: Path
    ) -> None:
        folder, blind = tmp_path / "bid", sha256(b"blind").digest()
        sealed = next(iter(held.tender.sealed.values()))
        digest = messages.digest(held.tender.ledger, sealed.bid)
        for digest_, code, result in ((digest, 0, "lists.ok"), (b"\x08" * 32, 2, OPEN)):
            data, state = leaf(digest_, blind), ReceiptState.STORED
            told = Receipt("operator", "n", START + 1, None, (), state, leaf=data)
            folder.mkdir(exist_ok=True)
            posted = Posted("http://service", AgencyId(bytes(32)), blind, sign(told, OPERATOR))
            (folder / "mailbox.json").write_text(json.dumps(posted.to_json()))
            found, off_line = self.judged(held, folder, digest_.hex(), code)
            assert (found["code"], off_line["code"]) == (result, OPEN)
            assert found["result"] == ("VALID" if code == 0 else "ERROR")
            bundle = tmp_path / digest_.hex()
            written = b"".join(each.read_bytes() for each in bundle.rglob("*") if each.is_file())
            assert blind.hex().encode() not in written


class TestWhatWasFiled:
    """Somebody filed an objection with a service, or was refused by it, and kept what it signed."""

    def judged(self, held: Held, folder: Path, name: str, code: int) -> list[Any]:
        """A step as the node has it, then as the bundle made of it has it off line."""
        bundle = folder.parent / f"bundle-{folder.name}"
        words = ("tender", "audit", held.id, "--archive", folder, "--out", bundle)
        found = held.auditor.json(*words, code=code)
        told = held.judge(bundle, "--head", found["head"]["hash"], code=code)
        return [step(found, name), step(told, name)]

    def filed(self, held: Held, folder: Path, signer: PrivateKey, digest: bytes) -> Path:
        filing = Filing(FilingKind.OBJECTION, 0, events.Stage.DOCUMENTS, digest, START + 1, None)
        receipt = FilingReceipt("operator", "n", held.tender.id, filing)
        folder.mkdir()
        (folder / "filed.jwt").write_text(filings.sign(receipt, signer))
        return folder

    def test_an_objection_that_never_came_to_the_ledger(self, held: Held, tmp_path: Path) -> None:
        folder = self.filed(held, tmp_path / "own", OPERATOR, b"\x1d" * 32)
        for found in self.judged(held, folder, "objections", 2):
            assert [each["why"] for each in found["facts"]["open"]] == ["papers-unknown"]
        said = FilingAnswers("operator", held.auditor.now, held.tender.id, ())
        for signer, why in ((STRANGER, "key-unknown"), (OPERATOR, None)):
            folder = self.filed(held, tmp_path / f"own {why}", OPERATOR, b"\x1d" * 32)
            (folder / "answers.jwt").write_text(filing_answers.sign(said, signer))
            if why is not None:
                for found in self.judged(held, folder, "objections", 2):
                    doubt, told = found["facts"]["open"]
                    assert (doubt, told["why"]) == ({"answers": "1", "why": why}, "papers-unknown")
        for found in self.judged(held, folder, "objections", 1):
            (told,) = found["facts"]["faults"]
            assert (told["filing"], told["state"]) == ("objection", "filed")
            assert (told["signedBy"], told["filedAt"]) == ("operator", START + 1)

    def test_a_receipt_that_no_agency_of_the_tender_signed(
        self, held: Held, tmp_path: Path
    ) -> None:
        folder = self.filed(held, tmp_path / "forged", STRANGER, b"\x1d" * 32)
        for found in self.judged(held, folder, "objections", 2):
            assert found["facts"]["open"] == [{"filing": "1", "why": "key-unknown"}]

    def test_a_bid_that_was_refused_as_late_and_was_not(self, held: Held, tmp_path: Path) -> None:
        end, digest = held.tender.state.ends[1].submit_end, b"\x08" * 32
        named = Named(held.tender.id, 0, address("Zoe"), 1)
        state = ReceiptState.STORED
        folder = tmp_path / "refused"
        folder.mkdir()
        receipt = Receipt("operator", "n", end, digest, (), state, named=named)
        (folder / "receipt.jwt").write_text(sign(receipt, OPERATOR))
        times = (end - 1, 1, end - 1)
        refusal = Refusal("operator", "n", end, digest, times[0], "BidLate", *times[1:])
        (folder / "refusal.jwt").write_text(refusals.sign(refusal, OPERATOR))
        words = ("tender", "audit", held.id, "--archive", folder)
        faults = step(held.auditor.json(*words, code=1), "lists")["facts"]["faults"]
        assert [each["error"] for each in faults] == ["RefusedInTime"]


class TestWhatIsShown:
    def test_nothing_of_a_bidders_folder_but_what_the_ledger_names(
        self, held: Held, tmp_path: Path
    ) -> None:
        place = BidStore(tmp_path).place(held.tender.id, 0)
        store, sealed = StoreKey.of(b"\x01" * 32), next(iter(held.tender.sealed.values()))
        place.keep_identity(store, {"salt": "secret"}, counted_bytes())
        secrets = [PartSecrets(sealed.s_b[0], sealed.s_c[0])]
        place.keep_secrets(1, store, secrets, counted_bytes())
        file = sealed.bid.parts[0].file
        place.part_file(1, 1).write_bytes(held.tender.files[file])
        place.keep_signed(
            1, SignedBid(held.tender.ledger, sealed.bid, sealed.shares, sealed.signature)
        )
        digest = messages.digest(held.tender.ledger, sealed.bid)
        named = Named(held.tender.id, 0, sealed.bid.bidder, sealed.bid.version)
        for name, state in (("receipt", ReceiptState.SUBMITTED), ("final", ReceiptState.FINAL)):
            told = Receipt("operator", name, START + 1, digest, (), state, named=named)
            place.keep_said(1, name, sign(told, OPERATOR))
        bundle = tmp_path / "bundle"
        words = ("tender", "audit", held.id, "--archive", tmp_path / "bids", "--out", bundle)
        assert step(held.auditor.json(*words, code=2), "lists")["code"] == "lists.ok"
        kept = {each.relative_to(bundle).parts[0] for each in bundle.rglob("*") if each.is_file()}
        assert kept == {"bundle.json", "blocks", "headers.txt", "files", "receipts"}
        assert [each.name for each in (bundle / "files").iterdir()] == [f"{file.hex()}.age"]
        assert len(list((bundle / "receipts").iterdir())) == 2

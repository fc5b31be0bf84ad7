"""Opening a lot from a folder of sealed files, and anchoring what came out, on a real chain."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import orjson
import pytest

from ledger.age_header import identity_text
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders import personal
from ledger.tenders.opening_record import record_digest
from ledger.values import Role
from tests.support.anvil import anvil
from tests.support.award_office import Office, bidders, disclose, key_of, officer, release
from tests.support.bid_desk import FILES
from tests.support.sealed_bids import EVALUATORS
from tests.support.standing import account
from tests.support.tender_service import relaying
from tests.support.tender_town import PAYER, TenderTown, sent
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TenderTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        yield TenderTown(tmp_path_factory.mktemp("openings"), running, deployment, council)


class TestOpen:
    def test_three_bids_from_sealed_files_to_the_record_on_chain(self, town: TenderTown) -> None:
        sale = town.publish("GZ-2026-0101")
        desks = bidders(sale, "甲", "乙", "丙")
        office = Office(sale, "three")
        for desk in desks:
            office.take(desk)
        town.go(sale.ends[1])
        disclose(sale, desks)
        early = office.open(code=3)
        assert (early["error"], early["opens_at"]) == ("WindowNotOpen", sale.ends[2])
        town.go(sale.ends[2])
        release(sale, 1, 2)
        told = office.open()
        assert told["isWhole"]
        assert {each["name"] for each in told["bids"]} == {
            f"样例{name}有限公司" for name in ("甲", "乙", "丙")
        }
        folder = office.out / key_of(desks[0], sale).lower()
        assert (folder / "public/营业执照.txt").read_bytes() == FILES["part-1/public/营业执照.txt"]
        inner, verdicts = office.terminal.folder / "inner", office.terminal.folder / "people.json"
        key = office.paper("key.txt", identity_text(EVALUATORS[0]).encode())
        words = ("--documents", office.documents, "--licences", verdicts)
        command = ("bid", "open-confidential", folder, inner, "--identity", key)
        assert office.terminal.json(*command, *words)["licences"] == []
        assert personal.read(verdicts.read_bytes()) == ()
        record = (office.out / "opening-record.json").read_bytes()
        assert told["record"] == "0x" + record_digest(record).hex()
        done = office.open("--record")
        assert (done["opened"], done["record"]) == (3, told["record"])
        assert office.open("--record") == {"error": "AlreadyDone"}
        assert "样例甲有限公司" in office.terminal.run(
            *sent(("tender", "open", office.documents, office.files, office.opened))
        )

    def test_a_lost_file_is_waited_for_and_a_silent_bidder_is_not(self, town: TenderTown) -> None:
        sale = town.publish("GZ-2026-0102")
        desks = bidders(sale, "戊", "己", "庚")
        office = Office(sale, "lost")
        office.take(desks[0])
        spoilt = office.take(desks[1])
        whole = spoilt.read_bytes()
        spoilt.write_bytes(whole[:-1] + b"\x00")
        town.go(sale.ends[1])
        disclose(sale, desks[:2])
        town.go(sale.ends[2])
        release(sale, 1, 3)
        told = office.open()
        assert not told["isWhole"]
        lost = told["closed"][key_of(desks[1], sale)]
        assert lost["cause"] == "FILE_LOST"
        early = office.open("--record", code=3)
        assert (early["error"], early["opens_at"]) == ("WindowNotOpen", sale.ends[4])
        spoilt.write_bytes(whole)
        done = office.open("--record")
        assert done["opened"] == 2
        record = orjson.loads((office.out / "opening-record.json").read_bytes())
        assert record["notOpened"] == [{"key": key_of(desks[2], sale), "cause": "UNDISCLOSED"}]

    def test_with_one_trustee_too_few_who_recovered_is_opened(self, town: TenderTown) -> None:
        sale = town.publish("GZ-2026-0103")
        desks = bidders(sale, "辛", "壬")
        office = Office(sale, "fallback")
        for desk in desks:
            office.take(desk)
        town.go(sale.ends[1])
        disclose(sale, desks)
        town.go(sale.ends[2])
        release(sale, 1)
        town.go(sale.ends[3])
        desks[0].terminal.json(*sent(("bid", "recover", sale.id)))
        early = office.open(code=3)
        assert early["opens_at"] == sale.ends[4]
        town.go(sale.ends[4])
        done = office.open("--record")
        assert done["opened"] == 1
        record = orjson.loads((office.out / "opening-record.json").read_bytes())
        assert record["notOpened"] == [{"key": key_of(desks[1], sale), "cause": "NOT_RELEASED"}]
        assert [each["released"] for each in record["trustees"]] == [True, False, False]


class TestCosign:
    def test_supervisor_and_notary_sign_what_they_made_anew_and_an_outsider_sees_it(
        self, town: TenderTown
    ) -> None:
        notary = town.terminal("notary")
        key = notary.outside.keyring.entry(PAYER).shown
        announced = {"supervisor": True, "notary": {"name": "样例公证处", "key": key}}
        sale = town.publish("GZ-2026-0105", coSigners=announced)
        supervisor = officer(town, "cosign supervisor", Role.SUPERVISOR)
        desks = bidders(sale, "寅", "卯")
        office = Office(sale, "cosign")
        for desk in desks:
            office.take(desk)

        def cosign(who: Terminal, capacity: str, files: Path = office.files, code: int = 0) -> Any:
            out = who.folder / "opened"
            words = ("tender", "cosign", office.documents, files, out, "--as", capacity)
            return who.json(*sent(words), code=code)

        town.go(sale.ends[1])
        disclose(sale, desks)
        town.go(sale.ends[2])
        release(sale, 1, 2)
        told = office.open()
        early = cosign(supervisor, "supervisor", code=3)
        assert (early["error"], early["lot"], early["part"]) == ("OpeningNotRecorded", 0, 1)
        office.open("--record")
        stranger = cosign(office.terminal, "supervisor", code=1)
        assert (stranger["error"], stranger["capacity"]) == ("CoSignerUnknown", "supervisor")
        assert cosign(supervisor, "notary", code=1)["capacity"] == "notary"
        fewer = notary.folder / "fewer"
        copytree(office.files, fewer)
        next(fewer.iterdir()).unlink()
        differs = cosign(notary, "notary", fewer, code=4)
        assert (differs["error"], differs["expected"]) == ("OpeningDiffers", told["record"])
        assert not list(notary.folder.rglob("cosignature-*"))
        archive = office.terminal.folder / "archive"
        copytree(office.files, archive)
        copytree(office.documents, archive / "documents")
        (archive / "record").write_bytes(office.record().read_bytes())
        for who, capacity in ((supervisor, "supervisor"), (notary, "notary")):
            signed = cosign(who, capacity)
            address = who.outside.keyring.entry(PAYER).shown
            assert (signed["record"], signed["signer"]) == (told["record"], address)
            assert (signed["closed"], signed["brought"]) == ({}, None)
            assert cosign(who, capacity) == signed
            self._judged(town, office, archive, signed, by=capacity)

    def test_a_file_that_is_not_here_is_lost_for_whoever_says_so_alone(
        self, town: TenderTown
    ) -> None:
        sale = town.publish("GZ-2026-0106", coSigners={"supervisor": True})
        supervisor = officer(town, "lost supervisor", Role.SUPERVISOR)
        desks = bidders(sale, "辰", "巳", "午")
        office = Office(sale, "cosign lost")
        for desk in desks[:2]:
            office.take(desk)
        town.go(sale.ends[1])
        disclose(sale, desks)
        town.go(sale.ends[2])
        release(sale, 1, 2)
        town.go(sale.ends[4])
        assert office.open("--record")["opened"] == 2
        here, lost = key_of(desks[0], sale), key_of(desks[2], sale)

        def cosign(files: Path, *named: str, code: int = 0, at: tuple[str, ...] = ()) -> Any:
            out = supervisor.folder / "opened"
            words = ("tender", "cosign", office.documents, files, out, "--as", "supervisor")
            given = [word for key in named for word in ("--lost", key)]
            return supervisor.json(*sent((*words, *given, *at)), code=code)

        unsaid = {"error": "LossUnconfirmed", "bidders": [lost]}
        assert cosign(office.files, code=2) == unsaid
        assert cosign(office.files, here, code=2) == unsaid
        assert not list(supervisor.folder.rglob("cosignature-*"))
        signed = cosign(office.files, here, lost.lower())
        assert signed["closed"] == {lost: "FILE_LOST"}
        assert Path(signed["file"]).is_file()
        self._brought(office, supervisor, cosign, lost)
        found = supervisor.folder / "found"
        copytree(office.files, found)
        copyfile(desks[2].store.find(sale.id, 0).part_file(1, 1), found / "from its bidder")
        assert cosign(found, lost, code=4)["error"] == "OpeningDiffers"

    def _brought(self, office: Office, supervisor: Terminal, cosign: Any, lost: str) -> None:
        """A service that lacks the file too does not make it lost; it shows who signed."""
        with relaying(office.sale.town, supervisor.folder / "service") as service:
            at = ("--service", service.url)
            show = ("tender", "show", office.tender, *at)
            assert cosign(office.files, at=at, code=2)["bidders"] == [lost]
            assert supervisor.json(*show)["coSigners"] == []
            assert cosign(office.files, lost, at=at)["brought"]
            key = supervisor.outside.keyring.entry(PAYER).shown
            (told,) = supervisor.json(*show)["coSigners"]
            assert (told["record"], told["capacity"], told["signer"], told["signature"]) == (
                *("0-1", "supervisor", key, "good"),
            )
            assert key in supervisor.run(*show)

    def _judged(
        self, town: TenderTown, office: Office, archive: Path, signed: Any, by: str
    ) -> None:
        """With a co-signature more an outsider confirms that much more, also off line."""
        outsider = town.terminal(f"outsider after {by}")
        copyfile(signed["file"], archive / f"{by}.json")
        words = ("tender", "audit", office.tender, "--archive", archive)
        bundle = outsider.folder / "bundle"
        is_whole = by == "notary"
        report = outsider.json(*words, "--out", bundle, code=0 if is_whole else 2)
        check = next(each for each in report["checks"] if each["name"] == "opening")
        assert check["code"] == ("opening.ok" if is_whole else "opening.unconfirmed"), check
        signers = {each["capacity"]: each["signer"] for each in check["facts"]["coSigned"]}
        assert signers[by] == signed["signer"]
        assert len(signers) == 1 + is_whole
        head = orjson.loads((bundle / "bundle.json").read_bytes())["head"]["hash"]
        off_line = outsider.json(
            "tender", "verify", bundle, "--head", head, code=0 if is_whole else 2
        )
        again = next(each for each in off_line["checks"] if each["name"] == "opening")
        assert again["facts"]["coSigned"] == check["facts"]["coSigned"]
        said = (
            outsider.run("tender", "audit", office.tender, "--archive", archive, "--language", "en")
            if is_whole
            else ""
        )
        assert (signed["signer"] in said) is is_whole


class TestExtend:
    def test_moves_disclosure_and_what_follows_once_a_trustee_signed(
        self, town: TenderTown
    ) -> None:
        sale = town.publish("GZ-2026-0104")
        desks = bidders(sale, "子", "丑")
        supervisor = officer(town, "extend supervisor", Role.SUPERVISOR)
        paper = supervisor.folder / "extension.json"
        later = sale.ends[2] + 900

        def cosign(end: int) -> None:
            words = ("trustee", "cosign", sale.id, "--disclose-end", end, "--out", paper)
            sale.trustees[0].json(*words)

        def extend(code: int = 0) -> Any:
            return supervisor.json(*sent(("tender", "extend", paper)), code=code)

        town.go(sale.ends[1])
        cosign(later)
        signed = paper.read_bytes()
        paper.write_bytes(signed.replace(b'"index":1', b'"index":2'))
        assert extend(code=4)["error"] == "CoSignatureInvalid"
        paper.write_bytes(signed)
        tenderer = officer(town, "extend tenderer", Role.TENDERER)
        words = sent(("tender", "extend", paper))
        assert tenderer.json(*words, code=1)["error"] == "RoleMissing"
        assert extend()["ends"] == {
            "submitEnd": sale.ends[0],
            "listEnd": sale.ends[1],
            "discloseEnd": later,
            "releaseEnd": sale.ends[3] + 900,
            "fallbackEnd": sale.ends[4] + 900,
        }
        again = extend(code=4)
        assert (again["error"], again["present"]) == ("EndNotLater", later)
        town.go(sale.ends[2])
        disclose(sale, desks)
        town.go(later)
        cosign(later + 60)
        assert extend(code=1)["error"] == "WindowClosed"
        release(sale, 1, 2)
        assert extend(code=3)["error"] == "OpeningInProgress"

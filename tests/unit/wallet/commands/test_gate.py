"""The gate's commands: enrolled, kept up to date, scanning off line, answering appeals."""

import hashlib
import os
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, Never

import orjson
import pytest

from ledger.health import passes, presentations
from ledger.health.passes import Mode
from ledger.health.readers import Reader
from ledger.verification.check import rfc3339
from tests.support.gate_bundles import DAY, HOUR, NOON, STRANGER
from tests.support.lanes import AT, HOLDER, PLACE, GateTerminal, bundle, content, live, sealed
from tests.support.terminal import Terminal, seeded
from wallet.drawing import PAPER, draw
from wallet.gate import telling
from wallet.gate.enrolment import EnrolmentFile
from wallet.gate.journal import Journal, JournalUnusable
from wallet.health.pages import pages_of


@pytest.fixture
def gate(terminal: Terminal) -> GateTerminal:
    return GateTerminal(terminal)


def lines(text: str) -> list[Any]:
    """Return the JSON lines that were printed."""
    return [orjson.loads(line) for line in text.splitlines() if line.startswith("{")]


def bound(number: int, **changes: Any) -> bytes:
    """Return a pass that is bound to the document E and its number."""
    cti = bytes([number]) * 16
    return sealed(number, binding=passes.binding_of("P", "XA", f"E{number}", cti), **changes)


def paper(number: int) -> bytes:
    """Return such a pass on paper."""
    return bound(number, holder=None, modes=Mode.PAPER)


def certified(gate: GateTerminal, *words: object) -> Path:
    """Have the gate's request signed by an agency with a key of its own."""
    gate.terminal.run("key", "new", "document", "agency")
    out = gate.terminal.folder / "reader.cert"
    gate.terminal.run("gate", "certify", gate.request, "--key", "agency", *words, "--out", out)
    return out


class TestEnrol:
    def test_makes_a_reader_key_and_a_request(self, gate: GateTerminal) -> None:
        (entry,) = gate.terminal.json("key", "list")
        assert (entry["name"], entry["kind"]) == ("reader", "reader")
        request = orjson.loads(gate.request.read_bytes())
        assert request["jwk"] == entry["jwk"]
        assert (request["checkpoint"], request["purposes"]) == ("Sample Checkpoint", 1)

    def test_once(self, gate: GateTerminal) -> None:
        said = gate.terminal.run("gate", "enrol", "XB/OTHER", *PLACE, code=1)
        assert "is a gate already" in said

    def test_refuses_a_zone_that_is_none(self, terminal: Terminal) -> None:
        words = ("gate", "enrol", "XB/SAMPLE", *PLACE, "--time-zone", "Nowhere/None")
        terminal.run(*words, code=1)
        assert terminal.json("key", "list") == []

    def test_comes_first(self, terminal: Terminal) -> None:
        for words in (("scan",), ("status",), ("log", "export"), ("challenge",), ("erase",)):
            assert "gate enrol" in terminal.run("gate", *words, code=2)


class TestCertificate:
    def test_is_installed_and_shown_in_challenges(self, gate: GateTerminal) -> None:
        certificate = certified(gate, "--days", 3)
        gate.terminal.run("gate", "install", certificate)
        asked = presentations.read_challenge(gate.terminal.json("gate", "challenge")["text"])
        assert asked.certificate == certificate.read_bytes()
        reader = EnrolmentFile(gate.terminal.outside.home).reader()
        assert isinstance(reader, Reader)
        asked.verify(reader.key)
        assert reader.expires_at == AT + 3 * DAY

    def test_of_another_gate_is_refused(self, gate: GateTerminal, tmp_path: Path) -> None:
        certificate = certified(gate)
        other = GateTerminal(Terminal(tmp_path / "other", now=AT, randomness=seeded(b"other")))
        assert "part=key" in other.terminal.run("gate", "install", certificate, code=1)

    def test_is_needed_and_ends(self, gate: GateTerminal) -> None:
        assert "vouches for this gate" in gate.terminal.run("gate", "challenge", code=2)
        gate.terminal.run("gate", "install", certified(gate))
        gate.terminal.now += 7 * DAY
        assert "has ended" in gate.terminal.run("gate", "challenge", code=2)

    @pytest.mark.parametrize("content", ["", "{}", '{"jwk": 1}', "[1]"])
    def test_is_not_made_out_to_anything(self, gate: GateTerminal, content: str) -> None:
        gate.terminal.run("key", "new", "document", "agency")
        gate.request.write_text(content)
        gate.terminal.run("gate", "certify", gate.request, "--key", "agency", code=1)

    def test_is_signed_by_a_document_key(self, gate: GateTerminal) -> None:
        words = ("gate", "certify", gate.request, "--key", "reader")
        assert "of another kind" in gate.terminal.run(*words, code=1)


class TestUpdate:
    def test_takes_a_bundle_and_says_what_it_lacks(self, gate: GateTerminal) -> None:
        told = orjson.loads(gate.take(bundle()).stdout)
        assert (told["sequence"], told["block"]) == (12, 4200)
        assert {part["part"]: part["age"] for part in told["parts"]}["trust"] == 300
        assert orjson.loads(gate.terminal.run("gate", "status", "--json"))["bundle"] == told
        assert "Bundle 12 of XB/SAMPLE-HEALTH" in gate.terminal.run("gate", "status")

    def test_moves_forward_only(self, gate: GateTerminal) -> None:
        gate.take(bundle(sequence=12))
        for sequence in (11, 1):
            assert "newer gate bundle" in gate.take(bundle(sequence=sequence), code=2).output
        assert "newer gate bundle" in gate.take(bundle(sealed(), sequence=12), code=2).output
        gate.take(bundle(sequence=13))
        assert len(gate.files("bundles/*.manifest")) == 1

    def test_is_told_of_the_same_one_again(self, gate: GateTerminal) -> None:
        """Whoever asks twice before a newer one was made is not accused of going back."""
        offered = bundle(sequence=12)
        assert gate.take(offered).stdout == gate.take(offered).stdout

    def test_refuses_a_stranger(self, gate: GateTerminal) -> None:
        assert "not signed by" in gate.take(bundle(signer=STRANGER), code=2).output
        assert gate.terminal.json("gate", "status")["bundle"] is None

    def test_refuses_a_clock_before_the_bundle(self, gate: GateTerminal) -> None:
        gate.terminal.now = NOON - 1
        assert "clock of this device" in gate.take(bundle(), code=2).output

    def test_keeps_what_it_has_when_files_are_missing(self, gate: GateTerminal) -> None:
        gate.take(bundle(sequence=12))
        offered = bundle(sealed(), sequence=13)
        lacking = {path: each for path, each in offered.files.items() if "allow" not in path}
        assert "are missing" in gate.take(replace(offered, files=lacking), code=2).output
        assert gate.terminal.json("gate", "status")["bundle"]["sequence"] == 12

    def test_needs_only_the_files_that_changed(self, gate: GateTerminal) -> None:
        first, second = bundle(sequence=12), bundle(sealed(), sequence=13)
        gate.take(first)
        changed = {p: each for p, each in second.files.items() if first.files.get(p) != each}
        assert 0 < len(changed) < len(second.files)
        gate.take(replace(second, files=changed))
        assert gate.terminal.json("gate", "status")["bundle"]["sequence"] == 13
        held = {path.name for path in gate.files("bundles/files/*")}
        assert held == {hashlib.sha256(each).hexdigest() for each in second.files.values()}

    @pytest.mark.parametrize("content", [b"", b"\x82\x40\x80", b"no bundle"])
    def test_refuses_what_is_none(self, gate: GateTerminal, content: bytes) -> None:
        path = gate.terminal.folder / "nothing"
        path.write_bytes(content)
        gate.terminal.run("gate", "update", "--from", path, code=2)


class TestScan:
    def test_opens_no_connection(self, gate: GateTerminal, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = sealed()
        gate.take(bundle(shown))

        def never(*_given: Any, **_named: Any) -> Never:
            raise AssertionError("the gate asked a network")

        for name in ("socket", "create_connection", "getaddrinfo", "socketpair"):
            monkeypatch.setattr(socket, name, never)
        gate.scan(live(shown), "HC1:NONE", words=("--json",), code=1)

    def test_accepts_once(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        first, again = lines(gate.scan(live(shown), live(shown), words=("--json",), code=3).stdout)
        assert (first["outcome"], again["outcome"]) == ("ACCEPT", "SECONDARY")
        assert again["headline"] == "REPLAY"
        assert first["scans"] != again["scans"]
        assert first["people"][0]["citations"]["bundle"] == 12

    def test_remembers_across_starts(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        gate.scan(live(shown))
        gate.scan(live(shown), code=3)

    def test_counts_uses_and_quota_across_starts(self, gate: GateTerminal) -> None:
        shown = sealed(max_uses=1)
        gate.take(bundle(shown))
        gate.scan(live(shown, time=AT - 9))
        said = gate.scan(live(shown), words=("--json",), code=3).stdout
        assert lines(said)[0]["headline"] == "USES"

    def test_tells_colour_word_shape_and_lists(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        said = gate.scan(live(shown)).stdout
        for part in ("● ACCEPT", "(green)", "C L 07-23", "XA to XB, version 1", "IN_FORCE"):
            assert part in said
        for part in ("bundle 12", "block 4200", "trust list 5, 300 s old", "allow list 1"):
            assert part.replace("300 s", "5 min") in said
        assert "Please go to the desk." not in said
        denied = gate.scan(live(sealed(1)), code=1).stdout
        assert "⬣ DENY" in denied
        assert "Please go to the desk." in denied  # the bundle's own text for it, in this language
        assert "[ANCHOR:" in denied

    def test_rings_as_often_as_the_answer_is_grave_and_at_a_terminal_alone(
        self, gate: GateTerminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        good = sealed(0)
        gate.take(bundle(good))
        assert "\a" not in gate.scan(live(good, time=AT - 9)).stdout
        monkeypatch.setattr(telling, "is_heard", lambda: True)
        heard = {
            (text.split()[1], text.count("\a"))
            for text in (
                gate.scan(live(good, time=AT - 8)).stdout,
                gate.scan(live(good, time=AT - 8), code=3).stdout,
                gate.scan(live(sealed(1)), code=1).stdout,
                gate.scan(live(passes.sign(content(), STRANGER)), code=2).stdout,
            )
        }
        assert heard == {("ACCEPT", 1), ("SECONDARY", 2), ("DENY", 3), ("UNKNOWN", 4)}

    def test_tells_a_group_one_by_one(self, gate: GateTerminal) -> None:
        good, forged = sealed(0), sealed(1)
        gate.take(bundle(good))
        done = gate.scan(live(good, forged), words=("--json",), code=1)
        (told,) = lines(done.stdout)
        assert [person["outcome"] for person in told["people"]] == ["ACCEPT", "DENY"]
        assert len(set(told["scans"])) == 2
        said = gate.scan(live(good, forged, time=AT - 6), code=1).stdout
        assert "1. ● ACCEPT" in said
        assert "2. ⬣ DENY" in said

    @pytest.mark.parametrize("is_asked", [False, True], ids=["shown", "answered"])
    def test_counts_everybody_on_every_page_of_a_group(
        self, gate: GateTerminal, *, is_asked: bool
    ) -> None:
        group = [sealed(cti=os.urandom(16), binding=os.urandom(16)) for _ in range(8)]
        gate.take(bundle(*group))
        gate.terminal.run("gate", "install", certified(gate))
        asked = presentations.read_challenge(gate.terminal.json("gate", "challenge")["text"])
        nonce = (lambda: asked.answer) if is_asked else (lambda: os.urandom(8))
        pages = pages_of(group, AT - 5, nonce, HOLDER)
        told = lines(gate.scan(*pages, words=("--json",)).stdout)
        assert [len(page["people"]) for page in told] == [4, 4]
        assert len({number for page in told for number in page["scans"]}) == 8
        (counted,) = gate.terminal.json("gate", "status")["counts"]
        assert (counted["outcome"], counted["people"]) == ("ACCEPT", 8)
        again = lines(gate.scan(pages[1], words=("--json",), code=3).stdout)
        found = [{each["reason"] for each in person["findings"]} for person in again[0]["people"]]
        assert found == [{"REPLAY"}] * 4

    def test_reads_pictures_and_scanner_lines(self, gate: GateTerminal, tmp_path: Path) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        picture = tmp_path / "code.png"
        draw(live(shown, time=AT - 7), picture, PAPER)
        gate.terminal.run("gate", "scan", picture)
        gate.scan("", "]Q1" + live(shown, time=AT - 8), "\t" + live(shown, time=AT - 9) + " ")

    @pytest.mark.parametrize(
        "content", [b"\x89PNG\r\n\x1a\nno picture", b"\x5f\x21\xf0\nneither\npicture nor text\n"]
    )
    def test_says_where_no_code_is(
        self, gate: GateTerminal, tmp_path: Path, content: bytes
    ) -> None:
        gate.take(bundle())
        blank = tmp_path / "blank.png"
        blank.write_bytes(content)
        assert "No code was found" in gate.terminal.run("gate", "scan", blank, code=2)
        assert gate.terminal.json("gate", "status")["counts"] == []

    def test_accepts_nobody_where_nothing_was_scanned(self, gate: GateTerminal) -> None:
        """A pipe that broke is no traveller who may pass."""
        gate.take(bundle())
        for lines in ((), ("", " ", "\t")):
            assert "No code was scanned" in gate.scan(*lines, code=2).output

    def test_takes_paper_with_its_document(self, gate: GateTerminal) -> None:
        cti = bytes(16)
        bound = passes.binding_of("P", "XA", "E00000000", cti)
        paper = sealed(holder=None, modes=Mode.PAPER, binding=bound, hint=None)
        gate.take(bundle(paper))
        text = passes.to_text(paper)
        assert "ID_MISMATCH" in gate.scan(text, code=3).stdout
        gate.scan(text, words=("--id", "P,XA,E00000000"))
        assert "another document" in gate.scan(text, words=("--id", "P,XA,E1"), code=3).stdout
        gate.scan(text, words=("--compared", "matched"))
        gate.scan(text, words=("--compared", "matched", "--id", "P,XA,E1"), code=64)
        gate.scan(text, words=("--id", "P"), code=64)

    def test_takes_an_answer_to_its_own_challenge_for_a_minute(self, gate: GateTerminal) -> None:
        shown = sealed(modes=Mode.CHALLENGE)
        gate.take(bundle(shown))
        gate.terminal.run("gate", "install", certified(gate))
        asked = presentations.read_challenge(gate.terminal.json("gate", "challenge")["text"])
        answer = live(shown, time=AT, nonce=asked.answer)
        gate.scan(answer)
        gate.scan(live(shown, time=AT, nonce=b"\x01" * 8), code=1)
        gate.terminal.now += 61
        gate.scan(live(shown, time=AT + 1, nonce=asked.answer), code=1)

    def test_says_what_is_missing_without_a_bundle(self, gate: GateTerminal) -> None:
        said = gate.scan(live(sealed()), code=2).output
        assert "holds no bundle" in said

    def test_says_unknown_when_lists_are_old(self, gate: GateTerminal) -> None:
        shown = sealed(expires_at=NOON + DAY)
        gate.take(bundle(shown))
        gate.terminal.now = NOON + 2 * HOUR
        said = gate.scan(live(shown, time=NOON + 2 * HOUR), words=("--json",), code=2).stdout
        assert lines(said)[0]["headline"] == "STALE_LIST"

    def test_does_not_start_with_a_clock_before_its_bundle(self, gate: GateTerminal) -> None:
        gate.take(bundle())
        gate.terminal.now = NOON - 60
        assert "clock of this device" in gate.scan(live(sealed()), code=2).output

    def test_keeps_nothing_that_tells_of_the_person(self, gate: GateTerminal) -> None:
        shown, foreign = sealed(7), "HC1:6BF"
        gate.take(bundle(shown))
        text = live(shown)
        gate.scan(text, foreign, code=1)
        kept = b"".join(path.read_bytes() for path in gate.files("journal.db*"))
        for personal in (b"\x07" * 16, shown[40:80], b"C L 07-23", HOLDER.public_key.x):
            assert personal not in kept
        for path in gate.files("journal.db*"):
            assert path.stat().st_mode & 0o077 == 0


class TestAtWork:
    def test_decides_by_a_bundle_that_comes_meanwhile(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(sequence=12))

        def turns() -> Iterator[str]:
            yield live(shown, time=AT - 9)
            gate.take(bundle(shown, sequence=13))
            yield live(shown, time=AT - 8)

        before, after = lines(gate.at_work(turns(), code=1).stdout)
        assert (before["outcome"], after["outcome"]) == ("DENY", "ACCEPT")
        assert after["people"][0]["citations"]["bundle"] == 13
        explained = gate.terminal.json("gate", "appeal", "explain", after["scans"][0])
        assert explained["citations"]["bundle"] == 13

    def test_goes_on_where_the_newer_bundle_cannot_be_read(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown, sequence=12))

        def turns() -> Iterator[str]:
            yield live(shown, time=AT - 9)
            (gate.home / "bundles" / "13.manifest").write_bytes(b"torn")
            yield live(shown, time=AT - 8)

        done = gate.at_work(turns())
        assert [told["people"][0]["citations"]["bundle"] for told in lines(done.stdout)] == [12, 12]
        assert "not taken up" in done.stderr

    def test_erases_what_falls_due_meanwhile(self, gate: GateTerminal) -> None:
        gate.take(bundle())
        days: list[list[str]] = []

        def turns() -> Iterator[str]:
            yield live(sealed())
            days.append([path.name for path in gate.files("day-keys/*")])
            gate.terminal.now += 16 * DAY
            yield live(sealed())
            days.append([path.name for path in gate.files("day-keys/*")])

        gate.at_work(turns(), code=1)
        first, second = days
        assert len(first) == len(second) == 1
        assert first != second
        assert len(lines(gate.terminal.run("gate", "log", "export"))) == 1

    def test_of_two_that_erase_one_is_quicker(self, gate: GateTerminal) -> None:
        gate.take(bundle())

        def turns() -> Iterator[str]:
            yield live(sealed())
            gate.terminal.now += 16 * DAY
            gate.terminal.run("gate", "erase")
            yield live(sealed())

        gate.at_work(turns(), code=1)

    def test_documents_are_of_a_familys_people_in_their_order(self, gate: GateTerminal) -> None:
        """Over pages and papers; whoever has none left was not compared, and goes to the desk."""
        papers = [paper(number) for number in range(3)]
        gate.take(bundle(*papers))
        texts = [passes.to_text(each) for each in papers]
        read = [word for number in range(3) for word in ("--id", f"P,XA,E{number}")]

        def headlines(words: list[str], code: int) -> list[str | None]:
            done = gate.scan(*texts, words=(*words, "--json"), code=code)
            return [told["headline"] for told in lines(done.stdout)]

        assert headlines(read, 0) == [None] * 3
        assert headlines(read[:4], 3) == [None, None, "ID_MISMATCH"]
        assert headlines([*read[2:4], *read[:2], *read[4:]], 3) == ["ID_MISMATCH"] * 2 + [None]

    def test_documents_go_on_where_a_page_of_a_group_ends(self, gate: GateTerminal) -> None:
        group = [bound(number) for number in range(3)]
        gate.take(bundle(*group))
        pages = live(*group[:2]), live(group[2])
        read = [word for number in (0, 1, 3) for word in ("--id", f"P,XA,E{number}")]
        done = gate.scan(*pages, words=(*read, "--json"), code=3)
        people = [each["headline"] for told in lines(done.stdout) for each in told["people"]]
        assert people == [None, None, "ID_MISMATCH"]

    def test_a_document_without_a_code_goes_to_the_desk(self, gate: GateTerminal) -> None:
        first = paper(0)
        gate.take(bundle(first))
        words = ("--id", "P,XA,E0", "--id", "P,XA,E1")
        said = gate.scan(passes.to_text(first), words=words, code=3).output
        assert "No code was shown for 1 of those" in said

    def test_an_officers_word_is_about_one_person(self, gate: GateTerminal) -> None:
        first, second = bound(1), bound(2)
        gate.take(bundle(first, second))
        words = ("--compared", "matched", "--json")
        for codes in ((live(first), live(second)), (live(first, second),)):
            done = gate.scan(*codes, words=words, code=1)
            assert "is an officer's word about one person" in done.output
            assert lines(done.stdout) == []
        assert gate.terminal.run("gate", "log", "export") == ""

        def turns() -> Iterator[str]:
            yield live(first)
            yield live(second)

        done = gate.at_work(turns(), "--compared", "matched", code=1)
        assert [told["outcome"] for told in lines(done.stdout)] == ["ACCEPT"]
        assert "answered=1" in done.output

    def test_answers_nobody_where_the_group_is_not_kept(
        self, gate: GateTerminal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What arrives together is kept by one commit: all of it, or nothing is answered."""
        shown, calls = sealed(), iter(range(2))
        gate.take(bundle(shown))
        keep = Journal.keep

        def full(journal: Journal, entries: Any) -> list[str]:
            numbers = keep(journal, entries)
            if next(calls):
                raise JournalUnusable("journal.db", "the disk is full")
            return numbers

        with monkeypatch.context() as patched:
            patched.setattr(Journal, "keep", full)
            done = gate.scan(live(shown), live(shown, time=AT - 6), words=("--json",), code=2)
        assert lines(done.stdout) == []
        assert gate.terminal.run("gate", "log", "export") == ""
        gate.scan(live(shown))

    def test_is_alone_in_its_folder(self, gate: GateTerminal) -> None:
        gate.take(bundle())

        def turns() -> Iterator[str]:
            assert "is at work here" in gate.scan("SZ2:NO CODE", code=1).output
            yield "SZ2:NO CODE"

        gate.at_work(turns(), code=1)
        gate.scan("SZ2:NO CODE", code=1)

    def test_reads_lines_however_they_arrive(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        first, second = (live(shown, time=AT - each).encode() for each in (9, 8))
        pieces = [b"X" * 9_000, b"X\r\n" + first[:40], first[40:] + b"\r", b"\n\xff\r", second]
        done = gate.sent(pieces, "--json", code=1)
        told = [(each["outcome"], each["headline"]) for each in lines(done.stdout)]
        foreign = ("DENY", "PREFIX")
        assert told == [foreign, ("ACCEPT", None), foreign, ("ACCEPT", None)]


class TestOverride:
    def test_adds_a_row_and_counts_who_is_let_in(self, gate: GateTerminal) -> None:
        shown = sealed(max_uses=1)
        gate.take(bundle(shown))
        paper = passes.to_text(shown)
        (told,) = lines(gate.scan(paper, words=("--json",), code=3).stdout)
        (number,) = told["scans"]
        words = ("gate", "override", number, "ACCEPT", "--by", "Officer 12", "--why", "seen")
        made = gate.terminal.json(*words)["scan"]
        assert made != number
        explained = gate.terminal.json("gate", "appeal", "explain", made)
        assert explained["override"] == {"by": "Officer 12", "outcome": "ACCEPT", "why": "seen"}
        assert gate.terminal.json("gate", "appeal", "explain", number)["override"] is None
        said = gate.scan(live(shown), words=("--json",), code=3).stdout
        assert lines(said)[0]["headline"] == "USES"

    def test_is_decided_once_and_changed_by_its_own_number(self, gate: GateTerminal) -> None:
        """A second word beside the first would let the person in twice, in every count."""
        shown = sealed(max_uses=2)
        gate.take(bundle(shown))
        (told,) = lines(gate.scan(passes.to_text(shown), words=("--json",), code=3).stdout)
        said = ("--by", "Officer 12", "--why", "seen")
        (number,) = told["scans"]
        made = gate.terminal.json("gate", "override", number, "ACCEPT", *said)["scan"]
        refused = gate.terminal.run("gate", "override", number, "ACCEPT", *said, code=1)
        assert made in refused
        gate.terminal.run("gate", "override", made, "ACCEPT", *said)  # still in, and once
        gate.scan(live(shown))

    def test_counts_the_person_once_by_what_stands(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        (told,) = lines(gate.scan(passes.to_text(shown), words=("--json",), code=3).stdout)
        (number,) = told["scans"]
        said = ("--by", "Officer 12", "--why", "seen")

        def counts() -> list[tuple[str, str | None, int]]:
            found = gate.terminal.json("gate", "status")["counts"]
            return [(each["outcome"], each["reason"], each["people"]) for each in found]

        assert counts() == [("SECONDARY", told["headline"], 1)]
        gate.terminal.now += HOUR  # the hour is the scan's
        made = gate.terminal.json("gate", "override", number, "ACCEPT", *said)["scan"]
        assert counts() == [("ACCEPT", told["headline"], 1)]
        gate.terminal.run("gate", "override", made, "DENY", *said)
        assert counts() == [("DENY", told["headline"], 1)]

    def test_of_a_scan_that_was_never_counted_by_the_hour_adds_nobody(
        self, gate: GateTerminal
    ) -> None:
        """A journal of before knows no headline; it is widened, and goes on."""
        shown = sealed()
        gate.take(bundle(shown))
        (told,) = lines(gate.scan(passes.to_text(shown), words=("--json",), code=3).stdout)
        with closing(sqlite3.connect(gate.home / "journal.db")) as journal:
            journal.execute("ALTER TABLE scans DROP COLUMN headline")
            journal.execute("DELETE FROM counts")
            journal.commit()
        words = ("gate", "override", told["scans"][0], "ACCEPT", "--by", "Officer", "--why", "seen")
        gate.terminal.run(*words)
        assert gate.terminal.json("gate", "status")["counts"] == []
        gate.scan(live(shown))
        assert gate.terminal.json("gate", "status")["counts"][0]["people"] == 1

    def test_of_no_scan_is_refused(self, gate: GateTerminal) -> None:
        words = ("gate", "override", "A" * 16, "DENY", "--by", "Officer", "--why", "seen")
        assert "no scan of that number" in gate.terminal.run(*words, code=1)


class TestLog:
    def test_exports_rows_as_they_are_anchored(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        gate.scan(live(shown), "HC1:6BF", code=1)
        rows = lines(gate.terminal.run("gate", "log", "export"))
        assert [row["outcome"] for row in rows] == ["ACCEPT", "DENY"]
        assert rows[0]["key"] is not None
        assert rows[1]["key"] is None
        assert rows[0]["minute"] == AT - AT % 60

    def test_status_counts(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        gate.scan(live(shown), "HC1:6BF", code=1)
        told = gate.terminal.json("gate", "status")
        hour = {"hour": rfc3339(NOON), "port": "port-1"}
        assert told["counts"] == [
            hour | {"outcome": "ACCEPT", "reason": None, "people": 1},
            hour | {"outcome": "DENY", "reason": "FORMAT", "people": 1},
        ]
        assert told["notPushed"] == 2
        assert "FORMAT" in gate.terminal.run("gate", "status")

    def test_counts_hour_by_hour(self, gate: GateTerminal) -> None:
        gate.take(bundle())
        gate.scan("NONE", "NONE", code=1)
        gate.terminal.now += 25 * HOUR
        gate.scan("NONE", code=1)
        told = gate.terminal.json("gate", "log", "counts")
        later = rfc3339(NOON + 25 * HOUR)
        assert [(each["hour"], each["people"]) for each in told] == [(rfc3339(NOON), 2), (later, 1)]
        assert gate.terminal.json("gate", "status")["counts"] == told[1:]
        words = ("gate", "log", "counts", "--since", later)
        assert gate.terminal.json(*words) == told[1:]
        assert "port-1" in gate.terminal.run(*words)


class TestErase:
    def test_destroys_day_keys_and_rows_when_they_are_due(self, gate: GateTerminal) -> None:
        shown = sealed()
        gate.take(bundle(shown))
        (told,) = lines(gate.scan(live(shown), words=("--json",)).stdout)
        (key,) = gate.files("day-keys/*")
        secret = orjson.loads(key.read_bytes())["secret"]
        assert gate.terminal.json("gate", "erase") == {"days": [], "rows": 0}
        gate.terminal.now += 15 * DAY
        erased = gate.terminal.json("gate", "erase")
        assert (len(erased["days"]), erased["rows"]) == (1, 1)
        assert gate.files("day-keys/*") == []
        assert gate.terminal.run("gate", "log", "export") == ""
        everything = b"".join(p.read_bytes() for p in gate.home.rglob("*") if p.is_file())
        assert secret.encode() not in everything
        assert gate.terminal.json("gate", "log", "counts")[0]["people"] == 1
        said = gate.terminal.run("gate", "appeal", "explain", told["scans"][0], code=1)
        assert "was erased when its time was over" in said


class TestAppeal:
    def refused(self, gate: GateTerminal, text: str) -> str:
        (told,) = lines(gate.scan(text, words=("--json",), code=1).stdout)
        (number,) = told["scans"]
        return str(number)

    def explain(self, gate: GateTerminal, number: str, text: str, code: int = 0) -> Any:
        path = gate.terminal.folder / "appeal.txt"
        path.write_text(text)
        return gate.terminal.json("gate", "appeal", "explain", number, "--code", path, code=code)

    def test_recomputes_by_the_versions_of_that_minute(self, gate: GateTerminal) -> None:
        """A pass that was anchored too late is listed today; the row still cites yesterday's."""
        shown = sealed()
        gate.take(bundle(sequence=12))
        number = self.refused(gate, live(shown))
        gate.take(bundle(shown, sequence=13))
        gate.terminal.now += HOUR // 2
        told = self.explain(gate, number, passes.to_text(shown))
        assert (told["outcome"], told["reasons"]) == ("DENY", ["ANCHOR"])
        assert told["recomputed"]["agrees"]
        assert told["recomputed"]["citesTheSame"]
        assert told["recomputed"]["reasons"] == ["ANCHOR"]
        assert len(gate.files("bundles/*.manifest")) == 2

    def test_leaves_out_what_only_the_moment_shows(self, gate: GateTerminal) -> None:
        """At the desk the pass is no screen any more; nobody was refused for that."""
        shown = sealed(modes=Mode.DYNAMIC)
        gate.take(bundle())
        number = self.refused(gate, live(shown))
        again = self.explain(gate, number, passes.to_text(shown))["recomputed"]
        assert (again["outcome"], again["reasons"]) == ("DENY", ["ANCHOR"])
        path = gate.terminal.folder / "appeal.txt"
        said = gate.terminal.run("gate", "appeal", "explain", number, "--code", path)
        assert "No record of its issue." in said
        assert "Not shown live" not in said

    def test_judges_what_was_shown_live_as_such(self, gate: GateTerminal) -> None:
        """Paper ends after the policy's own window, a pass on the screen does not."""
        old = {"issued_at": NOON - 25 * HOUR, "not_before": NOON - 25 * HOUR}
        shown = sealed(modes=Mode.DYNAMIC | Mode.PAPER, purposes=2, **old)
        gate.take(bundle(shown))
        number = self.refused(gate, live(shown))
        again = self.explain(gate, number, passes.to_text(shown))["recomputed"]
        assert (again["agrees"], again["reasons"]) == (True, ["AGREEMENT", "RULE"])

    def test_compares_outcomes_and_not_reasons_alone(self, gate: GateTerminal) -> None:
        """DENY for TIME where the row says UNKNOWN is another answer."""
        shown = sealed(expires_at=AT - 40)
        gate.take(bundle(shown))
        words = ("--json", "--clock-error", 60)
        (told,) = lines(gate.scan(live(shown), words=words, code=2).stdout)
        assert told["headline"] == "TIME"
        (number,) = told["scans"]
        again = self.explain(gate, number, passes.to_text(shown))["recomputed"]
        assert (again["agrees"], again["outcome"]) == (True, "UNKNOWN")
        words = ("--json", "--clock-error", 0)
        (told,) = lines(gate.scan(live(shown, time=AT - 6), words=words, code=1).stdout)
        (number,) = told["scans"]
        again = self.explain(gate, number, passes.to_text(shown))["recomputed"]
        assert (again["agrees"], again["outcome"]) == (True, "DENY")

    def test_says_in_words_why(self, gate: GateTerminal) -> None:
        gate.take(bundle())
        number = self.refused(gate, live(sealed()))
        said = gate.terminal.run("gate", "appeal", "explain", number.lower())
        for part in ("DENY", "lane 7", "Sample Checkpoint", "ANCHOR", "bundle 12"):
            assert part in said

    def test_refuses_the_code_of_another(self, gate: GateTerminal) -> None:
        gate.take(bundle())
        number = self.refused(gate, live(sealed(1)))
        path = gate.terminal.folder / "appeal.txt"
        path.write_text(passes.to_text(sealed(2)))
        words = ("gate", "appeal", "explain", number, "--code", path)
        assert "not the one that was scanned" in gate.terminal.run(*words, code=1)

    def test_finds_a_forged_signature_again(self, gate: GateTerminal) -> None:
        forged = passes.sign(content(), STRANGER)
        gate.take(bundle())
        (told,) = lines(gate.scan(live(forged), words=("--json",), code=2).stdout)
        (number,) = told["scans"]
        again = self.explain(gate, number, live(forged))
        assert again["recomputed"]["reasons"] == ["KEY_UNKNOWN"]

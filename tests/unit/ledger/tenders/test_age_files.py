import io
import shutil
import subprocess
import tarfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyrage  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.age import recipient_of
from ledger.age_header import SealedForAnother, SealedMalformed
from ledger.age_stream import sealed
from ledger.errors import Refused
from ledger.tenders import manifest
from ledger.tenders.age_files import BidFile, PartFile, require_committed, require_sealed
from ledger.tenders.commitments import Tag, commitment
from ledger.tenders.errors import DigestMismatch, NotSealed, UnsealedInvalid
from ledger.tenders.file_keys import file_key, identity
from ledger.tenders.joining import join_released
from ledger.tenders.packages import FileChanged, Member, packed
from ledger.tenders.padding import CLASSES, BidTooLarge
from ledger.tenders.unsealing import Opened, open_confidential, open_part
from tests.support.licences import AGENCY_KEY, counted_bytes
from tests.support.sealed_bids import (
    CONFIDENTIAL,
    EVALUATORS,
    OPEN,
    InMemory,
    Sinks,
    bid_files,
    bid_head,
    sealed_bid,
    trustee_key,
)

BID = sealed_bid(signer=AGENCY_KEY)
RECIPIENT = recipient_of(b"\x07" * 32)


def key_of(bid: InMemory) -> bytes:
    return file_key(bid.secrets.s_b, bid.secrets.s_c, bid.place.context(1, 1))


def opened(bid: InMemory, file: bytes | None = None, sinks: Sinks | None = None) -> Opened:
    source = io.BytesIO(bid.file if file is None else file)
    receive = Sinks() if sinks is None else sinks
    return open_part(source, key_of(bid), bid.documents.ledger, bid.bid, 1, receive)


def resealed(bid: InMemory, archive: bytes, manifest_bytes: bytes | None = None) -> InMemory:
    """The same bid with another archive inside, rightly sealed and committed to."""
    file = b"".join(sealed([archive], [bid.secrets.recipient(bid.place.context(1, 1))], bytes))
    part = replace(bid.bid.parts[0], file=manifest.digest_of(file), size=len(file))
    if manifest_bytes is not None:
        digest = manifest.digest_of(manifest_bytes)
        committed = commitment(Tag.MANIFEST, bid.place.context(1, 1), digest)
        part = replace(part, manifest=committed)
    return replace(bid, file=file, bid=replace(bid.bid, parts=(part,)))


def archive_of(files: dict[str, bytes]) -> bytes:
    return b"".join(
        packed(
            Member(path, len(octets), lambda octets=octets: [octets])  # type: ignore[misc]  # a default binds it
            for path, octets in files.items()
        )
    )


def content_of(bid: InMemory) -> dict[str, bytes]:
    """The files in a bid, by another program."""
    plain = pyrage.decrypt(bid.file, [pyrage.x25519.Identity.from_str(identity(key_of(bid)))])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {each.name: tar.extractfile(each).read() for each in tar}  # type: ignore[union-attr]  # regular files


class TestPartFile:
    def test_is_a_plain_age_file_around_a_plain_tar(self) -> None:
        files = content_of(BID)
        assert set(files) == {
            *OPEN,
            "confidential.age",
            "opening.json",
            "manifest.json",
            "manifest.jws",
        }
        assert files["public/说明.txt"] == OPEN["public/说明.txt"]
        manifest.require_signed(
            files["manifest.json"], files["manifest.jws"].decode(), AGENCY_KEY.public_key
        )

    @pytest.mark.skipif(shutil.which("age") is None, reason="no age on this machine")
    def test_is_opened_by_stock_age_and_tar(self, tmp_path: Path) -> None:
        (tmp_path / "key.txt").write_text(identity(key_of(BID)) + "\n")
        (tmp_path / "bid.age").write_bytes(BID.file)
        command = "age -d -i key.txt bid.age | tar x"
        subprocess.run(["sh", "-c", command], cwd=tmp_path, check=True)  # noqa: S607  # found above
        assert (tmp_path / "public/说明.txt").read_bytes() == OPEN["public/说明.txt"]

    def test_tells_its_size_by_classes_only(self) -> None:
        plain = pyrage.decrypt(BID.file, [pyrage.x25519.Identity.from_str(identity(key_of(BID)))])
        assert len(plain) in CLASSES
        assert len(sealed_bid(quality="better").file) == len(BID.file)

    def test_does_not_seal_a_file_that_changes_meanwhile(self) -> None:
        shrunk = BidFile("a", 5, "text/plain", "public", lambda: [b"four"])
        file = PartFile(bid_head(BID.place), [shrunk], [], [RECIPIENT], None, counted_bytes())
        with pytest.raises(FileChanged):
            list(file.pieces(RECIPIENT))

    def test_does_not_seal_more_than_a_bid_may_have(self) -> None:
        vast = BidFile("a", 2**31 + 1, "text/plain", "public", list)
        with pytest.raises(BidTooLarge):
            PartFile(bid_head(BID.place), [vast], [], [RECIPIENT], None, counted_bytes())

    @pytest.mark.parametrize("path", ["manifest.json", "opening.json", "../up"])
    def test_does_not_seal_what_could_not_be_taken_out(self, path: str) -> None:
        files = bid_files({path: b"x"}, "public")
        file = PartFile(bid_head(BID.place), files, [], [RECIPIENT], None, counted_bytes())
        with pytest.raises(Refused):
            list(file.pieces(RECIPIENT))


class TestOpenPart:
    def test_by_three_trustees_and_the_bidders_secret(self) -> None:
        context = BID.place.context(1, 1)
        released = {index: trustee_key(1, index) for index in (1, 3, 4)}
        joined = join_released(
            1, BID.bid.parts[0], context, BID.envelopes, released, 3, BID.secrets.s_b
        )
        sinks = Sinks()
        found = open_part(io.BytesIO(BID.file), joined.key, BID.documents.ledger, BID.bid, 1, sinks)
        assert found.manifest["price"]["amount"] == "930000.00"
        file = found.files["public/说明.txt"]
        assert sinks.content(file.number) == OPEN["public/说明.txt"]

    def test_leaves_the_confidential_part_to_those_who_evaluate(self) -> None:
        sinks = Sinks()
        found = opened(BID, sinks=sinks)
        inner = sinks.content(found.files["confidential.age"].number)
        for evaluator in EVALUATORS:
            taken = Sinks()
            held = open_confidential(io.BytesIO(inner), evaluator, found.manifest["ctx"], taken)
            got = {path: taken.content(each.number) for path, each in held.files.items()}
            assert {path: got[path] for path in CONFIDENTIAL} == CONFIDENTIAL
        for other in (key_of(BID), trustee_key(1, 1)):
            with pytest.raises(SealedForAnother):
                open_confidential(io.BytesIO(inner), other, found.manifest["ctx"], Sinks())

    def test_confidential_files_of_another_bid_are_refused(self) -> None:
        sinks = Sinks()
        inner = sinks_content(opened(BID, sinks=sinks), sinks)
        with pytest.raises(UnsealedInvalid):
            open_confidential(io.BytesIO(inner), EVALUATORS[0], "0x" + "00" * 32, Sinks())

    @settings(max_examples=40)
    @given(st.integers(0, len(BID.file) - 1), st.integers(0, 7))
    def test_one_bit_changed_is_a_bad_download_and_blames_nobody(
        self, place: int, bit: int
    ) -> None:
        changed = bytearray(BID.file)
        changed[place] ^= 1 << bit
        with pytest.raises(DigestMismatch):
            opened(BID, bytes(changed))

    @settings(max_examples=20)
    @given(st.integers(0, len(BID.file) - 1), st.integers(0, 7))
    def test_a_committed_file_that_does_not_open_is_its_bidders_fault(
        self, place: int, bit: int
    ) -> None:
        changed = bytearray(BID.file)
        changed[place] ^= 1 << bit
        part = replace(BID.bid.parts[0], file=manifest.digest_of(bytes(changed)))
        bid = replace(BID, file=bytes(changed), bid=replace(BID.bid, parts=(part,)))
        with pytest.raises(UnsealedInvalid) as caught:
            opened(bid)
        assert caught.value.reason == "age"

    def test_opens_under_no_other_bidders_key(self) -> None:
        """The copier has the file, its digest, the commitments and in the end every secret."""
        copier = sealed_bid(b"\x12" * 32)
        context = copier.place.context(1, 1)
        key = file_key(BID.secrets.s_b, BID.secrets.s_c, context)
        bid = replace(copier.bid, parts=BID.bid.parts)
        with pytest.raises(UnsealedInvalid):
            open_part(io.BytesIO(BID.file), key, BID.documents.ledger, bid, 1, Sinks())
        with pytest.raises(UnsealedInvalid) as caught:
            open_part(io.BytesIO(BID.file), key_of(BID), BID.documents.ledger, bid, 1, Sinks())
        assert caught.value.reason == "manifest's commitment"

    @pytest.mark.parametrize(
        ("change", "reason"),
        [
            ({"identity": b"\x01" * 32}, "identity"),
            ({"bond": b"\x01" * 32}, "bond"),
        ],
    )
    def test_says_what_differs_from_the_message(self, change: Any, reason: str) -> None:
        with pytest.raises(UnsealedInvalid) as caught:
            opened(replace(BID, bid=replace(BID.bid, **change)))
        assert caught.value.reason == reason

    def test_says_what_is_wrong_inside(self) -> None:
        files = content_of(BID)
        good = files["manifest.json"]
        price = files | {"opening.json": files["opening.json"].replace(b"930000", b"830000")}
        cases = {
            "opening form": (price, good),
            "archive": ({**files, "Manifest.json": b""}, good),
            "no manifest": ({p: c for p, c in files.items() if p != "manifest.json"}, good),
            "file smuggled": (files | {"smuggled": b"x"}, good),
            "file public/说明.txt": (files | {"public/说明.txt": b"other"}, good),
            "file confidential.age": (
                {path: content for path, content in files.items() if path != "confidential.age"},
                good,
            ),
            "manifest": (files | {"manifest.json": good + b"\n"}, good + b"\n"),
            "place": _with_manifest(files, good.replace(b'"lot":0', b'"lot":1')),
        }
        for reason, (content, encoded) in cases.items():
            with pytest.raises(UnsealedInvalid) as caught:
                opened(resealed(BID, archive_of(content), encoded))
            assert caught.value.reason == reason

    def test_what_is_no_archive_is_said_to_be_none(self) -> None:
        with pytest.raises(UnsealedInvalid) as caught:
            opened(resealed(BID, b"a picture, say"))
        assert caught.value.reason == "archive"

    def test_an_older_manifest_is_not_that_of_the_version_which_stands(self) -> None:
        bid = replace(BID.bid, version=2)
        key = key_of(BID)
        with pytest.raises(UnsealedInvalid):
            open_part(io.BytesIO(BID.file), key, BID.documents.ledger, bid, 1, Sinks())


def _with_manifest(files: dict[str, bytes], encoded: bytes) -> tuple[dict[str, bytes], bytes]:
    return files | {"manifest.json": encoded}, encoded


def sinks_content(found: Opened, sinks: Sinks) -> bytes:
    return sinks.content(found.files["confidential.age"].number)


class TestRequireSealed:
    def test_passes_what_is_sealed_to_one(self) -> None:
        require_sealed(io.BytesIO(BID.file))
        recipient = pyrage.x25519.Recipient.from_str(RECIPIENT)
        require_sealed(io.BytesIO(pyrage.encrypt(b"with a stanza that means nothing", [recipient])))

    @pytest.mark.parametrize(
        "octets",
        [
            b"",
            b"PK\x03\x04 an archive in clear",
            b"".join(sealed([b"for two"], [RECIPIENT, recipient_of(b"\x08" * 32)], bytes)),
            pyrage.passphrase.encrypt(b"", "a password"),
        ],
        ids=["empty", "clear", "two recipients", "passphrase"],
    )
    def test_refuses_the_rest(self, octets: bytes) -> None:
        with pytest.raises(NotSealed):
            require_sealed(io.BytesIO(octets))


class TestRequireCommitted:
    def test_passes_the_very_file_only(self) -> None:
        digest = BID.bid.parts[0].file
        require_committed(io.BytesIO(BID.file), digest)
        with pytest.raises(DigestMismatch):
            require_committed(io.BytesIO(BID.file + b"\x00"), digest)
        with pytest.raises(NotSealed):
            require_committed(io.BytesIO(b"no age file"), digest)


class TestSealedMalformed:
    def test_is_what_opening_a_stranger_file_says(self) -> None:
        with pytest.raises(SealedMalformed):
            open_confidential(io.BytesIO(b"none"), EVALUATORS[0], "0x", Sinks())

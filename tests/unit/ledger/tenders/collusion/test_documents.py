import io
import zipfile
from hashlib import sha256

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.tenders.collusion import documents
from ledger.tenders.collusion.traits import Traits
from tests.support.bid_papers import PICTURE, PIXELS, pdf_file, word_file


class TestPdf:
    def test_says_text_makers_and_pictures(self) -> None:
        found = documents.read(
            pdf_file("Sample offer", author="Li", producer="Writer 1", image=True)
        )
        assert "Sample" in found.text
        assert found.makers == {("author", "Li"), ("producer", "Writer 1")}
        assert found.images == {sha256(PIXELS).hexdigest()}
        assert found.unreadable is None

    def test_without_anything_says_nothing(self) -> None:
        found = documents.read(pdf_file(""))
        assert (found.text.strip(), found.images, found.unreadable) == ("", frozenset(), None)

    def test_that_is_encrypted_is_unreadable(self) -> None:
        assert documents.read(pdf_file("secret", password="x")).unreadable == "encrypted"  # noqa: S106  # of a test

    def test_that_is_cut_is_unreadable(self) -> None:
        assert documents.read(pdf_file("Sample offer")[:60]).unreadable is not None


class TestDocx:
    def test_says_text_makers_pictures_and_sessions(self) -> None:
        found = documents.read(
            word_file(["甲方", "乙方"], author="Li", editor="Wang", rsids=["00aa11bb"], image=True)
        )
        assert found.text == "甲方\n乙方"
        assert found.makers == {("author", "Li"), ("editor", "Wang")}
        assert found.images == {sha256(PICTURE).hexdigest()}
        assert "00AA11BB" in found.rsids

    def test_reads_tables(self) -> None:
        made = docx.Document()
        made.add_table(1, 1).cell(0, 0).text = "cell"
        file = io.BytesIO()
        made.save(file)
        assert documents.read(file.getvalue()).text == "cell"

    def test_that_is_cut_is_unreadable(self) -> None:
        whole = word_file(["text"])
        assert documents.read(whole[: len(whole) // 2]).unreadable == "BadZipFile"

    def test_that_unpacks_to_too_much_is_not_unpacked(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(documents, "MAX_UNPACKED", 1_000)
        assert documents.read(word_file(["text"])).unreadable == "too large"

    def test_with_broken_xml_is_unreadable(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("word/document.xml", "<w:document")
        assert documents.read(file.getvalue()).unreadable is not None

    def test_entities_are_not_followed(self) -> None:
        whole = word_file(["text"])
        bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><x>&a;</x>'
        file = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as old, zipfile.ZipFile(file, "w") as new:
            for name in old.namelist():
                new.writestr(name, bomb if name == "word/document.xml" else old.read(name))
        found = documents.read(file.getvalue())
        assert "aaaa" not in found.text


class TestAnything:
    @pytest.mark.parametrize(
        "content", [b"", b"text", b"\x89PNG", b"%PDF", b"PK\x03"], ids=["0", "1", "2", "3", "4"]
    )
    def test_of_another_kind_says_nothing(self, content: bytes) -> None:
        assert documents.read(content) == Traits()

    def test_another_archive_says_nothing(self) -> None:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("drawing.dwg", b"x")
        assert documents.read(file.getvalue()) == Traits()

    def test_too_large_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(documents, "MAX_BYTES", 3)
        assert documents.read(b"four").unreadable == "too large"

    @given(tail=st.binary(max_size=400), start=st.sampled_from([b"%PDF-1.7\n", b"PK\x03\x04", b""]))
    def test_never_raises(self, tail: bytes, start: bytes) -> None:
        documents.read(start + tail)

    @given(data=st.data())
    def test_never_raises_for_a_real_file_with_bytes_changed(self, data: st.DataObject) -> None:
        whole = bytearray(data.draw(st.sampled_from([WORD, PDF])))
        for _ in range(data.draw(st.integers(1, 8))):
            whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
        documents.read(bytes(whole))


WORD = word_file(["text"], author="Li", image=True)
PDF = pdf_file("Sample offer", author="Li", image=True)

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.errors import Refused
from ledger.licences.sd_jwt import SdJwtMalformed, parse, present
from ledger.verification.proof_file import ProofFileMalformed
from tests.support.verification import sample
from wallet.documents import (
    DocumentAmbiguous,
    DocumentFolder,
    DocumentUnknown,
    Held,
    ProofOfAnother,
    read_held,
)

SAMPLE = sample()
PROOF = SAMPLE.evidence.proof
DIGEST = SAMPLE.licence.digest


@pytest.fixture
def folder(tmp_path: Path) -> DocumentFolder:
    return DocumentFolder(tmp_path / "documents")


class TestAdd:
    def test_keeps_document_and_proof(self, folder: DocumentFolder) -> None:
        held = Held(SAMPLE.document, PROOF)
        folder.add(held)
        assert list(folder.all()) == [held]

    def test_never_loses_disclosures(self, folder: DocumentFolder) -> None:
        less = present(parse(SAMPLE.document), ["holder_name"]).compact
        folder.add(Held(less, None))
        folder.add(Held(SAMPLE.document, None))
        folder.add(Held(less, PROOF))
        assert list(folder.all()) == [Held(SAMPLE.document, PROOF)]

    def test_refuses_the_proof_of_another(self, folder: DocumentFolder) -> None:
        other = sample(seed=b"other").evidence.proof
        with pytest.raises(ProofOfAnother):
            folder.add(Held(SAMPLE.document, other))
        assert list(folder.all()) == []

    def test_refuses_what_is_no_document(self, folder: DocumentFolder) -> None:
        with pytest.raises(SdJwtMalformed):
            folder.add(Held("hello~", None))


class TestFind:
    def test_by_the_beginning_of_the_digest(self, folder: DocumentFolder) -> None:
        folder.add(Held(SAMPLE.document, None))
        for name in (DIGEST.hex(), f"0x{DIGEST.hex()[:8]}", DIGEST.hex()[:4].upper()):
            assert folder.find(name).document == SAMPLE.document

    @pytest.mark.parametrize("name", ["", "0x", "zz", "*", "../documents", "00000000"])
    def test_refuses_what_names_nothing(self, folder: DocumentFolder, name: str) -> None:
        folder.add(Held(SAMPLE.document, None))
        with pytest.raises(DocumentUnknown):
            folder.find(name)

    def test_refuses_what_names_two(self, folder: DocumentFolder) -> None:
        first = SAMPLE.licence.digest.hex()[0]
        folder.add(Held(SAMPLE.document, None))
        for number in range(2_000):  # one in sixteen begins alike; a hundred were too few once
            other = sample(seed=str(number).encode())
            folder.add(Held(other.document, None))
            if other.licence.digest.hex()[0] == first:
                break
        with pytest.raises(DocumentAmbiguous):
            folder.find(first)


class TestReadHeld:
    def test_finds_the_proof_beside(self, tmp_path: Path) -> None:
        assert PROOF is not None
        (tmp_path / "a.sd-jwt").write_text(SAMPLE.document + "\n")
        assert read_held(tmp_path / "a.sd-jwt") == Held(SAMPLE.document, None)
        (tmp_path / "a.proof.json").write_bytes(PROOF.to_json())
        assert read_held(tmp_path / "a.sd-jwt") == Held(SAMPLE.document, PROOF)

    def test_reads_one_file_that_holds_both(self, tmp_path: Path) -> None:
        assert PROOF is not None
        whole = replace(PROOF, document=SAMPLE.document)
        (tmp_path / "both.json").write_bytes(whole.to_json())
        assert read_held(tmp_path / "both.json") == Held(SAMPLE.document, whole)

    @pytest.mark.parametrize("frame", ["\ufeff{}", "{}\r\n", " {} \n"])
    def test_leaves_out_what_an_editor_adds(self, tmp_path: Path, frame: str) -> None:
        path = tmp_path / "edited.sd-jwt"
        path.write_text(frame.format(SAMPLE.document), encoding="utf-8")
        assert read_held(path) == Held(SAMPLE.document, None)

    def test_takes_another_json_for_the_document(self, tmp_path: Path) -> None:
        (tmp_path / "a.json").write_text('{"hello": 1}')
        assert read_held(tmp_path / "a.json") == Held('{"hello": 1}', None)

    def test_refuses_a_named_proof_that_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "a.sd-jwt").write_text(SAMPLE.document)
        (tmp_path / "b").write_text("{}")
        with pytest.raises(ProofFileMalformed):
            read_held(tmp_path / "a.sd-jwt", tmp_path / "b")

    def test_takes_any_bytes(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"\xff\x00{")
        try:
            held = read_held(tmp_path / "a")
        except Refused as exc:
            pytest.fail(str(exc))
        assert held.proof is None

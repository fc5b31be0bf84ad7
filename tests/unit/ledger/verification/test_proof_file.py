import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.verification.proof_file import ProofFile, ProofFileMalformed
from tests.support.verification import LEDGER, sample

PROOF = sample().evidence.proof
assert PROOF is not None
SHAPE: dict[str, Any] = json.loads(PROOF.to_json())
PARTS = [
    *(("digest",), ("proof",), ("anchor",)),
    *(("proof", name) for name in SHAPE["proof"]),
    *(("anchor", name) for name in SHAPE["anchor"]),
]


def changed(path: tuple[str, ...], change: Callable[[dict[str, Any], str], object]) -> str:
    """The file with `change` applied to the object that holds the member at `path`."""
    whole: dict[str, Any] = json.loads(json.dumps(SHAPE))
    holder = whole
    for name in path[:-1]:
        holder = holder[name]
    change(holder, path[-1])
    return json.dumps(whole)


class TestToJson:
    def test_has_the_members_of_the_format(self) -> None:
        assert set(SHAPE) == {"digest", "proof", "anchor"}
        assert set(SHAPE["proof"]) == {"type", "treeSize", "leafIndex", "path", "root"}
        assert set(SHAPE["anchor"]) == {"chainId", "ledger", "agency", "transaction", "block"}

    def test_names_the_type_of_proof(self) -> None:
        assert SHAPE["proof"]["type"] == "rfc9162-sha256"


class TestFromJson:
    def test_reads_what_was_written(self) -> None:
        assert PROOF is not None
        assert ProofFile.from_json(PROOF.to_json()) == PROOF
        assert ProofFile.from_json(PROOF.to_json().decode()) == PROOF

    def test_reads_a_document_that_travels_inside(self) -> None:
        text = changed(("document",), lambda holder, name: holder.update({name: "a~b~"}))
        assert ProofFile.from_json(text).document == "a~b~"

    def test_reads_an_address_without_check_case(self) -> None:
        text = json.dumps(SHAPE).replace(LEDGER.address, LEDGER.address.lower())
        assert ProofFile.from_json(text).ledger == LEDGER

    def test_refuses_an_address_of_wrong_check_case(self) -> None:
        text = json.dumps(SHAPE).replace(LEDGER.address, "0x" + LEDGER.address[2:].upper())
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(text)

    @pytest.mark.parametrize("path", PARTS, ids=".".join)
    def test_refuses_a_missing_member(self, path: tuple[str, ...]) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(changed(path, lambda holder, name: holder.pop(name)))

    @pytest.mark.parametrize("path", PARTS, ids=".".join)
    @pytest.mark.parametrize("value", [None, True, -1, 1.5, "", "0x", [1], {}, 2**70], ids=repr)
    def test_refuses_a_member_of_another_kind(self, path: tuple[str, ...], value: Any) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(changed(path, lambda holder, name: holder.update({name: value})))

    @pytest.mark.parametrize("path", [("x",), ("proof", "x"), ("anchor", "x")], ids=".".join)
    def test_refuses_a_superfluous_member(self, path: tuple[str, ...]) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(changed(path, lambda holder, name: holder.update({name: 1})))

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            (("proof", "type"), "rfc6962"),
            (("proof", "treeSize"), 0),
            (("proof", "treeSize"), 2**32),
            (("proof", "leafIndex"), 5),
            (("proof", "path"), ["0x" + "00" * 32] * 33),
            (("proof", "path"), ["0x" + "00" * 31]),
            (("proof", "root"), "0x" + "AB" * 32),
            (("proof", "root"), "00" * 33),
            (("anchor", "chainId"), 0),
            (("anchor", "block"), 2**40),
            (("document",), "a" * (2**18 + 1)),
        ],
        ids=str,
    )
    def test_refuses_a_value_out_of_bounds(self, path: tuple[str, ...], value: Any) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(changed(path, lambda holder, name: holder.update({name: value})))

    @pytest.mark.parametrize(
        "text", ["", "[]", "null", "{", '{"digest":1,"digest":1}', b"\xff", "[" * 10_000]
    )
    def test_refuses_what_is_no_object(self, text: str | bytes) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(text)

    @given(st.text() | st.binary())
    def test_refuses_anything_else_by_one_name(self, text: str | bytes) -> None:
        with pytest.raises(ProofFileMalformed):
            ProofFile.from_json(text)

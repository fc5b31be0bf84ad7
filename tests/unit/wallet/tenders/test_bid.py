"""A bid from its documents to the sealed files, with no network at all."""

import hashlib
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger import age
from ledger.canonical import b64url_decode
from ledger.tenders import documents, messages
from ledger.tenders.joining import join_released
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.unsealing import open_confidential, open_part
from tests.support.bid_desk import DESCRIPTION, FILES, Desk
from tests.support.sealed_bids import (
    EVALUATORS,
    PRICE,
    TENDER,
    Sinks,
    document_content,
    statement,
    trustee_key,
    with_statements,
)
from wallet.home import write_file

NOTARY = b"\x0c" * 32


class TestSeal:
    def test_opens_with_three_trustees_and_the_bidders_secret(self, desk: Desk) -> None:
        shown = desk.seal()
        signed = desk.store.find(TENDER.hex()[:8], 0).newest()
        assert signed.digest.hex() == shown["digest"].removeprefix("0x")
        found = documents.read((desk.documents / "documents.json").read_bytes())
        part, file = signed.message.parts[0], Path(shown["files"][0]["path"]).read_bytes()
        assert (hashlib.sha256(file).digest(), len(file)) == (part.file, part.size)
        context = signed.message.place(found.ledger).context(1, 1)
        sealed = [signed.shares[at : at + 81] for at in range(0, len(signed.shares), 81)]
        released = {index: trustee_key(1, index) for index in (2, 4, 5)}
        joined = join_released(1, part, context, sealed, released, 3, desk.secrets[0].s_b)
        sinks = Sinks()
        held = open_part(io.BytesIO(file), joined.key, found.ledger, signed.message, 1, sinks)
        assert held.manifest["price"] == PRICE
        open_file = held.files["public/营业执照.txt"]
        assert sinks.content(open_file.number) == FILES["part-1/public/营业执照.txt"]
        inner = sinks.content(held.files["confidential.age"].number)
        taken = Sinks()
        kept = open_confidential(io.BytesIO(inner), EVALUATORS[1], held.manifest["ctx"], taken)
        file_number = kept.files["施工方案.pdf"].number
        assert taken.content(file_number) == FILES["part-1/confidential/施工方案.pdf"]

    def test_replaces_with_fresh_secrets_and_the_same_identity(self, desk: Desk) -> None:
        first = desk.seal()
        before = desk.secrets
        second = desk.seal()
        assert (first["version"], second["version"]) == (1, 2)
        assert first["bidder"] == second["bidder"]
        assert desk.secrets != before
        place = desk.store.place(TENDER, 0)
        one, two = place.signed(1), place.signed(2)
        assert one is not None
        assert two is not None
        assert one.message.identity == two.message.identity
        assert one.message.parts[0].c_b != two.message.parts[0].c_b

    def test_keeps_secrets_before_anything_is_signed(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A power cut at the signature costs a version, never a secret."""

        def cut(*_: object) -> bytes:
            raise KeyboardInterrupt

        monkeypatch.setattr(messages, "sign", cut)
        desk.terminal.try_("bid", "seal", desk.documents, desk.folder)
        place = desk.store.place(TENDER, 0)
        assert place.versions() == [1]
        assert place.signed(1) is None
        assert len(desk.secrets) == 1
        monkeypatch.undo()
        assert desk.seal()["version"] == 2

    def test_syncs_secrets_with_every_folder_above_them(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        original = os.fsync

        def recorded(handle: int) -> None:
            synced.append(str(Path(f"/proc/self/fd/{handle}").readlink()))
            original(handle)

        monkeypatch.setattr(os, "fsync", recorded)
        monkeypatch.setattr(messages, "sign", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        desk.terminal.try_("bid", "seal", desk.documents, desk.folder)
        place = desk.store.place(TENDER, 0)
        for folder in (place.folder(1), place.folder(1).parent, place.folder(1).parent.parent):
            assert str(folder.resolve()) in synced

    def test_leaves_nothing_secret_in_clear(self, desk: Desk) -> None:
        desk.seal()
        secret = desk.secrets[0]
        spellings = [
            spelt
            for each in (secret.s_b, secret.s_c)
            for spelt in (each, each.hex().encode(), each.hex().upper().encode())
        ]
        for path in desk.terminal.outside.home.rglob("*"):
            if path.is_file():
                content = path.read_bytes()
                assert not any(spelt in content for spelt in spellings), path
                assert "样例建设".encode() not in content

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            (lambda c: c["trustees"][1].update(group="0x" + "09" * 32), "StatementInvalid"),
            (
                lambda c: c["trustees"][1].update(key="0x" + "09" * 20),
                "StatementInvalid",
            ),
        ],
        ids=["group", "address"],
    )
    def test_refuses_where_a_trustee_is_not_who_it_said(
        self, desk: Desk, change: Callable[[dict[str, Any]], None], error: str
    ) -> None:
        content = document_content()
        change(content)
        desk.publish(*with_statements(content, [statement(1, n) for n in range(1, 6)]))
        assert desk.refused(4)["error"] == error
        assert not list(desk.store.places())

    def test_refuses_where_a_statement_is_missing_or_another(self, desk: Desk) -> None:
        (desk.documents / "trustees/1-3.json").unlink()
        assert desk.refused(4)["error"] == "DocumentsInvalid"
        write_file(desk.documents / "trustees/1-3.json", statement(1, 2).to_bytes())
        assert desk.refused(4)["error"] == "DocumentsInvalid"

    @pytest.mark.parametrize(
        ("change", "error"),
        [
            ({"parts": []}, "PartsMismatch"),
            ({"identity": {"name": "样例"}}, "FormInvalid"),
            ({"surprise": 1}, "DescriptionMalformed"),
            ({"parts": [{"price": PRICE}]}, "DescriptionMalformed"),
            ({"parts": [{**DESCRIPTION["parts"][0], "price": {"amount": "1.5"}}]}, "FormInvalid"),
        ],
        ids=["no part", "identity", "surprise", "part lacks", "price"],
    )
    def test_refuses_a_bid_that_is_not_whole(
        self, desk: Desk, change: dict[str, Any], error: str
    ) -> None:
        desk.describe(DESCRIPTION | change)
        assert desk.refused(4)["error"] == error
        assert desk.store.place(TENDER, 0).signed(1) is None

    def test_refuses_a_lot_that_there_is_not(self, desk: Desk) -> None:
        assert desk.refused(4, "--lot", 1) == {"error": "LotUnknown", "lot": 1}

    def test_refuses_to_follow_a_link(self, desk: Desk) -> None:
        (desk.folder / "part-1/public/link").symlink_to("/etc/hostname")
        assert desk.refused(4)["error"] == "FileUnreadable"

    def test_signs_the_manifest_with_the_licences_key(self, desk: Desk) -> None:
        desk.terminal.run("key", "new", "holder", "firm")
        desk.seal("--sign-with", "firm")
        held = desk.opened()
        assert held.signature is not None
        assert b64url_decode(held.signature.split(".")[1]) == held.encoded


class TestStatus:
    def test_lists_what_is_kept(self, desk: Desk) -> None:
        assert desk.terminal.json("bid", "status") == []
        assert "No bids yet" in desk.terminal.run("bid", "status")
        shown = desk.seal()
        assert desk.terminal.json("bid", "status") == [shown]
        assert shown["bidder"] in desk.terminal.run("bid", "status")

    def test_names_a_version_that_was_never_finished(self, desk: Desk) -> None:
        desk.describe(DESCRIPTION | {"identity": {"name": ""}})
        desk.refused(4)
        assert desk.terminal.json("bid", "status")[0]["version"] is None
        assert "never finished" in desk.terminal.run("bid", "status")


class TestExportBackup:
    def test_discloses_and_opens_nothing_by_itself(self, desk: Desk) -> None:
        desk.seal()
        out = desk.terminal.folder / "backup.age"
        to = age.recipient_of(NOTARY)
        desk.terminal.run("bid", "export-backup", TENDER.hex()[:8], "--to", to, "--out", out)
        value = orjson.loads(age.unseal(out.read_bytes(), NOTARY))
        secret = desk.secrets[0]
        assert value["secrets"] == ["0x" + secret.s_b.hex()]
        assert secret.s_c.hex().encode() not in orjson.dumps(value)
        signed = desk.store.place(TENDER, 0).newest()
        assert value["digest"] == "0x" + signed.digest.hex()
        assert isinstance(signed, SignedBid)

    @pytest.mark.parametrize(
        ("tender", "to", "error"),
        [("ff", age.recipient_of(NOTARY), "no such bid"), (TENDER.hex(), "age1x", "recipient")],
    )
    def test_refuses_by_name(self, desk: Desk, tender: str, to: str, error: str) -> None:
        desk.seal()
        result = desk.terminal.try_(
            "bid", "export-backup", tender, "--to", to, "--out", desk.terminal.folder / "b"
        )
        assert result.exit_code == 4
        assert error in result.output

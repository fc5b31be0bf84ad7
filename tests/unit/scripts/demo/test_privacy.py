"""What the demo holds to be personal of travellers, thieves and wallets."""

import hashlib
from dataclasses import replace
from pathlib import Path

from ledger.canonical import canonical_json
from ledger.health import passes, transfers
from scripts.demo.crowd import people
from scripts.demo.privacy import of_pass, of_travellers, of_wallet
from tests.support.gates import NOW
from tests.support.terminal import Terminal
from tests.support.travellers import Traveller, pass_texts
from tests.unit.ledger.health.test_conversion import TRANSFER
from tests.unit.ledger.health.test_passes import AGENCY, PASS

CODE = passes.to_text(passes.sign(PASS, AGENCY))


def test_a_thief_has_no_transfer_and_everything_else() -> None:
    honest, thief = people(2)
    honest.code = thief.code = CODE
    honest.digest = "0x" + "11" * 32
    kinds = [{kind for kind, _ in of_travellers([each])} for each in (honest, thief)]
    assert kinds[0] - kinds[1] == {"transfer"}
    assert {"code", "pass id", "pass", "pass key x", "holder key id", "name"} <= kinds[1]
    assert all(value for _, value in of_travellers([honest, thief]))


def test_a_wallet_has_its_keys_and_its_passes(tmp_path: Path) -> None:
    traveller = Traveller(Terminal(tmp_path, now=NOW))
    (key,) = traveller.asked("--count", 1)
    traveller.keep(pass_texts([key]))
    found = set(of_wallet(traveller.terminal.outside.home))
    me = traveller.terminal.outside.keyring.entry("me").public_key
    assert me is not None
    assert {("holder key x", me.x), ("pass key x", key.x), ("pass key id", key.key_id)} <= found
    assert {"code", "pass id", "pass"} <= {kind for kind, _ in found}


def test_a_transfer_and_a_receipt_have_names_and_a_moment() -> None:
    (each,) = people(1)
    each.code = CODE
    each.transfer = transfers.sign(TRANSFER, AGENCY)
    each.receipt = canonical_json({"id": "0x" + "07" * 16, "purpose": "entry"})
    found = set(of_travellers([each]))
    assert ("sampled at", TRANSFER.test.sampled_at) in found
    assert {("transfer id", TRANSFER.cti), ("consent id", b"\x07" * 16)} <= found
    assert ("consent", hashlib.sha256(each.receipt).digest()) in found


def test_what_a_pass_tells_the_eye_or_a_reader_of_its_holder() -> None:
    found = set(of_pass(passes.sign(PASS, AGENCY)))
    assert PASS.hint is not None
    assert {("hint", PASS.hint), ("binding", PASS.binding)} <= found
    plain = replace(PASS, hint=None, binding=None)
    assert {"hint", "binding"}.isdisjoint(kind for kind, _ in of_pass(passes.sign(plain, AGENCY)))

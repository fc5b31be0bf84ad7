"""What a bundle tells is what a gate decides by: the same answers, and grey where a part lacks."""

from dataclasses import replace
from typing import Any

from ledger.authority import DocumentKey
from ledger.canonical import canonical_json
from ledger.health import allow_list, status_cwt
from ledger.health.allow_list import segment_of
from ledger.health.gate.evidence import Block, GateEvidence, IssuerKey, Part
from ledger.health.gate_bundle.manifest import read
from ledger.health.gate_bundle.reading import read_bundle
from ledger.health.gate_bundle.writing import Content, Heading, files_of, sign_manifest
from ledger.health.signed import read as read_pass
from ledger.list_tokens import ListChain
from ledger.values import KeyUsage, Status
from tests.support import gates
from tests.support.gate_bundles import LEDGER, SIGNERS, Made
from tests.support.gates import AGENCY, BEGAN, GOOD, HOUR, NOW, told
from tests.support.policies import sample_domestic_policy

BLOCK = Block(1_000, b"\x0c" * 32, NOW - 120)
LISTS = SIGNERS[KeyUsage.STATUS_LISTS]


def key_of(usage: KeyUsage) -> DocumentKey:
    times = (BEGAN, BEGAN, 2**40 - 1, 2**40 - 1)
    return DocumentKey(SIGNERS[usage].public_key, usage, *times)


def content(entry: Status = Status.VALID, **changes: Any) -> Content:
    """What the agency of `tests.support.gates` puts into a bundle for its pass."""
    usages = (KeyUsage.STATUS_LISTS, KeyUsage.BUNDLES)
    others: list[IssuerKey] = [replace(gates.ISSUER_KEY, key=key_of(usage)) for usage in usages]
    token = status_cwt.sign_list(
        gates.status_lists(entry)[AGENCY.id, gates.LIST].entries,
        uri="https://health.example/status/3",
        issued_at=NOW - HOUR,
        chain=ListChain(LEDGER, AGENCY.id, gates.LIST, BLOCK.number, BLOCK.hash),
        signer=LISTS,
    )
    segment = segment_of(AGENCY.id, 1, *gates.LISTED, [read_pass(GOOD).digest])
    whole = Content(
        keys=[gates.ISSUER_KEY, *others],
        agreements=list(gates.agreements().values()),
        policies=[canonical_json(gates.POLICY.document)],
        domestic=[canonical_json(sample_domestic_policy().document)],
        status={(AGENCY.id, gates.LIST): token},
        allow={(AGENCY.id, 1): allow_list.sign(segment, LISTS)},
        foreign=gates.FOREIGN.trust,
    )
    return replace(whole, **changes)


def carried(given: Content, as_of: int = NOW - 60) -> GateEvidence:
    """The evidence of a gate that got this in a bundle."""
    now = Part(5, as_of)
    heading = Heading("XB", AGENCY.code, 5, NOW - 60, LEDGER, BLOCK, trust=now, rules=now)
    files = files_of(given)
    made = Made(sign_manifest(heading, files, SIGNERS[KeyUsage.BUNDLES]), files)
    manifest = read(made.encoded, [key_of(KeyUsage.BUNDLES)], NOW)
    return read_bundle(manifest, made.contents).evidence


def answer(given: Content) -> tuple[str, list[str]]:
    return told(gates.judged(gates.live(GOOD), carried(given)))


class TestDeciding:
    def test_good_pass_is_accepted(self) -> None:
        assert answer(content()) == ("ACCEPT", [])

    def test_revoked_pass_is_denied(self) -> None:
        assert answer(content(Status.REVOKED)) == ("DENY", ["STATUS"])

    def test_pass_that_a_thief_signed_is_denied(self) -> None:
        empty = segment_of(AGENCY.id, 1, *gates.LISTED, [])
        given = content(allow={(AGENCY.id, 1): allow_list.sign(empty, LISTS)})
        assert answer(given) == ("DENY", ["ANCHOR"])

    def test_missing_lists_make_it_unknown_and_never_red(self) -> None:
        assert answer(content(status={})) == ("UNKNOWN", ["STALE_LIST"])
        outcome, reasons = answer(content(allow={}))
        assert (outcome, "ANCHOR" in reasons) == ("UNKNOWN", True)
        assert answer(content(policies=[]))[0] == "UNKNOWN"

    def test_unknown_issuer_is_unknown(self) -> None:
        assert answer(content(keys=content().keys[1:])) == ("UNKNOWN", ["KEY_UNKNOWN"])

    def test_agreement_that_is_not_there_is_none(self) -> None:
        assert answer(content(agreements=[])) == ("DENY", ["AGREEMENT"])

    def test_agreement_that_may_be_newer_than_the_bundle_is_unknown(self) -> None:
        known = carried(content(agreements=[]), gates.content().issued_at - 1)
        assert told(gates.judged(gates.live(GOOD), known)) == ("UNKNOWN", ["AGREEMENT"])

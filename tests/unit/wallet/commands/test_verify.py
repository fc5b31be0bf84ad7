"""`suizheng verify` without a network: from a bundle, or from nothing at all."""

from dataclasses import replace
from pathlib import Path

import pytest

from ledger.keys import PrivateKey
from ledger.projection import Header
from ledger.values import AgencyStatus, Digest, Status, Window
from ledger.verification.bundle import build_bundle
from ledger.verification.bundle_content import AgencyRecord, BundleContent
from ledger.verification.evidence import Reading
from tests.support import decisions
from tests.support.decisions import sample_decision
from tests.support.licences import AGENCY, AGENCY_KEY, CATALOGUE, STRANGER_KEY
from tests.support.terminal import DEPLOYMENT as STANDING
from tests.support.terminal import Terminal
from tests.support.verification import ANCHORED_AT, AT, HEAD_BLOCK, KEY, LEDGER, Sample, sample
from wallet.trust import Trust, TrustedLedger

SAMPLE = sample()
DEPLOYMENT = replace(STANDING, chain_id=LEDGER.chain_id, record_ledger=LEDGER.address)


def content(of: Sample = SAMPLE, sequence: int = 3, word: int = 0) -> BundleContent:
    reading, proof = of.evidence.reading, of.evidence.proof
    assert isinstance(reading, Reading)
    assert reading.batch is not None
    assert proof is not None
    record = AgencyRecord(
        agency=AGENCY,
        statuses=((1, AgencyStatus.ACTIVE),),
        keys=(KEY,),
        accreditations={CATALOGUE.get("cn.food-business").record_type: (Window(1, 2**39),)},
        batches={proof.root: reading.batch},
        lists={0: {of.licence.index // 128: word} if word else {}},
    )
    head = Header(HEAD_BLOCK, b"\x09" * 32, AT - 5)
    return BundleContent(sequence, AT - 60, AT + 3600, LEDGER, head, True, (record,))  # noqa: FBT003  # complete


class Desk:
    """A terminal with one licence on disk, its ledger trusted, and a bundle at hand."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal
        self.trust = Trust((TrustedLedger(DEPLOYMENT),)).with_publisher(AGENCY_KEY.public_key)
        terminal.outside.trust.save(self.trust)
        self.licence = terminal.folder / "licence.sd-jwt"
        self.put(SAMPLE)

    def put(self, of: Sample, document: str | None = None) -> None:
        self.licence.write_text(of.document if document is None else document)
        assert of.evidence.proof is not None
        (self.terminal.folder / "licence.proof.json").write_bytes(of.evidence.proof.to_json())

    def bundle(self, holding: BundleContent, signer: PrivateKey = AGENCY_KEY) -> Path:
        path = self.terminal.folder / "bundle"
        path.write_text(build_bundle(holding, signer))
        return path


@pytest.fixture
def desk(terminal: Terminal) -> Desk:
    return Desk(terminal)


class TestDecision:
    def test_is_recognised_and_checked(self, desk: Desk) -> None:
        made = sample_decision()
        events = made.evidence.history
        word = events[-1].status << 2 * (made.licence.index % 128)
        holding = content(made, word=word)
        record = replace(holding.agencies[0], events=events, accreditations={})
        bundle = desk.bundle(replace(holding, agencies=(record,)))
        decision = desk.terminal.folder / "decision.jwt"
        decision.write_text(made.document)
        proof = made.evidence.proof.to_json()
        (desk.terminal.folder / "decision.proof.json").write_bytes(proof)
        desk.licence.write_text(decisions.LICENCE.document)
        words = ("verify", decision, "--offline", bundle)
        report = desk.terminal.json(*words, "--licence", desk.licence)
        assert [check["code"] for check in report["checks"]][3:] == [
            "issuer.active",
            "target.ok",
            "change.ok",
        ]
        alone = desk.terminal.json(*words)
        assert alone["checks"][5]["code"] == "change.not-asked"
        decision.write_text(made.document[:-4] + "AAAA")
        assert desk.terminal.json(*words, code=1)["verdict"] == "invalid"
        (desk.terminal.folder / "decision.proof.json").unlink()
        decision.write_text(made.document)
        assert desk.terminal.json(*words, code=2)["verdict"] == "unconfirmed"

    def test_asks_for_what_fits(self, desk: Desk) -> None:
        decision = desk.terminal.folder / "decision.jwt"
        decision.write_text(sample_decision().document)
        asked = ("--audience", "https://shop.example", "--nonce", "n-1")
        assert "no holder" in desk.terminal.run("verify", decision, *asked, code=64)
        said = desk.terminal.run("verify", desk.licence, "--licence", desk.licence, code=64)
        assert "goes with a decision" in said


class TestOffline:
    def test_valid_exits_0(self, desk: Desk) -> None:
        report = desk.terminal.json("verify", desk.licence, "--offline", desk.bundle(content()))
        assert report["verdict"] == "valid"
        assert [check["number"] for check in report["checks"]] == list(range(1, 8))
        assert set(report["checks"][0]["sentence"]) == {"zh-Hans", "zh-Hant", "en", "pt"}

    def test_revoked_exits_1(self, desk: Desk) -> None:
        word = Status.REVOKED << 2 * (SAMPLE.licence.index % 128)
        bundle = desk.bundle(content(word=word))
        report = desk.terminal.json("verify", desk.licence, "--offline", bundle, code=1)
        assert report["verdict"] == "invalid"
        assert report["checks"][4]["code"] == "status.revoked"

    def test_tampered_exits_1_even_without_evidence(self, desk: Desk) -> None:
        jwt, rest = SAMPLE.document.split("~", 1)
        desk.put(SAMPLE, jwt[:-6] + ("A" if jwt[-6] != "A" else "B") + jwt[-5:] + "~" + rest)
        bundle = desk.bundle(content())
        report = desk.terminal.json("verify", desk.licence, "--offline", bundle, code=1)
        assert report["checks"][1]["code"] == "integrity.signature-invalid"

    def test_foreign_bundle_exits_2(self, desk: Desk) -> None:
        bundle = desk.bundle(content(), STRANGER_KEY)
        report = desk.terminal.json("verify", desk.licence, "--offline", bundle, code=2)
        assert report["verdict"] == "unconfirmed"
        assert "not signed by a key that is trusted here" in report["evidence"]["reason"]

    def test_older_bundle_than_seen_exits_2(self, desk: Desk) -> None:
        desk.terminal.run("verify", desk.licence, "--offline", desk.bundle(content(sequence=5)))
        desk.terminal.run("verify", desk.licence, "--offline", desk.bundle(content(sequence=5)))
        older = desk.bundle(content(sequence=4))
        report = desk.terminal.json("verify", desk.licence, "--offline", older, code=2)
        assert "newer offline bundle was seen" in report["evidence"]["reason"]

    def test_stale_bundle_exits_2(self, desk: Desk) -> None:
        bundle = desk.bundle(content())
        desk.terminal.now = AT + 3600
        desk.terminal.run("verify", desk.licence, "--offline", bundle, code=2)

    def test_earlier_than_the_anchor_exits_1(self, desk: Desk) -> None:
        bundle = desk.bundle(content())
        words = ("verify", desk.licence, "--offline", bundle, "--at", ANCHORED_AT - 1)
        report = desk.terminal.json(*words, code=1)
        assert report["checks"][2]["code"] == "anchor.later-than-time"

    def test_without_proof_exits_2(self, desk: Desk) -> None:
        (desk.terminal.folder / "licence.proof.json").unlink()
        bundle = desk.bundle(content())
        report = desk.terminal.json("verify", desk.licence, "--offline", bundle, code=2)
        assert report["checks"][2]["code"] == "anchor.proof-missing"

    def test_one_file_that_holds_both(self, desk: Desk) -> None:
        proof = SAMPLE.evidence.proof
        assert proof is not None
        whole = desk.terminal.folder / "whole.json"
        whole.write_bytes(replace(proof, document=SAMPLE.document).to_json())
        desk.terminal.run("verify", whole, "--offline", desk.bundle(content()))

    def test_proof_of_another_exits_1(self, desk: Desk) -> None:
        proof = SAMPLE.evidence.proof
        assert proof is not None
        other = desk.terminal.folder / "other.json"
        other.write_bytes(replace(proof, digest=Digest(bytes(32))).to_json())
        words = ("verify", desk.licence, "--proof", other, "--offline", desk.bundle(content()))
        assert desk.terminal.json(*words, code=1)["checks"][2]["code"] == "anchor.proof-mismatch"

    def test_missing_bundle_is_named_and_exits_2(self, desk: Desk) -> None:
        said = desk.terminal.run("verify", desk.licence, "--offline", "nowhere", code=2)
        assert "There is no such file. Check the path. (path=nowhere)" in said

    def test_missing_document_exits_2(self, desk: Desk) -> None:
        said = desk.terminal.run("verify", "nowhere.sd-jwt", code=2)
        assert "There is no such file. Check the path. (path=nowhere.sd-jwt)" in said

    def test_unreadable_proof_beside_a_good_document_exits_2(self, desk: Desk) -> None:
        (desk.terminal.folder / "licence.proof.json").write_text("{}")
        bundle = desk.bundle(content())
        said = desk.terminal.run("verify", desk.licence, "--offline", bundle, code=2)
        assert "Get the proof anew" in said

    def test_unreadable_deployment_exits_2(self, desk: Desk) -> None:
        wrong = desk.terminal.folder / "deployment.json"
        wrong.write_text("{}")
        desk.terminal.run("verify", desk.licence, "--deployment", wrong, code=2)


class TestWithoutEvidence:
    def test_no_trusted_ledger_exits_2(self, desk: Desk) -> None:
        desk.terminal.outside.trust.save(Trust())
        report = desk.terminal.json("verify", desk.licence, code=2)
        assert "No ledger is trusted here" in report["evidence"]["reason"]

    def test_no_node_exits_2(self, desk: Desk) -> None:
        report = desk.terminal.json("verify", desk.licence, code=2)
        assert "--node" in report["evidence"]["reason"]

    def test_garbage_exits_1(self, desk: Desk) -> None:
        desk.licence.write_bytes(b"\xff\xfe garbage")
        report = desk.terminal.json("verify", desk.licence, code=1)
        assert report["checks"][0]["code"] == "format.unreadable"


class TestWords:
    @pytest.mark.parametrize(
        ("language", "verdict"),
        [("zh-Hans", "有效"), ("zh-Hant", "有效"), ("en", "VALID"), ("pt", "VÁLIDO")],
    )
    def test_every_language_names_verdict_checks_and_head(
        self, desk: Desk, language: str, verdict: str
    ) -> None:
        bundle = desk.bundle(content())
        words = ("verify", desk.licence, "--offline", bundle, "--language", language)
        lines = desk.terminal.run(*words).splitlines()
        assert lines[0] == verdict
        assert [line[2] for line in lines[1:8]] == list("1234567")
        assert str(HEAD_BLOCK) in lines[-1]

    def test_the_terminals_language_is_the_default(self, desk: Desk) -> None:
        desk.terminal.language = "zh-Hans"
        said = desk.terminal.run("verify", desk.licence, "--offline", desk.bundle(content()))
        assert "内容与签发时一致。" in said


class TestUse:
    @pytest.mark.parametrize(
        "words",
        [
            ("--audience", "a"),
            ("--nonce", "n"),
            ("--at", "yesterday"),
            ("--at", "0001-01-01"),
            ("--at", "9" * 5000),
            ("--at", "2026-11-21T00:00:00"),
            ("--language", "fr"),
        ],
    )
    def test_wrong_use_exits_64(self, desk: Desk, words: tuple[str, ...]) -> None:
        desk.terminal.run("verify", desk.licence, *words, code=64)

    def test_holder_is_asked_for(self, desk: Desk) -> None:
        bundle = desk.bundle(content())
        words = ("verify", desk.licence, "--offline", bundle, "--audience", "a", "--nonce", "n")
        report = desk.terminal.json(*words, code=1)
        assert report["checks"][6]["code"] == "holder.proof-missing"

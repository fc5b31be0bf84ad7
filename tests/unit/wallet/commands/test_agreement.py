"""`suizheng agreement check-policy`: needs neither chain nor key."""

import hashlib
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.agreements.agreement import agreement_id, scope_of
from ledger.agreements.policy import PolicyInvalid
from ledger.canonical import b64url_encode, canonical_json
from ledger.health.rule_admission import NO_VALUE_SETS
from ledger.health.rule_bundles import files_in
from ledger.licences.catalogue import TypeUnknown
from ledger.values import (
    Scope,
    agency_id,
    health_record_type,
    jurisdiction_id,
    licence_record_type,
)
from tests.support.gates import NOW
from tests.support.policies import licence_policy_document, policy_document
from tests.support.terminal import Terminal
from tests.unit.ledger.health.test_rule_admission import rule
from wallet.commands import serving
from wallet.commands.agreement_options import AGREEMENT, SCOPE
from wallet.service import Service

CANONICAL = canonical_json(policy_document())
BUILDERS = canonical_json(licence_policy_document())
TITLES = {each.__name__: each.title() for each in (PolicyInvalid, TypeUnknown)}
FILES = {"rules/GR-XB-0001.json": rule(), "texts/en.json": b'{"DENY":"Sample."}'}


def digest_of(content: bytes) -> str:
    return "0x" + hashlib.sha256(content).hexdigest()


class TestCheckPolicy:
    def test_shows_digest_and_parties(self, tmp_path: Path) -> None:
        path = tmp_path / "policy.json"
        path.write_bytes(CANONICAL)
        shown = Terminal(tmp_path, 0).json("agreement", "check-policy", path)
        assert shown["digest"] == "0x" + hashlib.sha256(CANONICAL).hexdigest()
        assert (shown["from"], shown["to"], shown["version"]) == ("XA", "XB", 1)

    def test_says_what_becomes_of_the_grades(self, tmp_path: Path) -> None:
        path = tmp_path / "policy.json"
        path.write_bytes(CANONICAL)
        said = Terminal(tmp_path, 0).run("agreement", "check-policy", path)
        assert "grade 2 of XA becomes refuse" in said

    def test_writes_the_one_spelling_of_what_was_written_by_hand(self, tmp_path: Path) -> None:
        path, out = tmp_path / "draft.json", tmp_path / "policy.json"
        path.write_text(json.dumps(policy_document(), indent=2, ensure_ascii=False))
        terminal = Terminal(tmp_path, 0)
        assert "not canonical" in terminal.run("agreement", "check-policy", path, code=1)
        terminal.run("agreement", "check-policy", path, "--write", out)
        assert out.read_bytes() == CANONICAL

    def test_a_policy_that_breaks_a_rule_is_named_and_not_written(self, tmp_path: Path) -> None:
        path, out = tmp_path / "draft.json", tmp_path / "policy.json"
        path.write_text(json.dumps(policy_document(to="XA")))
        terminal = Terminal(tmp_path, 0)
        said = terminal.run("agreement", "check-policy", path, "--write", out, code=1)
        assert "the same jurisdiction as the source" in said
        assert not out.exists()

    def test_no_file_and_no_json(self, tmp_path: Path) -> None:
        terminal = Terminal(tmp_path, 0)
        path = tmp_path / "policy.json"
        assert "There is no such file." in terminal.run("agreement", "check-policy", path, code=1)
        path.write_text("no JSON")
        assert "no JSON object" in terminal.run("agreement", "check-policy", path, code=1)

    def test_of_licences_is_checked_alike(self, tmp_path: Path) -> None:
        path, out = tmp_path / "draft.json", tmp_path / "policy.json"
        path.write_text(json.dumps(licence_policy_document(), indent=2))
        terminal = Terminal(tmp_path, 0)
        shown = terminal.json("agreement", "check-policy", path, "--write", out)
        assert shown["recordType"] == "licence:cn.construction-qualification"
        assert "gradeMap" not in shown
        assert shown["digest"] == digest_of(out.read_bytes())
        said = terminal.run("agreement", "check-policy", out)
        assert "XB recognises licence:cn.construction-qualification of XA, version 1" in said

    @pytest.mark.parametrize(
        ("document", "error"),
        [
            (licence_policy_document(recordType="licence:cn.no-such"), "TypeUnknown"),
            (licence_policy_document(recordType="licence:CN"), "PolicyInvalid"),
            (licence_policy_document(recordType="health:pass"), "PolicyInvalid"),
            (policy_document(recordType="licence:cn.food-business"), "PolicyInvalid"),
        ],
    )
    def test_another_type_is_refused_by_name(
        self, tmp_path: Path, document: dict[str, Any], error: str
    ) -> None:
        path, out = tmp_path / "draft.json", tmp_path / "policy.json"
        path.write_bytes(canonical_json(document))
        words = ("agreement", "check-policy", path)
        terminal = Terminal(tmp_path, 0)
        for each in (words, (*words, "--write", out)):
            said = terminal.run(*each, code=1)
            assert TITLES[error] in said
        assert not out.exists()


class TestBundle:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        """Write a folder with one rule and one text, and the policy that names the rule."""
        folder = tmp_path / "files"
        for path, content in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        named = {"id": "GR-XB-0001", "version": "1.0.0", "sha256": digest_of(rule())}
        document = policy_document(rules=[named], valueSets=NO_VALUE_SETS)
        (tmp_path / "policy.json").write_bytes(canonical_json(document))
        return folder

    def test_is_the_manifest_over_a_folder(self, tmp_path: Path, folder: Path) -> None:
        out = tmp_path / "manifest.json"
        words = (tmp_path / "policy.json", folder, "--out", out)
        told = Terminal(tmp_path, NOW).json("agreement", "bundle", *words)
        assert files_in(out.read_bytes()).keys() == FILES.keys()
        assert told["digest"] == digest_of(out.read_bytes())

    def test_is_not_written_where_a_rule_may_not_enter_force(
        self, tmp_path: Path, folder: Path
    ) -> None:
        """Four days on the rule would begin already; it may where the version before had it."""
        late, out = Terminal(tmp_path, NOW + 4 * 86_400), tmp_path / "manifest.json"
        words = ("agreement", "bundle", tmp_path / "policy.json", folder, "--out", out)
        said = late.run(*words, code=1)
        assert "rules/GR-XB-0001.json" in said
        assert "too near" in said
        assert "suizheng agreement bundle" in said
        assert not out.exists()
        late.run(*words, "--after", folder)
        assert out.exists()

    def test_agreements_about_licences_have_none(self, tmp_path: Path, folder: Path) -> None:
        out, policy = tmp_path / "manifest.json", tmp_path / "builders.json"
        policy.write_bytes(BUILDERS)
        terminal = Terminal(tmp_path, NOW)
        said = terminal.run("agreement", "bundle", policy, folder, "--out", out, code=1)
        assert "documents of another kind" in said
        assert "an agreement about health documents" in said
        assert not out.exists()
        span = ("--from", NOW + 3 * 86_400, "--until", NOW + 30 * 86_400)
        words = ("propose", policy, *span, "--as", "XA", "--bundle", "0x" + "11" * 32)
        assert "leave --bundle out" in terminal.run("agreement", *words, code=64)

    def test_agreements_about_health_documents_need_one(self, tmp_path: Path) -> None:
        policy = tmp_path / "policy.json"
        policy.write_bytes(CANONICAL)
        said = Terminal(tmp_path, NOW).run("agreement", "sign", policy, code=64)
        assert "needs its --bundle" in said


class TestPublish:
    def test_sends_each_document_under_its_digest(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        sent: dict[str, bytes] = {}

        def answer(request: httpx2.Request) -> httpx2.Response:
            assert (request.method, len(request.headers["Idempotency-Key"]) > 15) == ("PUT", True)
            sent[request.url.path] = request.content
            return httpx2.Response(201, json={"kind": "policy"})

        def opened(*_: object) -> Service:
            return Service("https://health.example", None, httpx2.MockTransport(answer))

        monkeypatch.setattr(serving, "open_service", opened)
        terminal = Terminal(tmp_path, 0)
        terminal.run("key", "new", "account", "supervisor")
        paths = [tmp_path / "policy.json", tmp_path / "manifest.json"]
        for path, content in zip(paths, (CANONICAL, b"{}"), strict=True):
            path.write_bytes(content)
        said = terminal.run("agreement", "publish", *paths, "--account", "supervisor")
        digests = {hashlib.sha256(each).hexdigest(): each for each in (CANONICAL, b"{}")}
        assert sent == {f"/v1/policies/0x{digest}": each for digest, each in digests.items()}
        assert "(policy)" in said


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            *("XA/XB", "XA/XB/wine", "XA//pass", "XA/XB/pass/more"),
            *("XA/XB/licence:", "XA/XB/licence:cn", "XA/XB/cn.food-business"),
        ],
    )
    def test_a_malformed_agreement_is_wrong_use(self, tmp_path: Path, name: str) -> None:
        said = Terminal(tmp_path, 0).run("agreement", "show", name, code=64)
        assert "is not FROM/TO/TYPE" in said

    @pytest.mark.parametrize("scope", ["grade", "key:short", "agency:XA", "shop:1", "port:"])
    def test_a_malformed_scope_is_wrong_use(self, tmp_path: Path, scope: str) -> None:
        words = ("XA/XB/pass", 1, "--cause", 1, "--until", "2026-11-22", "--scope", scope)
        assert "is none of all" in Terminal(tmp_path, 0).run(
            "agreement", "suspend", *words, code=64
        )

    @pytest.mark.parametrize(
        ("name", "scope"),
        [
            ("all", (Scope.ALL, bytes(32))),
            ("grade:2", (Scope.GRADE, scope_of("2"))),
            ("port:示例口岸", (Scope.PORT, scope_of("示例口岸"))),
            ("key:" + b64url_encode(b"k" * 32), (Scope.KEY, b"k" * 32)),
            ("key:0x" + "0a" * 32, (Scope.KEY, b"\x0a" * 32)),
            ("agency:XA/SAMPLE", (Scope.AGENCY, agency_id("XA", "SAMPLE"))),
        ],
    )
    def test_scopes(self, name: str, scope: tuple[Scope, bytes]) -> None:
        assert SCOPE.convert(name, None, None) == scope

    def test_an_agreement_has_the_contracts_id(self) -> None:
        named = AGREEMENT.convert("XA/XB/pass", None, None)
        parties = (jurisdiction_id("XA"), jurisdiction_id("XB"))
        assert named.id == agreement_id(*parties, health_record_type("pass"))

    def test_one_about_licences_names_their_type_known_or_not(self) -> None:
        parties = (jurisdiction_id("XA"), jurisdiction_id("XB"))
        for type_id in ("cn.food-business", "xa.sample"):
            named = AGREEMENT.convert(f"XA/XB/licence:{type_id}", None, None)
            assert named.id == agreement_id(*parties, licence_record_type(type_id))

    @pytest.mark.parametrize("scope", ["grade:2", "port:示例口岸"])
    def test_licences_have_neither_grades_nor_ports(self, tmp_path: Path, scope: str) -> None:
        name = "XA/XB/licence:cn.food-business"
        words = (name, 1, "--cause", 1, "--until", "2026-11-22", "--scope", scope)
        said = Terminal(tmp_path, 0).run("agreement", "suspend", *words, code=64)
        assert "neither grades nor ports" in said

    def test_a_bundle_that_is_nowhere_is_wrong_use(self, tmp_path: Path) -> None:
        path = tmp_path / "policy.json"
        path.write_bytes(CANONICAL)
        words = (path, "--bundle", "0x12")
        said = Terminal(tmp_path, 0).run("agreement", "sign", *words, code=64)
        assert "neither a SHA-256 in 0x-hex nor a file" in said

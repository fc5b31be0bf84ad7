"""`suizheng agreement` on a real chain, by the supervisors of two jurisdictions."""

import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.agreements.licence_policy import NO_BUNDLE
from ledger.canonical import canonical_json
from ledger.chain.blocks import by_number, read_head
from ledger.chain.rpc import Node
from tests.integration.wallet.conftest import Town
from tests.support.policies import licence_policy_document, policy_document

NAME = "XA/XB/pass"
BUILDERS = "XA/XB/licence:cn.construction-qualification"
BUNDLE = "0x" + "0b" * 32
DAY = 86_400


@dataclass(frozen=True)
class Table:
    """Where two supervisors sit: `supervisor` speaks for XA, `admin` for XB."""

    town: Town

    @property
    def now(self) -> int:
        with closing(Node([self.town.anvil.url])) as node:
            return read_head(node.call(*_latest())).time

    def wait(self, seconds: int) -> None:
        with closing(Node([self.town.anvil.url])) as node:
            node.call("evm_increaseTime", seconds)
            node.call("evm_mine")
        self.town.terminal.now = self.now

    def policy(self, version: int = 1) -> Path:
        path = self.town.terminal.folder / f"policy-{version}.json"
        path.write_bytes(canonical_json(policy_document(version=version)))
        return path

    def licence_policy(self, version: int = 1, **changes: Any) -> Path:
        path = self.town.terminal.folder / f"builders-{version}.json"
        path.write_bytes(canonical_json(licence_policy_document(version=version, **changes)))
        return path

    def span(self) -> tuple[object, ...]:
        """The options of a version in force from 3 to 30 days on."""
        return ("--from", self.now + 3 * DAY, "--until", self.now + 30 * DAY)

    def terms(self) -> tuple[object, ...]:
        """Those of one about health documents."""
        return ("--bundle", BUNDLE, *self.span())

    def run(self, *words: object, code: int = 0) -> str:
        return self.town.terminal.run("agreement", *words, code=code)

    def show(self, *words: object, name: str = NAME) -> Any:
        return self.town.terminal.json("agreement", "show", name, *words)


def _latest() -> tuple[Any, ...]:
    method, params = by_number("latest")
    return (method, *params)


@pytest.fixture
def table(town: Town) -> Table:
    for code, supervisor in (("XA", "supervisor"), ("XB", "admin")):
        words = ("admit-jurisdiction", code, "--supervisor", supervisor)
        town.terminal.run("agency", *words)
    return Table(town)


class TestAgreement:
    def test_life_of_an_agreement(self, table: Table) -> None:
        policy = table.policy()
        said = table.run("propose", policy, *table.terms(), "--as", "XA")
        assert "XB recognises health:pass of XA, version 1" in said
        assert [v["state"] for v in table.show("--at", table.now)["versions"]] == ["proposed"]
        table.run("sign", policy, "--bundle", BUNDLE, "--account", "admin")
        table.wait(3 * DAY)
        shown = table.show()
        assert (shown["from"], shown["to"], shown["recordType"]) == ("XA", "XB", "health:pass")
        assert (shown["inForce"], shown["versions"][0]["state"]) == (1, "in-force")

        until = ("--until", table.now + 2 * DAY, "--account", "admin")
        table.run("suspend", NAME, 1, "--cause", 7, *until, "--scope", "grade:2")
        table.run("suspend", NAME, 1, "--cause", 8, *until)
        table.wait(60)
        (version,) = table.show()["versions"]
        assert version["state"] == "suspended"
        assert [act["scopeKind"] for act in version["suspensions"]] == ["grade", "all"]
        table.run("lift", NAME, 1, 1, "--account", "admin")
        table.wait(60)
        assert table.show()["versions"][0]["state"] == "in-force"

        table.run("terminate", NAME, 1, "--at", table.now + 8 * DAY, "--as", "XA")
        table.wait(60)
        assert table.show()["versions"][0]["state"] == "terminating"
        assert table.show("--at", table.now + 9 * DAY)["inForce"] is None
        listed = table.run("list")
        assert NAME in listed
        assert "1 terminating" in listed
        assert "grade" in table.run("show", NAME)

    def test_both_agree_in_one_step(self, table: Table) -> None:
        policy, signed = table.policy(), table.town.terminal.folder / "terms.json"
        table.run("sign-terms", policy, *table.terms(), "--out", signed, "--account", "admin")
        table.run("agree", policy, signed, "--as", "XA")
        assert table.show("--at", table.now)["versions"][0]["state"] == "scheduled"
        table.run("cancel", NAME, 1, "--as", "XB", "--account", "admin")
        table.wait(60)
        assert table.show()["versions"][0]["state"] == "cancelled"

    def test_terms_of_another_policy_are_not_sent(self, table: Table) -> None:
        signed = table.town.terminal.folder / "terms.json"
        words = (*table.terms(), "--out", signed, "--account", "admin")
        table.run("sign-terms", table.policy(1), *words)
        said = table.run("agree", table.policy(2), signed, "--as", "XA", code=1)
        assert "The other party signed other terms" in said
        signed.write_text("{}")
        said = table.run("agree", table.policy(1), signed, "--as", "XA", code=1)
        assert "holds no signed terms" in said

    def test_terms_that_were_changed_after_they_were_signed_are_not_sent(
        self, table: Table
    ) -> None:
        policy, signed = table.policy(), table.town.terminal.folder / "terms.json"
        table.run("sign-terms", policy, *table.terms(), "--out", signed, "--account", "admin")
        content = json.loads(signed.read_text())
        content["terms"]["validTo"] += DAY
        signed.write_text(json.dumps(content))
        said = table.run("agree", policy, signed, "--as", "XA", code=1)
        assert "sign-terms" in said
        assert table.town.terminal.json("agreement", "list") == []

    def test_a_signature_by_a_stranger_is_refused_by_the_chain(self, table: Table) -> None:
        policy, signed = table.policy(), table.town.terminal.folder / "terms.json"
        table.run("sign-terms", policy, *table.terms(), "--out", signed, "--account", "office")
        said = table.run("agree", policy, signed, "--as", "XA", code=1)
        assert "The other party's signature is not its supervisor's" in said
        assert "sign-terms" in said

    def test_a_proposal_is_taken_back(self, table: Table) -> None:
        table.run("propose", table.policy(), *table.terms(), "--as", "XA")
        table.run("withdraw", NAME, 1)
        said = table.run("withdraw", NAME, 1, code=1)
        assert "it is withdrawn" in said

    def test_who_does_not_speak_for_the_party_is_told(self, table: Table) -> None:
        said = table.run("propose", table.policy(), *table.terms(), "--as", "XB", code=1)
        assert "The caller does not speak for the jurisdiction" in said
        said = table.run("propose", table.policy(), *table.terms(), "--as", "XC", code=64)
        assert "neither XA nor XB" in said

    def test_another_bundle_than_proposed_is_not_signed(self, table: Table) -> None:
        policy, manifest = table.policy(), table.town.terminal.folder / "manifest.json"
        table.run("propose", policy, *table.terms(), "--as", "XA")
        manifest.write_bytes(canonical_json({"rules/1.json": "0x" + "11" * 32}))
        said = table.run("sign", policy, "--bundle", manifest, "--account", "admin", code=1)
        assert "The two parties do not speak of the same documents." in said
        manifest.write_text('{ "rules/1.json": "spaces" }')
        said = table.run("sign", policy, "--bundle", manifest, "--account", "admin", code=1)
        assert "The manifest is no RFC 8785 object." in said

    def test_nothing_of_that_name(self, table: Table) -> None:
        assert "Nothing was ever proposed" in table.run("show", NAME, code=1)
        assert table.town.terminal.json("agreement", "list") == []


class TestOfLicences:
    def test_life_of_an_agreement(self, table: Table) -> None:
        policy = table.licence_policy()
        said = table.run("propose", policy, *table.span(), "--as", "XA")
        assert "XB recognises licence:cn.construction-qualification of XA, version 1" in said
        table.run("sign", policy, "--account", "admin")
        table.wait(3 * DAY)
        shown = table.show(name=BUILDERS)
        assert shown["recordType"] == "licence:cn.construction-qualification"
        assert shown["versions"][0]["bundleHash"] == "0x" + NO_BUNDLE.hex()

        until = ("--until", table.now + 2 * DAY, "--account", "admin")
        scope = ("--scope", "agency:XA/SAMPLE")
        table.run("suspend", BUILDERS, 1, "--cause", 7, *until, *scope)
        table.run("suspend", BUILDERS, 1, "--cause", 8, *until)
        table.wait(60)
        assert table.show(name=BUILDERS)["versions"][0]["state"] == "suspended"
        table.run("lift", BUILDERS, 1, 1, "--account", "admin")

        second = table.licence_policy(2)
        signed = table.town.terminal.folder / "terms.json"
        words = (*table.span(), "--out", signed)
        table.run("sign-terms", second, *words, "--account", "admin")
        table.run("agree", second, signed, "--as", "XA")
        table.wait(4 * DAY)
        assert [v["state"] for v in table.show(name=BUILDERS)["versions"]] == [
            "superseded",
            "in-force",
        ]
        assert f"{BUILDERS} " in table.run("list")
        table.run("terminate", BUILDERS, 2, "--at", table.now + 8 * DAY, "--as", "XA")
        assert table.show("--at", table.now + 9 * DAY, name=BUILDERS)["inForce"] is None

    def test_is_another_agreement_than_that_of_passes(self, table: Table) -> None:
        table.run("propose", table.policy(), *table.terms(), "--as", "XA")
        table.run("propose", table.licence_policy(), *table.span(), "--as", "XA")
        names = [each["recordType"] for each in table.town.terminal.json("agreement", "list")]
        assert names == ["health:pass", "licence:cn.construction-qualification"]
        table.run("withdraw", BUILDERS, 1)
        assert table.show("--at", table.now)["versions"][0]["state"] == "proposed"

    def test_a_type_that_nobody_could_judge_is_not_proposed(self, table: Table) -> None:
        policy = table.licence_policy(recordType="licence:cn.constuction-qualification")
        for command in (
            ("propose", policy, *table.span(), "--as", "XA"),
            ("sign-terms", policy, *table.span(), "--out", "terms.json"),
            ("sign", policy),
        ):
            assert "not in the catalogue" in table.run(*command, code=1)
        assert table.town.terminal.json("agreement", "list") == []

    def test_terms_with_a_bundle_are_not_sent(self, table: Table) -> None:
        policy, signed = table.licence_policy(), table.town.terminal.folder / "terms.json"
        words = (*table.span(), "--out", signed, "--account", "admin")
        table.run("sign-terms", policy, *words)
        content = json.loads(signed.read_text())
        content["terms"]["bundleHash"] = BUNDLE
        signed.write_text(json.dumps(content))
        said = table.run("agree", policy, signed, "--as", "XA", code=1)
        assert "member=bundleHash" in said


class TestAccredit:
    def test_an_agency_for_health_passes(self, table: Table) -> None:
        terminal = table.town.terminal
        words = ("--name", "Sample Health Bureau", "--admin", "admin")
        terminal.run("agency", "admit", "XA/SAMPLE", *words)
        terminal.run("agency", "accredit", "XA/SAMPLE", "health:pass")
        (found,) = terminal.json("agency", "show", "XA/SAMPLE")["accreditations"]
        assert found["type"] == "health:pass"
        terminal.run("agency", "withdraw", "XA/SAMPLE", "health:pass")
        terminal.run("agency", "accredit", "XA/SAMPLE", "health:wine", code=1)


class TestWithoutAgreements:
    def test_an_older_ledger_says_so(self, table: Table) -> None:
        content = json.loads(table.town.deployment.to_json())
        del content["contracts"]["RecognitionLedger"]
        older = table.town.terminal.folder / "older.json"
        older.write_text(json.dumps(content))
        words = ("--deployment", older, "--node", table.town.anvil.url)
        said = table.run("list", *words, code=1)
        assert "deployed before there were agreements" in said

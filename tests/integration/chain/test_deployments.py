import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ledger.chain.abi import CONTRACTS
from ledger.chain.deployments import (
    AgreementsAbsent,
    CodeHash,
    ContractsDiffer,
    Deployment,
    DeploymentMalformed,
    TendersAbsent,
    check_deployment,
    compiled_code_hash,
    load_deployment,
    require_own_contracts,
)
from ledger.chain.wire import octets
from ledger.errors import NodeStale, WrongCode, WrongHistory, WrongNetwork
from ledger.keystore import KeyKind, lock
from scripts import deploy as script
from tests.support.standing import Standing

SCHEMA = json.loads(Path("deployments/schema.json").read_text())


class TestDeploy:
    def test_follows_the_schema_and_reads_back(self, standing: Standing, tmp_path: Path) -> None:
        text = standing.deployment.to_json()
        jsonschema.validate(json.loads(text), SCHEMA)
        path = tmp_path / "31337.json"
        path.write_text(text)
        assert load_deployment(path) == standing.deployment

    def test_begins_at_the_block_of_the_first_contract(self, standing: Standing) -> None:
        at = standing.deployment
        before, since = (
            standing.node.call("eth_getCode", at.authority, hex(block))
            for block in (at.block - 1, at.block)
        )
        assert before == "0x"
        assert len(since) > 2

    @pytest.mark.parametrize("name", CONTRACTS)
    def test_masked_code_is_the_compilers(self, standing: Standing, name: str) -> None:
        deployed = octets(
            standing.node.call("eth_getCode", standing.deployment.addresses[name], "latest")
        )
        compiled = compiled_code_hash(name)
        assert CodeHash.of(deployed, compiled.immutables) == compiled
        if compiled.immutables:
            assert CodeHash.of(deployed, ()).hash != compiled.hash


class TestRequireOwnContracts:
    def test_good(self, standing: Standing) -> None:
        require_own_contracts(standing.deployment)

    @pytest.mark.parametrize("name", CONTRACTS)
    def test_of_another_version(self, standing: Standing, name: str) -> None:
        hashes = dict(standing.deployment.code_hashes)
        hashes[name] = replace(hashes[name], hash=bytes(32))
        with pytest.raises(ContractsDiffer) as refused:
            require_own_contracts(replace(standing.deployment, code_hashes=hashes))
        assert refused.value.contract == name


class TestCheckDeployment:
    def test_good(self, standing: Standing) -> None:
        check_deployment(standing.node, standing.deployment)

    def test_another_chain(self, standing: Standing) -> None:
        with pytest.raises(WrongNetwork) as refused:
            check_deployment(standing.node, replace(standing.deployment, chain_id=1))
        assert refused.value.values() == {"expected": 1, "found": 31337}

    def test_another_history(self, standing: Standing) -> None:
        with pytest.raises(WrongHistory):
            check_deployment(standing.node, replace(standing.deployment, block_hash=bytes(32)))

    def test_a_node_that_is_not_there_yet_is_behind(self, standing: Standing) -> None:
        with pytest.raises(NodeStale) as refused:
            check_deployment(standing.node, replace(standing.deployment, block=10_000))
        assert refused.value.block == 10_000

    @pytest.mark.parametrize("name", CONTRACTS)
    def test_other_code(self, standing: Standing, name: str) -> None:
        where = standing.deployment.addresses[name]
        code = standing.node.call("eth_getCode", where, "latest")
        standing.node.call("anvil_setCode", where, code[:-2] + "ff")
        with pytest.raises(WrongCode) as refused:
            check_deployment(standing.node, standing.deployment)
        assert refused.value.contract == name

    def test_no_code(self, standing: Standing) -> None:
        standing.node.call("anvil_setCode", standing.deployment.lens, "0x")
        with pytest.raises(WrongCode):
            check_deployment(standing.node, standing.deployment)

    def test_a_lens_that_reads_other_agreements(self, standing: Standing) -> None:
        moved = replace(standing.deployment, recognition_ledger=standing.deployment.authority)
        hashes = dict(moved.code_hashes) | {
            "RecognitionLedger": moved.code_hashes["Authority"],
        }
        with pytest.raises(WrongCode):
            check_deployment(standing.node, replace(moved, code_hashes=hashes))

    def test_good_code_that_knows_other_siblings(self, standing: Standing) -> None:
        code = standing.node.call("eth_getCode", standing.deployment.record_ledger, "latest")
        ours, other = standing.deployment.authority[2:].lower(), "11" * 20
        standing.node.call(
            "anvil_setCode", standing.deployment.record_ledger, code.replace(ours, other)
        )
        with pytest.raises(WrongCode) as refused:
            check_deployment(standing.node, standing.deployment)
        assert refused.value.contract == "RecordLedger"


def _changes() -> list[tuple[str, Any]]:
    return [
        ("chainId", 0),
        ("chainId", "31337"),
        ("chainId", True),
        ("block", -1),
        ("blockHash", "0x00"),
        ("blockHash", "0x" + "AB" * 32),
        ("contracts", {}),
        ("extra", 1),
    ]


class TestWithoutAgreements:
    """A ledger from before there were agreements."""

    @staticmethod
    def older(standing: Standing) -> Deployment:
        content = json.loads(standing.deployment.to_json())
        del content["contracts"]["RecognitionLedger"]
        jsonschema.validate(content, SCHEMA)
        return Deployment.from_json(json.dumps(content))

    def test_stays_readable(self, standing: Standing) -> None:
        older = self.older(standing)
        check_deployment(standing.node, older)
        assert "RecognitionLedger" not in older.addresses
        assert Deployment.from_json(older.to_json()) == older

    def test_says_that_it_has_none(self, standing: Standing) -> None:
        with pytest.raises(AgreementsAbsent):
            _ = self.older(standing).recognition


class TestWithoutTenders:
    """A ledger from before there were sealed tenders."""

    @staticmethod
    def older(standing: Standing) -> Deployment:
        content = json.loads(standing.deployment.to_json())
        for name in ("TenderPolicies", "TenderLedger", "AwardLedger"):
            del content["contracts"][name]
        jsonschema.validate(content, SCHEMA)
        return Deployment.from_json(json.dumps(content))

    def test_stays_readable(self, standing: Standing) -> None:
        older = self.older(standing)
        check_deployment(standing.node, older)
        assert Deployment.from_json(older.to_json()) == older

    def test_says_that_it_has_none(self, standing: Standing) -> None:
        with pytest.raises(TendersAbsent):
            _ = self.older(standing).tenders

    def test_some_of_them_are_not_enough(self, standing: Standing) -> None:
        content = json.loads(standing.deployment.to_json())
        del content["contracts"]["AwardLedger"]
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, SCHEMA)
        with pytest.raises(DeploymentMalformed):
            Deployment.from_json(json.dumps(content))


class TestFromJson:
    @pytest.mark.parametrize(("member", "value"), _changes())
    def test_refuses_what_the_schema_refuses(
        self, standing: Standing, member: str, value: Any
    ) -> None:
        content = {**json.loads(standing.deployment.to_json()), member: value}
        with pytest.raises(DeploymentMalformed):
            Deployment.from_json(json.dumps(content))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, SCHEMA)

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("address", "0x00"),
            ("codeHash", 7),
            ("immutables", [[1]]),
            ("immutables", [[1, 2, 3]]),
            ("immutables", [[-1, 32]]),
            ("immutables", [[0, 0]]),
            ("more", 1),
        ],
    )
    def test_refuses_a_contract_that_the_schema_refuses(
        self, standing: Standing, member: str, value: Any
    ) -> None:
        content = json.loads(standing.deployment.to_json())
        content["contracts"]["Authority"][member] = value
        with pytest.raises(DeploymentMalformed):
            Deployment.from_json(json.dumps(content))
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content, SCHEMA)

    def test_refuses_an_address_without_its_check_case(self, standing: Standing) -> None:
        text = standing.deployment.to_json()
        where = standing.deployment.authority
        with pytest.raises(DeploymentMalformed):
            Deployment.from_json(text.replace(where, where.lower()))

    @pytest.mark.parametrize("text", ["", "[]", "null", '{"chainId": 1, "chainId": 2}', b"\xff"])
    def test_refuses_what_is_no_object(self, text: str | bytes) -> None:
        with pytest.raises(DeploymentMalformed):
            Deployment.from_json(text)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(DeploymentMalformed):
            load_deployment(tmp_path / "none.json")


class TestFolder:
    def test_every_committed_deployment_follows_the_schema(self) -> None:
        jsonschema.Draft202012Validator.check_schema(SCHEMA)
        for path in Path("deployments").glob("[0-9]*.json"):
            content = json.loads(path.read_text())
            jsonschema.validate(content, SCHEMA)
            assert content["chainId"] == int(path.stem)


class TestScript:
    @pytest.fixture
    def arguments(
        self, standing: Standing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> list[str]:
        monkeypatch.setenv("SUIZHENG_PASSWORD", "a test's")
        keystore = tmp_path / "account.json"
        keystore.write_text(lock(standing.council.private_key, "a test's", KeyKind.ACCOUNT, 2))
        out = str(tmp_path / "deployments" / "31337.json")
        return ["--node", standing.anvil.url, "--keystore", str(keystore), "--out", out]

    def test_writes_a_deployment_that_checks(
        self, standing: Standing, arguments: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert script.main(arguments) == 0
        deployment = load_deployment(Path(arguments[-1]))
        check_deployment(standing.node, deployment)
        assert deployment.authority != standing.deployment.authority
        assert standing.council.address in capsys.readouterr().out

    def test_never_overwrites(self, arguments: list[str]) -> None:
        assert script.main(arguments) == 0
        before = Path(arguments[-1]).read_text()
        assert script.main(arguments) == 1
        assert Path(arguments[-1]).read_text() == before

    def test_a_wrong_password_or_council_writes_nothing(
        self, arguments: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert script.main([*arguments, "--council", "0x12"]) == 1
        monkeypatch.setenv("SUIZHENG_PASSWORD", "wrong")
        assert script.main(arguments) == 1
        assert not Path(arguments[-1]).exists()

    def test_no_node(self, arguments: list[str]) -> None:
        arguments[1] = "http://127.0.0.1:9"
        assert script.main(arguments) == 2

"""`suizheng agency` on a real chain: what it does, and what it says when it is not done."""

from tests.integration.wallet.conftest import NAME, Town
from tests.support.ports import free_port


class TestAgency:
    def test_life_of_an_agency(self, town: Town) -> None:
        terminal = town.terminal
        terminal.run("key", "new", "document", "seal")
        town.admit("seal")
        terminal.now += 60  # past the blocks that this took
        shown = terminal.json("agency", "show", NAME)
        kid = terminal.json("key", "show", "seal")["kid"]
        assert shown["status"] == "active"
        assert [(key["kid"], key["state"]) for key in shown["keys"]] == [(kid, "active")]
        assert shown["keys"][0]["usage"] == ["documents", "status-lists"]
        accredited = [(entry["type"], entry["end"]) for entry in shown["accreditations"]]
        assert accredited == [("cn.food-business", None)]
        roles = [entry["role"] for entry in shown["accounts"]]
        assert roles == ["admin", "issuer", "registrar", "supervisor"]
        assert [a["code"] for a in terminal.json("agency", "list")] == [NAME.split("/")[1]]

        terminal.run("agency", "rename", NAME, "--name", "改名后的局")
        assert terminal.json("agency", "show", NAME)["name"] == "改名后的局"
        terminal.run("agency", "freeze-key", NAME, "seal")
        assert terminal.json("agency", "show", NAME)["keys"][0]["state"] == "frozen"
        terminal.run("agency", "unfreeze-key", NAME, kid)
        terminal.run("agency", "report-compromised", NAME, kid, "--from", terminal.now - 100)
        assert terminal.json("agency", "show", NAME)["keys"][0]["state"] == "compromised"
        terminal.run("agency", "revoke", NAME, "issuer", "office")
        terminal.run("agency", "withdraw", NAME, "cn.food-business")
        terminal.run("agency", "suspend", NAME)
        terminal.run("agency", "activate", NAME)
        terminal.run("agency", "retire", NAME, "--yes")
        shown = terminal.json("agency", "show", NAME)
        assert shown["status"] == "retired"
        assert "issuer" not in [entry["role"] for entry in shown["accounts"]]
        assert None not in [entry["end"] for entry in shown["accreditations"]]
        assert "The agency is retired for good." in terminal.run("agency", "activate", NAME, code=1)

    def test_without_the_role_is_refused_by_the_contracts_own_name(self, town: Town) -> None:
        words = ("admit-jurisdiction", "CN-GD", "--supervisor", "supervisor")
        said = town.terminal.run("agency", *words, "--account", "office", code=1)
        assert str(town.terminal.outside.keyring.entry("office").address) in said

    def test_unknown_agency_exits_1(self, town: Town) -> None:
        said = town.terminal.run("agency", "show", NAME, code=1)
        assert "The agency was never admitted." in said

    def test_unknown_type_exits_1_before_anything_is_sent(self, town: Town) -> None:
        town.terminal.run("agency", "accredit", NAME, "cn.unheard-of", code=1)

    def test_dead_node_exits_2(self, town: Town) -> None:
        dead = f"http://127.0.0.1:{free_port()}"
        said = town.terminal.run("agency", "list", "--node", dead, code=2)
        assert "No node of the chain gave a usable answer." in said

    def test_wrong_code_exits_2(self, town: Town) -> None:
        spoilt = town.terminal.folder / "deployment.json"
        text = town.deployment.to_json()
        spoilt.write_text(text.replace(town.deployment.lens, town.deployment.authority))
        words = ("--deployment", spoilt, "--node", town.anvil.url)
        said = town.terminal.run("agency", "list", *words, code=2)
        assert "What stands at a contract's address is not that contract." in said

    def test_wrong_password_exits_1(self, town: Town) -> None:
        wrong = town.terminal.folder / "wrong"
        wrong.write_text("incorrect horse\n")
        words = ("admit-jurisdiction", "CN-GD", "--supervisor", "supervisor")
        said = town.terminal.run("agency", *words, "--password-file", wrong, code=1)
        assert "The password does not open the keystore." in said


class TestFund:
    def test_asks_the_node_of_the_environment(self, town: Town) -> None:
        result = town.terminal.try_("key", "fund", "admin", env={"SUIZHENG_NODE": town.anvil.url})
        assert result.exit_code == 1, result.output
        assert "Only the embedded chain gives money away." in result.output

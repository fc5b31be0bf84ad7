import pytest

from ledger.canonical import parse_object
from ledger.keys import PublicKey
from tests.support.terminal import Terminal


class TestKey:
    def test_new_list_and_show_agree(self, terminal: Terminal) -> None:
        made = [
            terminal.json("key", "new", kind, kind) for kind in ("account", "document", "holder")
        ]
        assert terminal.json("key", "list") == made
        assert [terminal.json("key", "show", entry["name"]) for entry in made] == made
        assert made[0]["address"].startswith("0x")
        assert made[0]["address"] in terminal.run("key", "list")

    def test_exports_the_public_part_alone(self, terminal: Terminal) -> None:
        kid = terminal.json("key", "new", "document", "seal")["kid"]
        jwk = parse_object(terminal.run("key", "export-public", "seal"))
        assert set(jwk) == {"kty", "crv", "x", "y"}
        assert PublicKey.from_jwk(jwk).kid == kid
        out = terminal.folder / "seal.jwk"
        terminal.run("key", "export-public", "seal", "--out", out)
        assert parse_object(out.read_bytes()) == jwk

    def test_hands_a_locked_document_key_over_under_its_id(self, terminal: Terminal) -> None:
        kid = terminal.json("key", "new", "document", "seal")["kid"]
        folder = terminal.folder / "service"
        terminal.run("key", "hand-over", "seal", folder)
        (path,) = folder.iterdir()
        assert path.name == f"{kid}.json"
        assert path.read_bytes() == terminal.outside.keyring.path("seal").read_bytes()

    @pytest.mark.parametrize("words", [("export-public", "chief"), ("hand-over", "chief", "out")])
    def test_of_an_account_is_refused_where_a_point_is_needed(
        self, terminal: Terminal, words: tuple[str, ...]
    ) -> None:
        terminal.run("key", "new", "account", "chief")
        assert "of another kind" in terminal.run("key", *words, code=1)

    def test_is_made_once(self, terminal: Terminal) -> None:
        terminal.run("key", "new", "account", "chief")
        said = terminal.run("key", "new", "account", "chief", code=1)
        assert "Choose another name" in said

    def test_says_how_to_begin(self, terminal: Terminal) -> None:
        assert "suizheng key new account" in terminal.run("key", "list")

    def test_needs_a_password_from_somewhere(self, terminal: Terminal) -> None:
        words = ("key", "new", "account", "chief", "--password-file")
        assert "There is no such file." in terminal.run(*words, "nowhere", code=1)
        empty = terminal.folder / "empty"
        empty.write_text("\n")
        assert "The password is empty." in terminal.run(*words, empty, code=1)
        assert terminal.json("key", "list") == []

    def test_asks_nobody_who_is_not_there(self, terminal: Terminal) -> None:
        nobody = {"SUIZHENG_PASSWORD_FILE": None}
        result = terminal.try_("key", "new", "account", "chief", env=nobody)
        assert result.exit_code == 1
        assert "--password-file" in result.output

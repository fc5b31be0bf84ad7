"""`suizheng licence`, `bundle` and `trust` at a running service: a clerk's day, a stranger's."""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.support.household import NAME, Hand, build, until
from tests.support.licences import FIELDS
from wallet.embedded import ANVIL

pytestmark = [
    pytest.mark.skipif(not ANVIL.exists(), reason=f"{ANVIL} is not installed here"),
    pytest.mark.timeout(300),
]
BY = ("--account", "operator")
TYPE = "cn.food-business"


@pytest.fixture(scope="module")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hand]:
    household = build(tmp_path_factory.mktemp("household") / "var")
    try:
        household.start()
        hand = Hand(household)
        hand.set_up_agency()
        yield hand
    finally:
        household.stop()


def rows(path: Path, count: int, **changes: str) -> Path:
    """Write a CSV file of `count` lawful rows, `changes` in the last one."""
    fields = dict(FIELDS[TYPE])
    cells = {name: "；".join(v) if isinstance(v, list) else str(v) for name, v in fields.items()}
    lines = [",".join(["external_id", *cells])]
    for number in range(count):
        row = cells | (changes if number == count - 1 else {})
        lines.append(",".join([f"{path.stem}-{number}", *row.values()]))
    path.write_text("\n".join(lines) + "\n")
    return path


class TestClerk:
    def test_bulk_issues_all_once_or_none(self, hand: Hand, tmp_path: Path) -> None:
        hand.issue("before-bulk")
        file = rows(tmp_path / "many.csv", 30)
        bulk = ("licence", "bulk", NAME, TYPE)
        assert "30 can be issued" in hand.run(*bulk, file, "--dry-run", *BY)
        first = hand.json(*bulk, file, *BY)
        again = hand.json(*bulk, file, *BY)
        assert (first["rows"], first["repeated"], again["repeated"]) == (30, 0, 30)
        digests = {row["digest"] for row in first["issued"]}
        assert {row["digest"] for row in again["issued"]} == digests
        wrong = rows(tmp_path / "wrong.csv", 3, holder_code="91110000600037341X")
        said = hand.failing(*bulk, wrong, *BY, code=1)
        assert "row 4, 持证主体代码 (holder_code): the check character is wrong" in said
        listed = hand.json("licence", "list", "--agency", NAME, "--limit", 1000, *BY)
        assert digests <= {row["digest"] for row in listed}
        assert not [row for row in listed if str(row["externalId"]).startswith("wrong")]

    def test_suspends_reinstates_and_annuls_with_a_second_person(
        self, hand: Hand, tmp_path: Path
    ) -> None:
        licence = hand.issue("status")
        digest = "0x" + licence.name.removesuffix(".sd-jwt")
        hand.run("licence", "suspend", digest, "--wait", *BY)
        assert hand.json("verify", licence, code=1)["checks"][4]["code"] == "status.suspended"
        listed = hand.run("licence", "list", "--agency", NAME, "--external-id", "status", *BY)
        heading, row = listed.splitlines()
        assert heading.split()[-3:] == ["UNTIL", "STATUS", "STAGE"]
        assert row.split()[-3:-1] == [FIELDS[TYPE]["valid_until"], "suspended"]
        shown = hand.run("licence", "show", digest, *BY)
        assert f"validUntil         {FIELDS[TYPE]['valid_until']}" in shown
        assert "head               ledger block " in shown
        hand.run("licence", "reinstate", digest, "--wait", *BY)
        hand.run("verify", licence)
        annul = ("licence", "revoke", digest, "--reason", 311, "--wait", *BY)
        assert "second person" in hand.failing(*annul, code=1)
        hand.run("key", "new", "account", "second")
        hand.run("agency", "grant", NAME, "approver", "second", "--account", "supervisor")
        request, signed = tmp_path / "request", tmp_path / "signed"
        hand.run("licence", "request-cosign", digest, request, "--reason", 311, *BY)
        hand.run("licence", "cosign", request, signed, "--yes", "--account", "second")
        until(lambda: hand.does(*annul, "--co-signature", signed))
        assert hand.json("verify", licence, code=1)["checks"][4]["code"] == "status.annulled"
        assert "final" in hand.failing("licence", "reinstate", digest, *BY, code=1)

    def test_renews(self, hand: Hand) -> None:
        old = hand.issue("renewal")
        digest = "0x" + old.name.removesuffix(".sd-jwt")
        words = ("--field", "valid_from=2026-11-21", "--field", "valid_until=2036-11-20")
        new = hand.json("licence", "renew", digest, *words, "--wait", *BY)
        assert new["licenceId"].split(".")[8] == "002"
        until(lambda: hand.verdict(old) == "invalid")
        assert hand.json("verify", old, code=1)["checks"][4]["code"] == "status.superseded"
        assert hand.json("licence", "show", digest, *BY)["successor"] == new["digest"]

    def test_without_the_role_is_refused(self, hand: Hand) -> None:
        fields = hand.household.layout.root / "fields.json"
        fields.write_bytes(orjson.dumps(dict(FIELDS[TYPE])))
        words = ("licence", "issue", NAME, TYPE, "--fields", fields, "--account", "council")
        assert "does not hold the role issuer" in hand.failing(*words, code=1)

    def test_unknown_licence_is_refused(self, hand: Hand) -> None:
        said = hand.failing("licence", "show", "0x" + "00" * 32, *BY, code=1)
        assert "RecordUnknown" in said


class TestStranger:
    def test_verifies_a_link_and_then_off_line(self, hand: Hand, tmp_path: Path) -> None:
        licence = hand.issue("link")
        digest = "0x" + licence.name.removesuffix(".sd-jwt")
        qr = tmp_path / "qr.svg"
        made = hand.json("licence", "link", digest, "holder_name", "--qr", qr, *BY)
        assert "<svg" in qr.read_text()
        assert hand.json("verify", made["url"])["verdict"] == "valid"
        bundle = tmp_path / "bundle"
        assert "not signed by a key that is trusted" in hand.failing(
            "bundle", "fetch", bundle, code=2
        )
        hand.run("trust", "add", "seal")
        until(lambda: hand.does("bundle", "fetch", bundle))
        report = hand.json("verify", licence, "--offline", bundle)
        assert report["evidence"]["source"] == "bundle"
        other = made["url"][:-4] + "AAAA"
        assert "link" in hand.failing("verify", other, code=2)

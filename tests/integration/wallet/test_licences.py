"""`suizheng licence`, `bundle` and `trust` at a running service: a clerk's day, a stranger's."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from tests.support.household import NAME, Hand, build, until
from tests.support.licences import FIELDS
from wallet.documents import proof_beside
from wallet.embedded import ANVIL

pytestmark = [
    pytest.mark.skipif(not ANVIL.exists(), reason=f"{ANVIL} is not installed here"),
    pytest.mark.timeout(300),
]
BY = ("--account", "operator")
TYPE = "cn.food-business"
DECISION = (
    *("--number", "示市监许撤〔2026〕7号", "--legal-basis", "《行政许可法》第六十九条"),
    *("--text", "撤销该许可。", "--appeal", "六十日内可申请行政复议。"),
)


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


def table(path: Path) -> list[dict[str, str]]:
    """Return the rows of a job's result."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


class TestClerk:
    def test_bulk_issues_all_once_or_none(self, hand: Hand, tmp_path: Path) -> None:
        hand.issue("before-bulk")
        file = rows(tmp_path / "many.csv", 30)
        bulk = ("licence", "bulk", NAME, TYPE)
        assert "30 can be issued" in hand.run(*bulk, file, "--dry-run", *BY)
        first = hand.json(*bulk, file, "--result", tmp_path / "first.csv", *BY)
        again = hand.json(*bulk, file, "--result", tmp_path / "again.csv", *BY)
        assert [(job["rows"], job["issued"], job["repeated"]) for job in (first, again)] == [
            (30, 30, 0),
            (30, 0, 30),
        ]
        digests = {row["external_id"]: row["digest"] for row in table(tmp_path / "first.csv")}
        assert {r["external_id"]: r["digest"] for r in table(tmp_path / "again.csv")} == digests
        wrong = rows(tmp_path / "wrong.csv", 3, holder_code="91110000600037341X")
        for dry in ((), ("--dry-run",)):
            said = hand.failing(*bulk, wrong, *dry, *BY, code=1)
            assert "row 4, 持证主体代码 (holder_code): the check character is wrong" in said
        listed = hand.json("licence", "list", "--agency", NAME, "--limit", 1000, *BY)
        assert set(digests.values()) <= {row["digest"] for row in listed}
        assert not [row for row in listed if str(row["externalId"]).startswith("wrong")]

    def test_bulk_is_a_job_that_is_left_and_seen_again(self, hand: Hand, tmp_path: Path) -> None:
        hand.issue("before-job")
        # Offices' own names may look like formulas, and their spreadsheets speak GB18030.
        file = rows(tmp_path / "=left.csv", 5)
        file.write_bytes(file.read_text().encode("gb18030"))
        bulk = ("licence", "bulk", NAME, TYPE, file)
        job = hand.run(*bulk, "--detach", *BY).strip()
        assert hand.json("job", "watch", job, *BY)["issued"] == 5
        assert hand.json(*bulk, *BY)["job"] == job
        result = tmp_path / "result.csv"
        hand.run("job", "result", job, result, *BY)
        found = table(result)
        assert [row["external_id"] for row in found] == [f"'=left-{n}" for n in range(5)]
        assert [row["outcome"] for row in found] == ["issued"] * 5
        assert "JobFinished" in hand.failing("job", "cancel", job, *BY, code=1)
        assert job in {row["job"] for row in hand.json("job", "list", "--agency", NAME, *BY)}
        assert "does not hold" in hand.failing("job", "show", job, "--account", "council", code=1)

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
        time.sleep(1.1)  # The chain counts whole seconds, and `between` needs one of its own.
        hand.run("licence", "reinstate", digest, "--wait", *BY)
        hand.run("verify", licence)
        first, second = hand.json("licence", "history", digest, *BY)
        assert (first["status"], second["status"]) == ("suspended", "valid")
        assert "201 " in hand.run("licence", "history", digest, *BY)
        between = first["blockTime"]
        assert hand.json("licence", "status", digest, "--at", between, *BY)["reason"] == 101
        assert hand.run("licence", "status", digest, *BY).startswith("valid at ")
        before = hand.run("licence", "status", digest, "--at", "2020-01-01", *BY)
        assert "not anchored then" in before
        listing = ("licence", "list", "--agency", NAME, "--external-id", "status")
        assert len(hand.json(*listing, "--status", "valid", *BY)) == 1
        assert hand.json(*listing, "--status", "suspended", *BY) == []
        assert hand.json(*listing, "--expiring", 30, *BY) == []
        assert len(hand.json(*listing, "--expiring", 36_500, *BY)) == 1
        annul = ("licence", "revoke", digest, "--reason", 311, *DECISION, "--wait", *BY)
        assert "second person" in hand.failing(*annul, code=1)
        hand.run("key", "new", "account", "second")
        hand.run("agency", "grant", NAME, "approver", "second", "--account", "supervisor")
        request, signed = tmp_path / "request", tmp_path / "signed"
        hand.run("licence", "request-cosign", digest, request, "--reason", 311, *BY)
        hand.run("licence", "cosign", request, signed, "--yes", "--account", "second")
        until(lambda: hand.does(*annul, "--co-signature", signed))
        assert hand.json("verify", licence, code=1)["checks"][4]["code"] == "status.annulled"
        assert "final" in hand.failing("licence", "reinstate", digest, *BY, code=1)

    def test_changes_many_at_once(self, hand: Hand, tmp_path: Path) -> None:
        file = rows(tmp_path / "set.csv", 6)
        hand.json("licence", "bulk", NAME, TYPE, file, *BY)
        names = tmp_path / "names"
        names.write_text("".join(f"set-{number}\n" for number in (*range(6), 99)))
        many = ("licence", "change-many", NAME, "--external-ids", names)
        said = hand.run(*many, "--reason", 101, "--preview", *BY)
        assert "left out: RecordUnknown" in said
        assert "Nothing is changed." in said
        done = hand.json(*many, "--reason", 101, "--yes", "--wait", *BY)
        assert (done["state"], done["progress"]) == ("done", {"final": 6})
        made = hand.json(*many, "--reason", 311, *DECISION, *BY)
        assert (made["state"], made["needsCoSignature"]) == ("previewed", True)
        approve = ("licence", "approve", made["changeSet"], "--yes", "--wait")
        assert "CoSignatureByActor" in hand.failing(*approve, *BY, code=1)
        hand.run("key", "new", "account", "third")
        hand.run("agency", "grant", NAME, "approver", "third", "--account", "supervisor")
        until(lambda: hand.does(*approve, "--account", "third"))
        shown = hand.run("licence", "change-set", made["changeSet"], *BY)
        assert "The set is done. 6 final" in shown
        assert "ChangeSetSettled" in hand.failing(
            "licence", "withdraw-set", made["changeSet"], *BY, code=1
        )

    def test_hands_out_the_decision_and_a_stranger_checks_it(
        self, hand: Hand, tmp_path: Path
    ) -> None:
        licence, file = hand.issue("decided"), tmp_path / "decision.jwt"
        digest = "0x" + licence.name.removesuffix(".sd-jwt")
        wording = ("--text", "暂扣三日。", "--number", "示市监〔2026〕8号")
        change = hand.json("licence", "suspend", digest, *wording, "--wait", *BY)
        asked = ("licence", "decision", change["change"], "--out", file)
        until(lambda: hand.does(*asked, *BY) and proof_beside(file).exists())
        until(lambda: hand.does("verify", file, "--licence", licence))
        report = hand.json("verify", file, "--licence", licence)
        assert [check["code"] for check in report["checks"]] == [
            *("format.ok", "integrity.ok", "anchor.ok", "issuer.active"),
            *("target.ok", "change.ok"),
        ]
        assert report["evidence"]["source"] == "node"
        assert "VALID" in hand.run("verify", file, "--language", "en")
        chinese = hand.run("verify", file, "--licence", licence, "--language", "zh-Hans")
        assert "账本已按此执行" in chinese
        other = hand.issue("not decided")
        wrong = hand.json("verify", file, "--licence", other, code=1)
        assert wrong["checks"][4]["code"] == "target.other-licence"

        named = hand.json("licence", "history", digest, *BY)[0]["decision"]
        said = hand.run("licence", "decision", named, "--language", "en", *BY)
        assert said.startswith("The licence is suspended")
        assert "Decision: 暂扣三日。" in said
        assert "Reason: 101 Suspended" in said
        said = hand.run("licence", "decision", named, "--language", "zh-Hans", *BY)
        assert said.startswith("暂扣证照")
        assert "文号: 示市监〔2026〕8号" in said

        # Given back: the bits are those of a licence that was never touched.
        back = hand.json("licence", "reinstate", digest, "--wait", *BY)
        late = tmp_path / "back.jwt"
        asked = ("licence", "decision", back["change"], "--out", late)
        until(lambda: hand.does(*asked, *BY) and proof_beside(late).exists())
        until(lambda: hand.does("verify", late, "--licence", licence))
        file.write_text(file.read_text()[:-4] + "AAAA")
        hand.run("verify", file, code=1)

    def test_renews(self, hand: Hand) -> None:
        old = hand.issue("renewal")
        digest = "0x" + old.name.removesuffix(".sd-jwt")
        words = ("--field", "valid_from=2026-11-21", "--field", "valid_until=2036-11-20")
        new = hand.json("licence", "renew", digest, *words, "--wait", *BY)
        assert new["licenceId"].split(".")[8] == "002"
        until(lambda: hand.verdict(old) == "invalid")
        assert hand.json("verify", old, code=1)["checks"][4]["code"] == "status.superseded"
        assert hand.json("licence", "show", digest, *BY)["successor"] == new["digest"]

    def test_changes_and_replaces(self, hand: Hand) -> None:
        digest = "0x" + hand.issue("succession").name.removesuffix(".sd-jwt")
        same = ("--field", "valid_from=2026-11-21", "--field", "valid_until=2031-11-20")
        for verb, refused in (("change", "NothingChanged"), ("renew", "TermNotExtended")):
            assert refused in hand.failing("licence", verb, digest, *same, *BY, code=1)
        name = ("--field", "holder_name=示例市白鲸小吃店")
        changed = hand.json("licence", "change", digest, *name, "--wait", *BY)
        replaced = hand.json("licence", "replace", changed["digest"], "--wait", *BY)
        shown = hand.json("licence", "show", changed["digest"], *BY)
        assert (shown["predecessor"], shown["successor"]) == (digest, replaced["digest"])
        assert (shown["predecessorReason"], shown["version"]) == (402, 2)

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

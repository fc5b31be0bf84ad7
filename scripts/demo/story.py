"""The story of licences: from an agency's admission to a verifier whose node is dead."""

import csv
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from ledger.keys import PrivateKey
from ledger.licences.sd_jwt import parse
from scripts.demo.forgeries import signed_by_stranger, tampered
from scripts.demo.health import HealthStory
from scripts.demo.leaks import Net
from scripts.demo.privacy import look, of_person
from scripts.demo.stage import Stage, expect
from scripts.demo.tenders import TenderStory
from scripts.demo.terminal import Answer, Terminal
from scripts.steps import ROOT
from wallet.household import Household

AGENCY: Final = "CN-GD/11440100MBEXAMPE7Y"
NAME: Final = "示例市市场监督管理局"
FILES: Final = sorted((ROOT / "scripts" / "demo_data").glob("*.csv"))
SINGLE: Final = "cn.physician-practice"
PERSON: Final[dict[str, Any]] = {
    "licence_number": "440199000000001",
    "holder_name": "样本医师",
    "holder_code": "11010519491231002X",
    "sex": "女",
    "birth_date": "1949-12-31",
    "qualification_number": "0000440199000000001",
    "category": "临床",
    "scope": ["全科医学专业"],
    "institution": "示例市样本社区卫生服务中心",
    "place": "示例市",
}
SHOWN: Final = ("holder_name", "category")
AUDIENCE: Final = "https://hospital.example"
PATIENCE_SECONDS: Final = 60.0
DECISION: Final = (
    *("--number", "示市监决〔2026〕1号", "--legal-basis", "《中华人民共和国行政许可法》"),
    *("--text", "决定书正文。", "--appeal", "六十日内可申请行政复议。"),
)
"""The wording of the decisions that the law asks for."""


@dataclass
class Story:
    """What the steps hand on to each other: people's wallets, digests, files."""

    household: Household
    folder: Path
    vectors: Path | None = None
    digests: dict[str, str] = field(default_factory=dict)
    issued: int = 0

    def __post_init__(self) -> None:
        """Open everybody's wallets."""
        self.office = Terminal(self.household.layout.wallet, self.folder)
        self.holder = Terminal(self.folder / "holder", self.folder)
        self.stranger = Terminal(self.folder / "stranger", self.folder)
        self.files = self.folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self.health = HealthStory(
            self.household, self.folder, self.office, self.files, self.vectors
        )
        self.tenders = TenderStory(self.household, self.folder, self.office)

    def play(self, stage: Stage) -> None:
        """Play every step."""
        stage.play("Chain, contracts, service and worker start", self.start)
        self.health.begin(stage)
        stage.play("An agency is admitted and its people get their roles", self.admit)
        stage.play("It is accredited for five types and its key is announced", self.equip)
        self.health.equip(stage)
        stage.play("A file with one wrong row issues nothing", self.refuse_upload)
        stage.play("Over a thousand licences are issued in bulk", self.issue_in_bulk)
        stage.play("One is issued singly, bound to the holder's key", self.issue_singly)
        stage.play("All of them are anchored", self.wait_for_anchors)
        stage.play("The holder shows two fields to one who asked", self.present)
        stage.play("A stranger verifies from the chain alone", self.verify_as_stranger)
        stage.play("A QR code's link opens to a good licence", self.share)
        stage.play("One is suspended, then reinstated", self.suspend_and_reinstate)
        stage.play("One is revoked for good", self.revoke)
        stage.play("One is annulled, which takes two people", self.annul)
        stage.play("One is renewed; the old one points to the new", self.renew)
        stage.play("A tampered copy is refused", self.tamper)
        stage.play("A copy signed by a stranger is refused", self.sign_falsely)
        self.health.play(stage)
        stage.play("Without a network a signed bundle answers", self.verify_off_line)
        stage.play("With the node stopped the answer is unconfirmed, never invalid", self.stop_node)
        stage.play("With the node back it is valid again", self.start_node)
        self.tenders.play(stage)
        stage.play("Database and chain agree", self.audit)
        stage.play("Nothing personal is on the chain or in the logs", self.look_for_people)

    def start(self) -> str:
        """Start everything."""
        self.household.start()
        return f"service at {self.household.urls.service}, node at {self.household.urls.node}"

    def admit(self) -> str:
        """Admit the agency; make and fund the accounts; grant the roles."""
        office = self.office
        for name in ("admin", "officer", "approver"):
            office.run("key", "new", "account", name)
            office.run("key", "fund", name, "--node", self.household.urls.node)
        office.run("agency", "admit", AGENCY, "--name", NAME, "--admin", "admin")
        grants = [("operator", "issuer"), ("operator", "registrar"), ("approver", "approver")]
        grants += [("officer", "issuer"), ("officer", "registrar")]
        for account, role in grants:
            office.run("agency", "grant", AGENCY, role, account)
        shown = office.run("agency", "show", AGENCY, "--json").json()
        expect(shown["status"] == "active", f"the agency is {shown['status']}")
        return f"{shown['name']} is active"

    def equip(self) -> str:
        """Accredit the agency, announce its document key, hand the key to the service."""
        office = self.office
        for type_ in (*(file.stem for file in FILES), SINGLE):
            office.run("agency", "accredit", AGENCY, type_)
        office.run("key", "new", "document", "seal")
        usages = [
            word for use in ("documents", "status-lists", "bundles") for word in ("--usage", use)
        ]
        office.run("agency", "announce-key", AGENCY, "seal", *usages)
        office.run("key", "hand-over", "seal", self.household.layout.service_keys / "documents")
        kid = office.run("key", "show", "seal", "--json").json()["kid"]
        self._until(lambda: self._knows_key(kid), "the service does not know the key")
        return f"key {kid}"

    def refuse_upload(self) -> str:
        """Upload a file whose third row has a wrong check character."""
        with FILES[0].open(encoding="utf-8-sig", newline="") as file:
            header, *rows = csv.reader(file)
        column = header.index("持证主体代码")
        rows[2][column] = rows[2][column][:-1] + ("1" if rows[2][column][-1] != "1" else "2")
        broken = self.files / "broken.csv"
        with broken.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        answer = self._serve("licence", "bulk", AGENCY, FILES[0].stem, broken, code=1)
        expect(self._count() == 0, "something was issued")
        return answer.err.strip().splitlines()[1].strip()

    def issue_in_bulk(self) -> str:
        """Issue every row of the files under scripts/demo_data, then once more to no effect."""
        for file in FILES:
            self._bulk(file, "--dry-run")
            result = self.files / f"{file.stem}.result.csv"
            self.issued += self._bulk(file, "--result", result)["issued"]
            with result.open(encoding="utf-8-sig", newline="") as rows:
                self.digests |= {row["external_id"]: row["digest"] for row in csv.DictReader(rows)}
        again = self._bulk(FILES[0])
        expect(again["issued"] == 0, "a repeat issued something new")
        expect(again["repeated"] == again["rows"], "a repeat has forgotten rows")
        expect(self.issued >= 1_000, f"only {self.issued}")  # noqa: PLR2004 - what is promised
        return f"{self.issued} licences of {len(FILES)} types"

    def _bulk(self, file: Path, *options: object) -> dict[str, Any]:
        """Send one of the files of a type; return the job at its end."""
        job: dict[str, Any] = self._serve(
            "licence", "bulk", AGENCY, file.stem, file, *options, "--json"
        ).json()
        return job

    def issue_singly(self) -> str:
        """Issue one licence to a holder's key."""
        self.holder.run("key", "new", "holder", "mine")
        public = self.files / "holder.jwk"
        self.holder.run("key", "export-public", "mine", "--out", public)
        fields = self.files / "fields.json"
        fields.write_text(json.dumps(PERSON, ensure_ascii=False))
        order = ("licence", "issue", AGENCY, SINGLE, "--fields", fields, "--holder-key", public)
        answer = self._serve(*order, "--json").json()
        self.digests["single"] = answer["digest"]
        self.issued += 1
        return f"{answer['digest']} is {answer['stage']}"

    def wait_for_anchors(self) -> str:
        """Wait until every licence is in a final block."""
        self._until(self._all_final, "not all are anchored")
        return f"{self.issued} licences final"

    def present(self) -> str:
        """Let the holder keep the licence and show two fields of it."""
        document = self._fetch("single")
        self.holder.run("licence", "add", document)
        nonce = secrets.token_urlsafe(16)
        out = self.files / "shown.json"
        asked = ("--audience", AUDIENCE, "--nonce", nonce, "--out", out)
        self.holder.run("licence", "present", self.digests["single"], *SHOWN, *asked)
        self.digests["nonce"] = nonce
        shown = json.loads(out.read_text())["document"]
        expect(shown.count("~") == len(SHOWN) + 1, "another number of fields is shown")
        expect(PERSON["holder_code"] not in shown, "more is shown than was asked")
        return f"{', '.join(SHOWN)} and nothing else, {len(shown):,} characters"

    def verify_as_stranger(self) -> str:
        """Verify with the deployment file and a node: once as asked, once for another request."""
        out = self.files / "shown.json"
        request = ("--audience", AUDIENCE, "--nonce", self.digests["nonce"])
        report = self._verify(out, *request)
        expect(all(check["result"] == "VALID" for check in report["checks"]), str(report["checks"]))
        replayed = self._verify(out, "--audience", AUDIENCE, "--nonce", "another", code=1)
        expect("holder.wrong-request" in _codes(replayed), str(_codes(replayed)))
        return "seven checks VALID; the same copy for another request is refused"

    def share(self) -> str:
        """Make a link with a QR code and verify what it opens."""
        qr = self.files / "qr.svg"
        digest = self.digests["food-0001"]
        link = self._serve("licence", "link", digest, "--qr", qr, "--json").json()["url"]
        self._verify(link)
        expect("<svg" in qr.read_text(), "the QR code is no picture")
        return f"{len(link)} characters in the QR code; the key stays in the fragment"

    def suspend_and_reinstate(self) -> str:
        """Suspend a licence, verify, reinstate it, verify."""
        document = self._fetch("food-0002")
        self._serve("licence", "suspend", self.digests["food-0002"], "--reason", 101)
        self._until_code(document, "status.suspended", code=1)
        self._serve("licence", "reinstate", self.digests["food-0002"], "--reason", 201)
        self._until_code(document, "status.valid", code=0)
        return "status.suspended, then status.valid"

    def revoke(self) -> str:
        """Revoke a licence; try to reinstate it in vain."""
        document = self._fetch("food-0003")
        digest = self.digests["food-0003"]
        self._serve("licence", "revoke", digest, "--reason", 320, *DECISION)
        self._until_code(document, "status.revoked-punitive", code=1)
        refused = self._serve("licence", "reinstate", self.digests["food-0003"], code=1)
        return f"status.revoked-punitive; reinstating: {refused.err.strip().splitlines()[0]}"

    def annul(self) -> str:
        """Annul a licence: refused alone, done with a second person's signature."""
        digest, document = self.digests["hygiene-0001"], self._fetch("hygiene-0001")
        self._serve("licence", "revoke", digest, "--reason", 311, code=1)
        request, signed = self.files / "request.json", self.files / "signed.json"
        self._serve("licence", "request-cosign", digest, request, "--reason", 311)
        self.office.run("licence", "cosign", request, signed, "--account", "approver", "--yes")
        annul = ("licence", "revoke", digest, "--reason", 311, *DECISION)
        self._serve(*annul, "--co-signature", signed)
        self._until_code(document, "status.annulled", code=1)
        return "refused alone; with the approver's signature status.annulled"

    def renew(self) -> str:
        """Renew a licence and verify both."""
        old = self._fetch("transport-0001")
        claims = parse(old.read_text().strip()).claims
        ends = date.fromisoformat(claims["valid_until"]) + timedelta(days=365)
        term = (f"valid_from={claims['valid_from']}", f"valid_until={ends}")
        renewal = ("renew", self.digests["transport-0001"], "--field", term[0], "--field", term[1])
        answer = self._serve("licence", *renewal, "--json").json()
        self.digests["renewed"] = answer["digest"]
        self._until_code(old, "status.superseded", code=1)
        new = self._fetch("renewed")
        self._until_code(new, "status.valid", code=0)
        return f"old: status.superseded; new: {answer['licenceId']}"

    def tamper(self) -> str:
        """Change a claim of a true licence."""
        copy = self._copy("tampered", tampered)
        codes = _codes(self._verify(copy, code=1))
        expect("integrity.signature-invalid" in codes, str(codes))
        return "integrity.signature-invalid"

    def sign_falsely(self) -> str:
        """Sign a true licence's words with a key of our own."""
        forger = PrivateKey.from_secret(secrets.token_bytes(31).rjust(32, b"\1"))
        copy = self._copy("forged", lambda document: signed_by_stranger(document, forger))
        codes = _codes(self._verify(copy, code=1))
        expect("integrity.signature-invalid" in codes, str(codes))
        return "integrity.signature-invalid"

    def audit(self) -> str:
        """Rebuild the projection from the chain and compare."""
        urls = self.household.urls
        ports = ["--port", urls.service.rpartition(":")[2]]
        ports += ["--chain-port", urls.node.rpartition(":")[2]]
        report = self.office.run_apart("audit", "--home", self.folder, *ports, "--json").json()
        expect(report["ok"], str(report))
        return f"{len(report['comparisons'])} comparisons, nothing differs"

    def verify_off_line(self) -> str:
        """Fetch a bundle by a trusted key and verify without a node."""
        public = self.files / "seal.jwk"
        self.office.run("key", "export-public", "seal", "--out", public)
        self.stranger.run("trust", "add", public)
        self.stranger.run("trust", "ledger", self.household.layout.deployment)
        bundle = self.files / "bundle.jwt"
        self.stranger.run("bundle", "fetch", bundle, "--service", self.household.urls.service)
        self.household.stop_node()
        document = self._fetched("food-0001")
        good = self.stranger.run("verify", document, "--offline", bundle, "--json").json()
        expect(good["verdict"] == "valid", str(good["checks"]))
        revoked = self._fetched("food-0003")
        bad = self.stranger.run("verify", revoked, "--offline", bundle, "--json", code=1).json()
        return f"valid; the revoked one {_codes(bad)[4]}; bundle of {bundle.stat().st_size:,} bytes"

    def stop_node(self) -> str:
        """Verify a good licence with the node stopped."""
        report = self._verify(self._fetched("food-0001"), code=2)
        expect(report["verdict"] == "unconfirmed", report["verdict"])
        expect("INVALID" not in {check["result"] for check in report["checks"]}, "INVALID")
        return ", ".join(code for code in _codes(report) if "unreachable" in code)

    def start_node(self) -> str:
        """Start the node again and verify the same licence."""
        self.household.start_node()
        self._until_code(self._fetched("food-0001"), "status.valid", code=0)
        return "valid"

    def look_for_people(self) -> str:
        """Look for every personal value of both stories, in every spelling."""
        net = Net()
        for what, value in (*of_person(PERSON), *self.health.personal()):
            net.add(what, value)
        logs = self.household.layout.root / "log"
        return look(net, self.household.chain, logs, PERSON["holder_code"])

    def _serve(self, *arguments: object, code: int = 0) -> Answer:
        service = ("--account", "officer", "--service", self.household.urls.service)
        return self.office.run(*arguments, *service, code=code)

    def _verify(self, document: object, *options: str, code: int = 0) -> dict[str, Any]:
        ledger = ("--deployment", self.household.layout.deployment)
        node = ("--node", self.household.urls.node)
        answer = self.stranger.run(
            "verify", document, *ledger, *node, *options, "--json", code=code
        )
        report: dict[str, Any] = answer.json()
        return report

    def _fetch(self, name: str) -> Path:
        self._until(lambda: self._stage(name) == "final", f"{name} is not anchored")
        self._serve("licence", "fetch", self.digests[name], "--out", self.files)
        return self._fetched(name)

    def _fetched(self, name: str) -> Path:
        return self.files / f"{self.digests[name].removeprefix('0x')}.sd-jwt"

    def _copy(self, name: str, change: Callable[[str], str]) -> Path:
        true = (
            self._fetched("food-0001")
            if self._fetched("food-0001").exists()
            else self._fetch("food-0001")
        )
        copy = self.files / f"{name}.sd-jwt"
        copy.write_text(change(true.read_text().strip()))
        proof = true.with_suffix(".proof.json").read_text()
        copy.with_suffix(".proof.json").write_text(proof)
        return copy

    def _stage(self, name: str) -> str:
        stage: str = self._serve("licence", "show", self.digests[name], "--json").json()["stage"]
        return stage

    def _list(self) -> list[dict[str, Any]]:
        options = ("--agency", AGENCY, "--limit", 10_000, "--json")
        found: list[dict[str, Any]] = self._serve("licence", "list", *options).json()
        return found

    def _count(self) -> int:
        return len(self._list())

    def _all_final(self) -> bool:
        found = self._list()
        return len(found) == self.issued and all(row["stage"] == "final" for row in found)

    def _knows_key(self, kid: str) -> bool:
        shown = self.office.run("agency", "show", AGENCY, "--json").json()
        return any(key["kid"] == kid for key in shown["keys"])

    def _until_code(self, document: Path, wanted: str, *, code: int) -> None:
        """Verify until the report has the code: a change counts once its block is there."""
        found: list[str] = []

        def has_it() -> bool:
            ledger = ("--deployment", self.household.layout.deployment)
            node = ("--node", self.household.urls.node)
            words = ["verify", document, *ledger, *node, "--json"]
            answer = self.stranger.quietly(*words)
            found[:] = _codes(answer.json())
            return wanted in found and answer.code == code

        self._until(has_it, f"{wanted} does not come")
        print(f"   {wanted}: {', '.join(found)}")

    def _until(self, holds: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            expect(time.monotonic() < deadline, otherwise)
            time.sleep(0.2)


def _codes(report: dict[str, Any]) -> list[str]:
    return [check["code"] for check in report["checks"]]

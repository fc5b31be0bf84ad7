"""A gate's commands against a service: foreign codes from trust list to verdict, and its log."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from ledger.canonical import b64url_encode, canonical_json
from ledger.health.scans import digest_of, scan_number
from ledger.values import Role
from scripts.demo.european import pictures_of, trust_list_of
from tests.integration.http.test_gate_bundles import PATH
from tests.integration.http.test_health_foreign import (
    COUNTRY,
    POLICY,
    certificate,
    code,
    issuer,
    moment,
    revoke,
)
from tests.support.health_desks import HOST, HOST_CODE, HOST_ID, HOST_KEY, Desks, desks
from tests.support.lanes import PLACE
from tests.support.terminal import Terminal
from tests.support.vectors import VECTORS, needs_vectors
from tests.support.wired import AT, URL, wire
from wallet.commands import gate_log, gate_update, health_office
from wallet.drawing import PAPER, draw
from wallet.trust import Trust

OFFICER: Final = (*AT, "--account", "officer")
SURE: Final = ("--clock-error", 0)
COMPARED: Final = ("--compared", "matched", *SURE)
DESK: Final = {"SECONDARY": "Go to counter 3.", "TIME": "Ask for a new code."}


class Border:
    """A registrar and a gate, each at a terminal, and the service between them."""

    def __init__(self, both: Desks, folder: Path) -> None:
        self.both = both
        self.folder = folder
        both.grant(HOST_ID, Role.GATE, both.host_officer.address)
        self.gate = Terminal(folder, both.service.clock.now)
        trust = Trust().with_publisher(HOST_KEY.public_key)
        self.gate.outside.trust.save(trust)
        self.gate.run("gate", "enrol", "XB/SAMPLE-HOST", *PLACE, "--out", folder / "request.json")

    def bring(self, form: dict[str, Any]) -> dict[str, Any]:
        """Bring a trust list as the registrar."""
        path = self.folder / "trust-list.form.json"
        path.write_bytes(orjson.dumps(form))
        words = ("health", "trust-list", "XB/SAMPLE-HOST", path, *OFFICER)
        return dict(self.gate.json(*words))

    def update(self) -> dict[str, Any]:
        """Take the newest bundle from the service, with lists of now."""
        clock = self.both.service.clock
        clock.now += 120
        self.both.service.say()
        revoke(self.both, issuer(self.both), [])
        self.gate.now = clock.now
        return dict(self.gate.json("gate", "update", "--from", f"{URL}{PATH}"))

    def scan(self, *sources: object) -> list[dict[str, Any]]:
        """Scan pictures or files; return what was said of each code. A single one is compared."""
        words = COMPARED if len(sources) == 1 else SURE
        done = self.gate.try_("gate", "scan", *sources, *words, "--json")
        return [orjson.loads(line) for line in done.stdout.splitlines()]

    def picture(self, text: str) -> Path:
        path = self.folder / "code.png"
        draw(text, path, PAPER)
        return path


@pytest.fixture
def border(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Border]:
    with desks(url) as both:
        both.agree(POLICY, rules={"texts/en.json": canonical_json(DESK)})
        accounts = {"officer": both.host_officer, "stranger": both.officer}
        wire(monkeypatch, both.service, (gate_update, gate_log, health_office), accounts)
        yield Border(both, tmp_path)


def told(found: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(each["outcome"], each["headline"]) for each in found]


class TestForeignCode:
    def test_passes_once_its_issuer_is_on_a_trust_list(self, border: Border) -> None:
        signer = issuer(border.both)
        shown = border.picture(code(border.both, signer))
        border.update()
        assert told(border.scan(shown)) == [("UNKNOWN", "KEY_UNKNOWN")]
        form = {
            "source": "Sample",
            "sequence": 1,
            "issuedAt": moment(border.both.service.clock.now),
            "authorities": [b64url_encode(signer.der)],
            "certificates": [certificate(signer)],
        }
        assert border.bring(form)["keys"] == 1
        border.update()
        (said,) = border.scan(shown)
        assert (said["outcome"], said["headline"]) == ("ACCEPT", None)
        assert said["people"][0]["citations"]["agreement"]["from"] == COUNTRY
        stranger = border.picture(code(border.both, issuer(border.both)))
        assert told(border.scan(stranger)) == [("UNKNOWN", "KEY_UNKNOWN")]

    def test_is_answered_with_the_words_of_the_agreement_too(self, border: Border) -> None:
        signer = issuer(border.both)
        now = border.both.service.clock.now
        ended = border.picture(signer.code(iat=now - 600, exp=now - 60))
        form = {
            "source": "Sample",
            "sequence": 1,
            "issuedAt": moment(now),
            "authorities": [b64url_encode(signer.der)],
            "certificates": [certificate(signer)],
        }
        border.bring(form)
        border.update()
        said = border.gate.run("gate", "scan", ended, *COMPARED, code=1)
        assert DESK["TIME"] in said
        assert DESK["SECONDARY"] not in said
        good = border.picture(code(border.both, signer))
        said = border.gate.run("gate", "scan", good, "--clock-error", 0, code=3)
        assert DESK["SECONDARY"] in said
        other = border.gate.run(
            "gate", "scan", good, "--clock-error", 0, "--language", "pt", code=3
        )
        assert DESK["SECONDARY"] not in other

    @needs_vectors("dgc")
    def test_of_europe_is_known_and_lets_nobody_in(self, border: Border) -> None:
        pictures = pictures_of(VECTORS, border.folder / "european")
        assert len(pictures) > 100
        border.update()
        before = told(border.scan(*pictures))
        since = moment(border.both.service.clock.now)
        keys = border.bring(trust_list_of(VECTORS, since))["keys"]
        assert keys > 20
        border.update()
        after = told(border.scan(*pictures))
        assert len(after) == len(before) > 100
        assert set(before) == {("UNKNOWN", "KEY_UNKNOWN")}
        assert {outcome for outcome, _ in after} == {"DENY"}
        assert ("DENY", "AGREEMENT") in after  # good codes, which no agreement recognises


class TestLog:
    def test_arrives_row_by_row_and_once(self, border: Border) -> None:
        border.update()
        signer = issuer(border.both)
        shown = border.picture(code(border.both, signer))
        numbers = [border.scan(shown)[0]["scans"][0] for _ in range(3)]
        pushed = border.gate.json("gate", "log", "push", *OFFICER)
        assert (pushed["pushed"], len(pushed["dayKeys"])) == (3, 1)
        again = border.gate.json("gate", "log", "push", *OFFICER)
        assert again == {"pushed": 0, "countedHours": 0, "dayKeys": []}
        headers = border.both.service.by(border.both.host_officer)
        rows = border.gate.run("gate", "log", "export").encode().splitlines()
        assert [scan_number(digest_of(row)) for row in rows] == numbers
        for number, row in zip(numbers, rows, strict=True):
            path = f"/v1/health/scans/{number}"
            answer = border.both.service.client.get(path, headers=headers).json()
            assert answer["row"] == orjson.loads(row)
            assert (answer["row"]["outcome"], answer["stage"]) == ("UNKNOWN", "issued")
        assert border.gate.json("gate", "status")["notPushed"] == 0

    def test_is_summed_up_for_the_agency_by_port_and_hour(self, border: Border) -> None:
        border.update()
        shown = border.picture(code(border.both, issuer(border.both)))
        (number,) = [border.scan(shown)[0]["scans"][0] for _ in range(3)][:1]
        border.gate.run("gate", "log", "push", *OFFICER)
        asked = ("health", "counts", f"{HOST}/{HOST_CODE}", *OFFICER)
        (first,) = border.gate.json(*asked)
        assert (first["outcome"], first["people"]) == ("UNKNOWN", 3)
        said = ("--by", "Officer 12", "--why", "seen")
        border.gate.run("gate", "override", number, "ACCEPT", *said)
        border.gate.run("gate", "log", "push", *OFFICER)
        after = border.gate.json(*asked)
        assert after == border.gate.json("gate", "status")["counts"]
        assert [(each["outcome"], each["people"]) for each in after] == [
            ("ACCEPT", 1),
            ("UNKNOWN", 2),
        ]
        assert border.gate.json(*asked, "--port", first["port"]) == after
        assert border.gate.json(*asked, "--port", "elsewhere") == []
        assert border.gate.json(*asked, "--until", first["hour"]) == []
        assert first["port"] in border.gate.run(*asked)

    def test_waits_for_somebody_who_may(self, border: Border) -> None:
        border.update()
        border.scan(border.picture(code(border.both, issuer(border.both))))
        said = border.gate.run("gate", "log", "push", *AT, "--account", "stranger", code=1)
        assert "role" in said
        assert border.gate.json("gate", "status")["notPushed"] == 1
        assert border.gate.json("gate", "log", "push", *OFFICER)["pushed"] == 1

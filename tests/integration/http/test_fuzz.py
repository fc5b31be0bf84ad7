"""The service keeps what its OpenAPI document promises, whatever it is sent."""

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.chain.accounts import Account
from ledger.events import RoleGranted
from ledger.values import Role, role_id
from tests.support.custody import custody_desk
from tests.support.databases import KINDS
from tests.support.fuzz_towns import Town, health_town, tender_town
from tests.support.licences import AGENCY
from tests.support.listening import listening
from tests.support.service import World, account

PROGRAM = Path("var/schemathesis/bin/schemathesis")
CHECKS = Path("tests/support/fuzz_checks.py")
IS_LONG = "FUZZ_EXAMPLES" in os.environ
EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "10")
SEED = os.environ.get("FUZZ_SEED", "1")
SIGN_OUT = "DELETE /v1/sign-in"
TYPE = "cn.food-business"
SUSPEND = {"status": "suspended", "reason": 101}

TENDERS = "^/v1/(tenders|bids|mailbox)"
HEALTH = "^/v1/(health|agreements|policies)"
UNSIGNED = {"/status/{jurisdiction}/{code}/{list_number}"}
"""Status lists are the worker's, and none works here."""

pytestmark = [
    pytest.mark.skipif(not PROGRAM.exists(), reason=f"{PROGRAM} is not installed (make fuzz)"),
    pytest.mark.slow,
    pytest.mark.timeout(60 * int(EXAMPLES)),
]


REFUSALS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""
"""How a request that breaks the document may be refused: theirs, and 413 where it is too long."""


def over(kind: str) -> pytest.MarkDecorator:
    """Let a test run over one kind of database, and over each kind where it is to be long."""
    return pytest.mark.parametrize("url", KINDS if IS_LONG else [kind], indirect=True)


@dataclass(frozen=True)
class Target:
    """A service on a port, and what is there."""

    town: Town
    origin: str
    folder: Path

    def run_where_there_is_something(self, *options: str) -> None:
        """Run the fuzzer with the names of what is there; see that it was shown all of it."""
        self.run(*options, parameters=self.town.parameters)

    def unserved(self, under: str) -> set[str]:
        """Return the routes that give what a path names, and never did."""
        paths = self.town.world.app.openapi()["paths"]
        named = {path for path in paths if "{" in path and "get" in paths[path]}
        log = self.town.world.log
        gets = (each for each in log if each.get("method") == "GET" and each.get("status") == 200)
        given = {each["route"] for each in gets}
        return {path for path in named - given if re.search(under, path)}

    def run(self, *options: str, parameters: str = "") -> None:
        """Run the fuzzer with a session of its own; fail with its report where it finds a fault."""
        (self.folder / "schemathesis.toml").write_text(parameters + REFUSALS)
        token = self.town.world.sign_in(self.town.officer)
        command = [str(PROGRAM.absolute()), "run", f"{self.origin}/openapi.json", "--no-color"]
        command += ["--header", f"Authorization: Bearer {token}"]
        command += ["--checks", "all", "--exclude-checks", "positive_data_acceptance"]
        command += ["--max-examples", EXAMPLES, "--seed", SEED, "--continue-on-failure", *options]
        surroundings = os.environ | {"SCHEMATHESIS_HOOKS": str(CHECKS.absolute())}
        done = subprocess.run(
            command, cwd=self.folder, env=surroundings, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]


def licence_town(service: World) -> Town:
    """A licence that is anchored, one that is changed, and an account with every role."""
    officer = account("officer")
    roles = (Role.ISSUER, Role.REGISTRAR, Role.APPROVER)
    grants = [role_id(AGENCY.id, role) for role in roles]
    service.say(*(_granted(role, officer) for role in grants))
    first, second = service.issue(externalId="one"), service.issue(externalId="two")
    service.clock.now += 1
    service.anchor()
    order = SUSPEND | {"decision": {"text": "示例决定。"}}
    change = _post(service, f"/v1/licences/{second['digest']}/status", order)
    link = _post(service, f"/v1/licences/{second['digest']}/links", {})
    values = {
        "digest": first["digest"],
        "jurisdiction": AGENCY.jurisdiction,
        "code": AGENCY.code,
        "change_id": change.headers["Location"].rpartition("/")[2],
        "change_set": _change_set(service),
        "job": _job(service),
        "link": link.json()["url"].partition("#")[0].rpartition("/")[2],
        "type_id": TYPE,
        "list_number": 0,
    }
    own = {
        "/v1/decisions/{digest}": {"digest": change.json()["decision"]},
        "/problems/{name}": {"name": "BidLate"},
        "/ocds/extensions/ledger/{name}": {"name": "extension.json"},
        "/ocds/extensions/ledger/codelists/{name}": {"name": "bidStatus.csv"},
    }
    return Town(service, officer, values, own)


@pytest.fixture
def target(service: World, tmp_path: Path) -> Iterator[Target]:
    with listening(service.app) as origin:
        yield Target(licence_town(service), origin, tmp_path)


class TestDocument:
    @over("sqlite")
    def test_is_kept_wherever_one_goes(self, target: Target) -> None:
        target.run("--exclude-name", SIGN_OUT)

    @over("postgresql")
    def test_is_kept_where_there_are_licences(self, target: Target) -> None:
        others = ("--exclude-path-regex", f"{TENDERS}|{HEALTH}")
        target.run_where_there_is_something("--exclude-name", SIGN_OUT, *others)
        assert target.unserved(f"^(?!{TENDERS}|{HEALTH})") == UNSIGNED

    @over("sqlite")
    def test_is_kept_where_there_are_tenders(self, service: World, tmp_path: Path) -> None:
        with listening(service.app) as origin:
            target = Target(tender_town(service), origin, tmp_path)
            target.run_where_there_is_something("--include-path-regex", TENDERS)
        assert target.unserved(TENDERS) == set()

    @over("postgresql")
    def test_is_kept_where_there_is_health(self, url: str, tmp_path: Path) -> None:
        with custody_desk(url) as desk, listening(desk.world.app) as origin:
            target = Target(health_town(desk), origin, tmp_path)
            target.run_where_there_is_something("--include-path-regex", HEALTH)
            assert target.unserved(HEALTH) == set()

    @over("postgresql")
    def test_is_kept_at_the_way_out(self, target: Target) -> None:
        target.run("--include-name", SIGN_OUT)


def _post(service: World, path: str, form: object) -> Any:
    answer = service.client.post(path, json=form, headers=service.by(service.registrar))
    assert answer.is_success, answer.text
    return answer


def _change_set(service: World) -> str:
    form = {"select": {"externalIds": ["one"]}, "order": SUSPEND}
    path = f"/v1/agencies/{AGENCY.jurisdiction}/{AGENCY.code}/change-sets"
    return str(_post(service, path, form).json()["changeSet"])


def _job(service: World) -> str:
    """Return the id of a job that is over: the events of one that waits would never end."""
    path = f"/v1/agencies/{AGENCY.jurisdiction}/{AGENCY.code}/jobs?type={TYPE}&dryRun=true"
    headers = service.by(service.issuer) | {"Content-Type": "text/csv"}
    ordered = service.client.post(path, content=b"external_id\r\n1\r\n", headers=headers)
    job = str(ordered.json()["job"])
    ended = service.client.post(f"/v1/jobs/{job}/cancellation", headers=headers)
    assert ended.json()["state"] == "cancelled", ended.text
    return job


def _granted(role: bytes, who: Account) -> object:
    return lambda place: RoleGranted(place, role, who.address)

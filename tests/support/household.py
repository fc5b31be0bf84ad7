"""A whole household for tests, and a hand that types commands at it."""

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import orjson
from click.testing import CliRunner, Result

from tests.support.licences import AGENCY, FIELDS
from tests.support.ports import free_port
from wallet.cli import main
from wallet.embedded import Clocks
from wallet.household import Household
from wallet.layout import Ports

CLOCKS = Clocks(lambda: int(time.time()), time.monotonic, time.sleep)
NAME = f"{AGENCY.jurisdiction}/{AGENCY.code}"


def build(folder: Path, ports: Ports | None = None, url: str | None = None) -> Household:
    """Return a household that keeps to `folder`; its database is at `url`, where one is given."""
    chosen = ports or Ports(free_port(), free_port())
    elsewhere = {} if url is None else {"SUIZHENG_DATABASE_URL": url}
    return Household(folder, chosen, CLOCKS, secrets.token_bytes, os.environ | elsewhere)


def until(fact: Callable[[], bool], seconds: float = 60) -> None:
    """Return once `fact` holds; fail when it does not come to hold."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline, "it did not come to hold"
        time.sleep(0.05)


class Hand:
    """Types commands at a household; in this process, since each start costs a second."""

    def __init__(self, household: Household) -> None:
        self.household = household
        layout = household.layout
        self.environment = {
            "SUIZHENG_HOME": str(layout.wallet),
            "SUIZHENG_PASSWORD_FILE": str(layout.password),
            "SUIZHENG_SERVICE": household.urls.service,
            "SUIZHENG_DATABASE_URL": household.environment["SUIZHENG_DATABASE_URL"],
        }

    def run(self, *words: object, code: int = 0) -> str:
        done = self._invoke(*words)
        assert done.exit_code == code, done.output
        return done.stdout

    def failing(self, *words: object, code: int) -> str:
        """Run a command that is to fail; return what it said on standard error."""
        done = self._invoke(*words)
        assert done.exit_code == code, done.output
        return done.stderr

    def does(self, *words: object) -> bool:
        """Whether a command succeeds."""
        return self._invoke(*words).exit_code == 0

    def verdict(self, document: Path) -> str:
        verdict: str = orjson.loads(self._invoke("verify", document, "--json").stdout)["verdict"]
        return verdict

    def _invoke(self, *words: object) -> Result:
        return CliRunner().invoke(main, [str(word) for word in words], env=self.environment)

    def json(self, *words: object, code: int = 0) -> Any:
        return orjson.loads(self.run(*words, "--json", code=code))

    def set_up_agency(self) -> None:
        keys = self.household.layout.service_keys / "documents"
        self.run("key", "new", "document", "seal")
        self.run("key", "hand-over", "seal", keys)
        admit = ("admit-jurisdiction", AGENCY.jurisdiction, "--supervisor", "supervisor")
        self.run("agency", *admit)
        self.run("agency", "admit", NAME, "--name", AGENCY.name, "--admin", "supervisor")
        self.run("agency", "accredit", NAME, "cn.food-business")
        for role in ("issuer", "registrar"):
            self.run("agency", "grant", NAME, role, "operator", "--account", "supervisor")
        usages = ("documents", "status-lists", "bundles")
        usage = [word for name in usages for word in ("--usage", name)]
        self.run("agency", "announce-key", NAME, "seal", *usage, "--account", "supervisor")

    def issue(self, external_id: str) -> Path:
        """Issue one licence, wait for its block, fetch it; return the document's file."""
        fields = self.household.layout.root / "fields.json"
        fields.write_bytes(orjson.dumps(dict(FIELDS["cn.food-business"])))
        until(self._is_known, 30)
        words = ("licence", "issue", NAME, "cn.food-business", "--fields", fields, "--wait")
        issued = self.json(*words, "--account", "operator", "--external-id", external_id)
        out = self.household.layout.root / "out"
        fetched = self.json(
            "licence", "fetch", issued["digest"], "--out", out, "--account", "operator"
        )
        assert set(fetched) == {"document", "proof"}
        return Path(fetched["document"])

    def _is_known(self) -> bool:
        """Whether the service's projection has come to the agency's key."""
        url = f"{self.household.urls.service}/v1/agencies/{NAME}/keys"
        return "kid" in httpx2.get(url).text

"""What officers take back at a terminal: transfers, passes, and all passes of somebody."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.store.changes import ChangeStore
from ledger.canonical import b64url_decode
from ledger.health import passes, signed
from ledger.values import Digest, Status
from tests.integration.http.test_health_passes import issued
from tests.support.health_desks import Desks, desks, fresh_key
from tests.support.terminal import Terminal
from tests.support.wired import AT, wire
from wallet.commands import health_status

UNKNOWN = "0x" + "00" * 32


@pytest.fixture
def both(url: str) -> Iterator[Desks]:
    with desks(url) as made:
        yield made


@pytest.fixture
def office(both: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    accounts = {"home": both.officer, "host": both.host_officer}
    wire(monkeypatch, both.service, (health_status,), accounts)
    return Terminal(tmp_path, both.service.clock.now)


def transferred(both: Desks) -> Digest:
    form = both.transfer_form(fresh_key())
    answer = both.post("transfers", form, both.officer).json()
    return Digest(signed.read(b64url_decode(answer["transfer"])).digest)


def ordered(both: Desks, digest: Digest) -> list[tuple[Status, int]]:
    found = ChangeStore(both.service.database).of(digest)
    return [(each.status, each.reason) for each in found]


def words(what: str, name: str, *more: object, by: str = "home") -> tuple[Any, ...]:
    return ("health", "status", what, name, *more, *AT, "--account", by)


class TestTransfer:
    def test_is_withdrawn(self, both: Desks, office: Terminal) -> None:
        digest = transferred(both)
        named = f"0x{digest.hex()}"
        told = office.json(*words("transfer", named, "revoked", "--reason", 350))
        assert (len(told["changes"]), told["status"]) == (1, "revoked")
        assert ordered(both, digest) == [(Status.REVOKED, 350)]

    def test_is_its_own_authoritys(self, both: Desks, office: Terminal) -> None:
        digest = transferred(both)
        asked = words("transfer", f"0x{digest.hex()}", "revoked", "--reason", 350, by="host")
        assert "role" in office.run(*asked, code=1)
        assert ordered(both, digest) == []

    def test_has_a_reason_that_fits(self, both: Desks, office: Terminal) -> None:
        digest = transferred(both)
        named = f"0x{digest.hex()}"
        assert office.run(*words("transfer", named, "revoked", "--reason", 102), code=1)
        office.run(*words("transfer", named, "revoked"), code=64)
        assert ordered(both, digest) == []

    def test_that_nobody_signed_is_unknown(self, office: Terminal) -> None:
        office.run(*words("transfer", UNKNOWN, "revoked", "--reason", 350), code=1)


class TestPass:
    def test_is_suspended(self, both: Desks, office: Terminal) -> None:
        digests = [Digest(passes.from_text(each["code"]).digest) for each in issued(both)["passes"]]
        one, named = digests[0], f"0x{digests[0].hex()}"
        told = office.run(*words("pass", named, "suspended", "--reason", 105, by="host"))
        assert "suspended: 1 change on the way" in told
        assert ordered(both, one) == [(Status.SUSPENDED, 105)]
        assert ordered(both, digests[1]) == []

    def test_is_withdrawn_with_all_of_its_holder(self, both: Desks, office: Terminal) -> None:
        holder = issued(both)
        asked = words("holder", holder["holder"], "revoked", "--reason", 335, by="host")
        assert len(office.json(*asked)["changes"]) == len(holder["passes"])
        for each in holder["passes"]:
            digest = Digest(passes.from_text(each["code"]).digest)
            assert ordered(both, digest) == [(Status.REVOKED, 335)]

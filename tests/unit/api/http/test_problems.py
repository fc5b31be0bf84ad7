import importlib

import orjson

from api.http import problems
from api.http.problems import STATUS, problem, status_of
from ledger.errors import (
    AgencyNotActive,
    LedgerError,
    Refused,
    RoleMissing,
    StatusFinal,
    Unavailable,
)
from tests.support.errors import every_error, modules


class TestStatus:
    def test_every_error_has_one(self) -> None:
        statuses = {name: status_of(kind) for name, kind in every_error().items()}
        assert len(statuses) > 80
        for name, kind in every_error().items():
            if issubclass(kind, Unavailable):
                assert statuses[name] == 503, name
            elif issubclass(kind, Refused):
                assert 400 <= statuses[name] < 500, name
            else:
                assert statuses[name] == 500, name

    def test_every_line_of_the_table_is_an_error(self) -> None:
        assert set(STATUS) <= every_error().keys()

    def test_no_two_errors_share_a_name(self) -> None:
        found: dict[str, type[LedgerError]] = {}
        for name in modules():
            for value in vars(importlib.import_module(name)).values():
                if isinstance(value, type) and issubclass(value, LedgerError):
                    assert found.setdefault(value.__name__, value) is value, value

    def test_nearest_base_decides(self) -> None:
        class NewerRoleMissing(RoleMissing):
            """A rule of tomorrow."""

        assert status_of(NewerRoleMissing) == 403

    def test_every_error_has_a_title_of_its_own(self) -> None:
        for name, kind in every_error().items():
            assert kind.title().endswith((".", "?")), name
            assert "\n" not in kind.title()


class TestProblem:
    def test_spells_values_as_json_can_hold_them(self) -> None:
        answer = problem(StatusFinal(7, 3 << 254), "urn:x")
        document = orjson.loads(answer.body)
        assert document["entries"] == str(3 << 254)
        assert document["word"] == 7
        assert document["instance"] == "urn:x"

    def test_keeps_a_value_apart_from_members_of_the_same_name(self) -> None:
        document = orjson.loads(problem(AgencyNotActive(b"\xab" * 32, 2), "urn:x").body)
        assert document["status"] == 409
        assert document["statusValue"] == 2
        assert document["agency"] == "0x" + "ab" * 32

    def test_an_outage_says_when_to_come_back(self) -> None:
        assert "Retry-After" in problem(Unavailable(), "urn:x").headers
        assert "Retry-After" not in problem(Refused(), "urn:x").headers

    def test_an_unforeseen_error_has_no_detail(self) -> None:
        document = orjson.loads(problem(problems.Internal(), "urn:x").body)
        assert document.keys() == {"type", "title", "status", "instance"}

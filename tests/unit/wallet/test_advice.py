"""Every error that a person may read says what happened and what to do next."""

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

import wallet
from ledger.errors import AgencyUnknown, ChainUnavailable, LedgerError, RoleMissing
from ledger.health.conversion import Ground
from ledger.keystore import PasswordWrong
from ledger.licences.fields import FieldError, FieldsInvalid
from ledger.values import Role
from wallet.advice import spoken
from wallet.health.refusals import ADVICE as HEALTH_ADVICE
from wallet.service import problem

TITLES = orjson.loads(Path("api/http/explanations/zh-Hans.json").read_bytes())["titles"]
"""The service's problems: every name has a title in Chinese."""
SPEAKS_FOR_OTHERS = {"ServiceRefused"}
"""Errors whose words are the service's."""


def ours() -> Iterator[type[LedgerError]]:
    for module in pkgutil.walk_packages(wallet.__path__, "wallet."):
        for value in vars(importlib.import_module(module.name)).values():
            if (
                isinstance(value, type)
                and issubclass(value, LedgerError)
                and value.__module__ == module.name
                and value.__name__ not in SPEAKS_FOR_OTHERS
            ):
                yield value


class TestErrors:
    def test_are_found(self) -> None:
        assert len(set(ours())) > 30

    @pytest.mark.parametrize("error", sorted(set(ours()), key=str))
    def test_say_what_happened_and_what_to_do(self, error: type[LedgerError]) -> None:
        happened, *advice = error.title().split(". ")
        assert len(happened.split()) >= 4
        assert advice, error.title()
        assert error.title().endswith(".")


class TestSpoken:
    def test_names_the_role_that_is_missing(self) -> None:
        said = spoken(RoleMissing(b"\x01" * 32, 6, "0xabc"))
        assert said.startswith("0xabc does not hold the role supervisor for 0x0101")
        assert "suizheng agency grant" in said

    @pytest.mark.parametrize(
        ("error", "advice"),
        [
            (ChainUnavailable("gone"), "--node"),
            (ChainUnavailable("the node refused: Insufficient funds for gas"), "suizheng key fund"),
            (PasswordWrong(), "password file"),
            (AgencyUnknown(b"\x01"), "suizheng agency list"),
        ],
    )
    def test_adds_advice(self, error: LedgerError, advice: str) -> None:
        assert spoken(error).splitlines()[0] == str(error)
        assert advice in spoken(error).splitlines()[1]

    def test_says_of_others_what_they_say(self) -> None:
        error = LedgerError()
        assert spoken(error) == str(error)

    def test_takes_a_role_that_it_does_not_know(self) -> None:
        assert "role 99" in spoken(RoleMissing(b"", 99, "0xabc"))

    def test_names_the_fields_that_break_rules(self) -> None:
        said = spoken(FieldsInvalid((FieldError("colour", "unknown-column"),)))
        assert "  colour: this type has no such column" in said.splitlines()


class TestSpokenOfTheService:
    def test_names_the_role_that_is_missing(self) -> None:
        facts = {"subject": "0x01", "role": int(Role.ISSUER), "account": "0xabc"}
        body = {"type": "/problems/RoleMissing", "title": "The role is missing."} | facts
        said = spoken(problem(403, orjson.dumps(body)))
        assert said.startswith("0xabc does not hold the role issuer for 0x01.")

    def test_adds_the_advice_of_the_error_of_that_name(self) -> None:
        body = {"type": "/problems/AccreditationMissing", "title": "It is not accredited."}
        assert "suizheng agency accredit" in spoken(problem(403, orjson.dumps(body)))

    @pytest.mark.parametrize(
        ("name", "facts", "said"),
        [
            ("StatusFinal", {}, "The licence 0x01 is revoked, and that is final."),
            (
                "StatusTransitionIllegal",
                {"from": "superseded", "to": "suspended"},
                "The licence 0x01 is superseded and cannot become suspended for that reason.",
            ),
        ],
    )
    def test_speaks_of_the_licence(self, name: str, facts: dict[str, str], said: str) -> None:
        body = {"type": f"/problems/{name}", "title": "No.", "digest": "0x01"} | facts
        happened, advice = spoken(problem(409, orjson.dumps(body))).splitlines()
        assert happened == said
        assert "suizheng licence" in advice
        assert advice.endswith(f"({name})")

    @pytest.mark.parametrize("ground", list(Ground))
    def test_says_why_nothing_is_converted_and_where_to_appeal(self, ground: Ground) -> None:
        facts = {"ground": ground.name.lower(), "cause": "grade 2", "appeal": "a@health.example"}
        body = {"type": "/problems/ConversionRefused", "title": "No.", **facts}
        said = spoken(problem(409, orjson.dumps(body | {"answerWithin": "PT24H"}))).splitlines()
        assert said[0].startswith("The host issues no pass for this transfer. ")
        assert len(said[0].split(". ")) > 1
        assert said[1:] == [
            f"Reason: {ground}, grade 2",
            "Appeal to a@health.example; you are answered within 24 hours.",
            "(ConversionRefused)",
        ]
        del body["appeal"]
        assert len(spoken(problem(409, orjson.dumps(body))).splitlines()) == 3

    @pytest.mark.parametrize("name", sorted(HEALTH_ADVICE))
    def test_advises_about_health_codes_by_names_that_exist(self, name: str) -> None:
        assert name in TITLES
        body = {"type": f"/problems/{name}", "title": "No."}
        assert HEALTH_ADVICE[name] in spoken(problem(409, orjson.dumps(body)))

    def test_repeats_what_it_has_no_advice_for(self) -> None:
        error = problem(409, orjson.dumps({"type": "/problems/Odd", "title": "Odd."}))
        assert spoken(error) == str(error)

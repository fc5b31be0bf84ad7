"""Every error of the package: built from values, worded for people, and safe to carry around."""

import contextlib
import copy
import importlib
import pickle
import pkgutil
from collections.abc import Iterator
from dataclasses import MISSING, Field, dataclass
from typing import Any, get_args, get_origin

import pytest

import ledger
from ledger.errors import LedgerError, Refused, RoleMissing, StatusTransitionIllegal, Unavailable

SAMPLES: dict[object, Any] = {
    bytes: b"\x0a" * 32,
    int: 7,
    str: "sample",
    bool: True,
    tuple: (),
    frozenset: frozenset(),
}


def every_error() -> list[type[LedgerError]]:
    """All classes of `ledger`, abstract roots included, whoever's module they stand in."""
    for module in pkgutil.walk_packages(ledger.__path__, "ledger."):
        importlib.import_module(module.name)
    found: list[type[LedgerError]] = [LedgerError]
    for kind in found:
        found += [sub for sub in kind.__subclasses__() if sub not in found]
    return sorted(
        (kind for kind in found if kind.__module__.startswith("ledger.")), key=lambda k: k.__name__
    )


def sample_of(field: "Field[Any]") -> Any:
    """Any value of the field's type: errors carry values and never judge them."""
    if field.default is not MISSING:
        return field.default
    kind = getattr(field.type, "__supertype__", field.type)
    choices = [*get_args(kind), kind] if get_origin(kind) not in {tuple, frozenset} else [kind]
    for choice in choices:
        plain = get_origin(choice) or getattr(choice, "__supertype__", choice)
        if plain in SAMPLES:
            return SAMPLES[plain]
    return "sample"


def built(kind: type[LedgerError]) -> LedgerError:
    declared: dict[str, Field[Any]] = getattr(kind, "__dataclass_fields__", {})
    return kind(**{name: sample_of(field) for name, field in declared.items()})


ERRORS = every_error()


@pytest.mark.parametrize("kind", ERRORS, ids=lambda kind: kind.__name__)
class TestEveryError:
    def test_title_is_one_sentence(self, kind: type[LedgerError]) -> None:
        title = kind.title()
        assert title[0].isupper()
        assert title.endswith(".")
        assert not title.startswith(
            f"{kind.__name__}("
        )  # what dataclass writes without a docstring

    def test_prints_its_title_and_values(self, kind: type[LedgerError]) -> None:
        error = built(kind)
        assert str(error).startswith(kind.title())
        for value in error.values().values():
            shown = "0x" + value.hex() if isinstance(value, bytes) else str(value)
            assert shown in str(error)

    def test_is_refused_or_unavailable_or_a_root(self, kind: type[LedgerError]) -> None:
        assert not (issubclass(kind, Refused) and issubclass(kind, Unavailable))

    def test_has_its_name_to_itself(self, kind: type[LedgerError]) -> None:
        assert [other for other in ERRORS if other.__name__ == kind.__name__] == [kind]

    def test_has_a_hash(self, kind: type[LedgerError]) -> None:
        assert len({built(kind), built(kind)}) == 2

    def test_passes_through_with_blocks(self, kind: type[LedgerError]) -> None:
        @contextlib.contextmanager
        def block() -> Iterator[None]:
            yield

        error = built(kind)
        with pytest.raises(kind) as caught, block(), contextlib.ExitStack():
            raise error
        assert caught.value is error

    def test_keeps_its_cause_and_notes(self, kind: type[LedgerError]) -> None:
        cause = ValueError("below")
        error = built(kind)
        error.add_note("above")
        with pytest.raises(kind) as caught:
            raise error from cause
        assert caught.value.__cause__ is cause
        assert error.__notes__ == ["above"]

    def test_survives_pickling_and_copying(self, kind: type[LedgerError]) -> None:
        error = built(kind)
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  # our own bytes
            assert type(again) is kind
            assert again.values() == error.values()
            assert str(again) == str(error)


class TestValues:
    def test_bytes_are_shown_as_hex(self) -> None:
        error = RoleMissing(b"\x01\xff", 3, "0xabc")
        assert str(error) == (
            "The account does not hold the role that this needs. "
            "(subject=0x01ff, role=3, account=0xabc)"
        )

    def test_names_are_those_of_python(self) -> None:
        assert StatusTransitionIllegal(1, 2, 3, 4).values() == {
            "word": 1,
            "entries": 2,
            "from_": 3,
            "to": 4,
        }

    def test_are_those_it_is_retold_in(self) -> None:
        error = StatusTransitionIllegal(1, 2, 3, 4).retell(from_="superseded", to="suspended")
        assert error.values() == {"from_": "superseded", "to": "suspended"}
        assert str(error) == "The status may not change that way. (from=superseded, to=suspended)"
        assert error.word == 1
        assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  # pickled here

    def test_a_subclass_without_values_shows_its_title_alone(self) -> None:
        assert str(Refused()) == "A rule says no."

    def test_an_error_of_another_package_is_one_too(self) -> None:
        @dataclass(eq=False)
        class Late(Refused):
            """It came late."""

            seconds: int

        assert str(Late(3)) == "It came late. (seconds=3)"

"""Identifiers with check characters: 证照标识, organisation codes, resident numbers.

No error repeats the number it refuses: a resident number is personal, and so may be the identifier
of a person's licence.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import mul
from typing import Final

from stdnum import numdb
from stdnum.cn import ric

from ledger.errors import Refused

ROOT: Final = "1.2.156.3005.2."
"""What every 证照标识 begins with."""

_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PRODUCTS: Final = tuple(
    {
        character: ((product + value) % 36 or 36) * 2 % 37
        for value, character in enumerate(_ALPHABET)
    }
    for product in range(37)
)
"""ISO 7064 MOD 37,36: the next product after one, by the character between."""
_LICENCE_ID: Final = re.compile(
    r"1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18}|[0-9]{6})"
    r"\.([0-9A-Z]{1,32})\.([0-9]{3})\.([0-9A-Z])"
)
_SERIAL: Final = re.compile(r"[0-9A-Z]{1,32}")
_TYPE_CODE: Final = re.compile(r"[0-9A-Z]{21}")
_ISSUER: Final = re.compile(r"[0-9A-Z]{18}")
_FIRST_VERSION: Final = 1
_LAST_VERSION: Final = 999

_ORGANISATION: Final = re.compile(r"[0-9]{8}[0-9A-HJ-NPQRTUWXY]{10}")
_ORGANISATION_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_VALUES: Final = {c: value for value, c in enumerate(_ORGANISATION_ALPHABET)}
_ORGANISATION_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
_FOREIGNER: Final = re.compile(r"9[0-9]{16}[0-9X]")
_OUTSIDE_REGISTER: Final = frozenset({"810000", "820000", "830000"})
"""Places of residents of Hong Kong, Macau and Taiwan, whatever their year of birth."""


class IdentifierKind(StrEnum):
    """Which identifier is meant."""

    LICENCE = "licence_id"
    ORGANISATION = "organisation_code"
    RESIDENT = "resident_number"


class IdentifierRule(StrEnum):
    """Which of its rules an identifier breaks."""

    SHAPE = "identifier-shape"
    CHECK_CHARACTER = "check-character"
    DATE_OF_BIRTH = "date-of-birth"


@dataclass(eq=False)
class IdentifierWrong(Refused):
    """The identifier breaks a rule of its kind."""

    kind: IdentifierKind
    rule: IdentifierRule


@dataclass(frozen=True, slots=True)
class LicenceId:
    """The parts of a 证照标识; `version` starts at 1 and rises with every re-issue of `serial`.

    `issuer` is an organisation code of 18 characters, or in old identifiers an area code of 6.
    """

    type_code: str
    issuer: str
    serial: str
    version: int

    def __str__(self) -> str:
        """The identifier with its root and check character, upper case."""
        parts = (self.type_code, self.issuer, self.serial, f"{self.version:03}")
        return f"{ROOT}{'.'.join(parts)}.{check_character(''.join(parts))}"


def licence_id(type_code: str, issuer: str, serial: str, version: int) -> LicenceId:
    """Return the identifier of these parts; raise `IdentifierWrong` for one of another shape.

    The issuer has an organisation code here: area codes are read, never written.
    """
    if not (
        _TYPE_CODE.fullmatch(type_code)
        and _ISSUER.fullmatch(issuer)
        and _SERIAL.fullmatch(serial)
        and _FIRST_VERSION <= version <= _LAST_VERSION
    ):
        raise IdentifierWrong(IdentifierKind.LICENCE, IdentifierRule.SHAPE)
    return LicenceId(type_code, issuer, serial, version)


def parse_licence_id(text: str) -> LicenceId:
    """Return the parts of a 证照标识; raise `IdentifierWrong` for its shape or check character."""
    found = _LICENCE_ID.fullmatch(text)
    if found is None:
        raise IdentifierWrong(IdentifierKind.LICENCE, IdentifierRule.SHAPE)
    type_code, issuer, serial, version, check = found.groups()
    if int(version) < _FIRST_VERSION:
        raise IdentifierWrong(IdentifierKind.LICENCE, IdentifierRule.SHAPE)
    if check_character(type_code + issuer + serial + version) != check:
        raise IdentifierWrong(IdentifierKind.LICENCE, IdentifierRule.CHECK_CHARACTER)
    return LicenceId(type_code, issuer, serial, int(version))


def check_character(text: str) -> str:
    """Return the ISO 7064 MOD 37,36 character (GB/T 17710) of `text`, which is of 0-9 and A-Z."""
    product = 36
    for character in text:
        product = _PRODUCTS[product][character]
    return _ALPHABET[(37 - product) % 36]


def check_organisation_code(code: str) -> None:
    """Raise `IdentifierWrong` unless `code` is a 统一社会信用代码 (GB 32100) in its one spelling.

    The organisation code inside has a check character of its own, which is not looked at.
    """
    if not _ORGANISATION.fullmatch(code):
        raise IdentifierWrong(IdentifierKind.ORGANISATION, IdentifierRule.SHAPE)
    values = [_ORGANISATION_VALUES[character] for character in code]
    if (sum(map(mul, values, _ORGANISATION_WEIGHTS)) + values[-1]) % 31:
        raise IdentifierWrong(IdentifierKind.ORGANISATION, IdentifierRule.CHECK_CHARACTER)


def check_resident_number(number: str) -> None:
    """Raise `IdentifierWrong` unless `number` is a 公民身份号码 (GB 11643) by date and check.

    The place is not judged, see `is_place_known`. A foreigner's number, which begins with 9, is
    accepted as typed: its check rule is not public.
    """
    if not _RESIDENT.fullmatch(number):
        raise IdentifierWrong(IdentifierKind.RESIDENT, IdentifierRule.SHAPE)
    if _FOREIGNER.fullmatch(number):
        return
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as exc:
        raise IdentifierWrong(IdentifierKind.RESIDENT, IdentifierRule.DATE_OF_BIRTH) from exc
    if ric.calc_check_digit(number) != number[-1]:
        raise IdentifierWrong(IdentifierKind.RESIDENT, IdentifierRule.CHECK_CHARACTER)


def is_place_known(number: str) -> bool:
    """Whether the place code of a resident number is on record for any year.

    Codes are founded and abolished, and holders keep theirs, so the year of birth is not compared.
    """
    place = number[:6]
    if place in _OUTSIDE_REGISTER or _FOREIGNER.fullmatch(number):
        return True
    return any("county" in properties for _, properties in numdb.get("cn/loc").info(place))

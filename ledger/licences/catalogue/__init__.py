"""The catalogue of licence types 电子证照目录: one JSON file per type and major version.

A file is immutable once a licence was issued from it: its digest stands in every such document.
"""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Any, Final

from ledger.canonical import canonical_json, parse_object
from ledger.errors import Refused
from ledger.licences.reasons import reason_of
from ledger.licences.schema import Check, compile_schema
from ledger.values import RecordType, licence_record_type

LANGUAGES: Final = ("zh-Hans", "zh-Hant", "en", "pt")
DEFAULTED: Final = frozenset(
    {"issue_date", "valid_from", "valid_until", "holder_code_kind", "holder_code_type"}
)
"""Claims that every document has and the issuer fills where nobody supplies them."""


@dataclass(eq=False)
class TypeUnknown(Refused):
    """The licence type is not in the catalogue."""

    type: str


@dataclass(eq=False)
class CatalogueMalformed(Refused):
    """A file of the catalogue breaks its own rules."""

    type: str
    reason: str


@dataclass(eq=False)
class ReasonNotForType(Refused):
    """Licences of this type do not change status for that reason."""

    type: str
    reason: int


class HolderKind(StrEnum):
    """Who may hold a licence of a type."""

    ORGANISATION = "organisation"
    PERSON = "person"
    EITHER = "either"


class Show(StrEnum):
    """Whether a wallet offers a claim at once or only when asked for it."""

    DEFAULT = "default"
    ON_REQUEST = "on-request"


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim of a type; `labels` by language, `code` the pinyin field code or empty.

    `disclosable` claims are in a disclosure each, `by_element` ones in one per array element too.
    `computed` claims are the issuer's to fill and nobody's to supply.
    """

    name: str
    labels: Mapping[str, str]
    code: str
    mandatory: bool
    disclosable: bool
    show: Show
    computed: bool
    by_element: bool


@dataclass(frozen=True, slots=True)
class Validity:
    """How long licences of a type last; None or False where the type says nothing."""

    years: int | None
    open_ended: bool
    max_days: int | None
    renew_before_days: int | None

    @property
    def has_one_term(self) -> bool:
        """Whether the first day tells the last one: so many years, or no end, and not either."""
        return (self.years is None) == self.open_ended and self.max_days is None


@dataclass(frozen=True)
class LicenceType:
    """One licence type and major version.

    `checks` holds a compiled check for every claim, by name; `thresholds` the steps at which the
    issuer adds a boolean, by the claim they are about.
    """

    id: str
    major: int
    vct: str
    names: Mapping[str, str]
    type_code: str
    type_code_made_up: bool
    holder: HolderKind
    schema: Mapping[str, Any]
    claims: tuple[Claim, ...]
    validity: Validity
    number: str | None
    thresholds: Mapping[str, tuple[int, ...]]
    lifecycle: frozenset[int]
    checks: Mapping[str, Check] = field(repr=False)

    @cached_property
    def by_name(self) -> Mapping[str, Claim]:
        """The claims by name."""
        return {claim.name: claim for claim in self.claims}

    @cached_property
    def mandatory(self) -> tuple[str, ...]:
        """Names of the claims that must be supplied."""
        return tuple(
            claim.name
            for claim in self.claims
            if claim.mandatory and not claim.computed and claim.name not in DEFAULTED
        )

    @cached_property
    def visible(self) -> tuple[str, ...]:
        """Names of the claims that no holder can leave out of a document."""
        return tuple(
            claim.name for claim in self.claims if claim.mandatory and not claim.disclosable
        )

    @cached_property
    def record_type(self) -> RecordType:
        """What an agency must be accredited for."""
        return licence_record_type(self.id)

    @cached_property
    def hides_count(self) -> bool:
        """Whether decoys hide which optional claims a document has: wherever a person holds it."""
        return self.holder is not HolderKind.ORGANISATION

    @cached_property
    def most_disclosures(self) -> int:
        """The number of claims of a document that has all of them, visible ones left out."""
        return sum(claim.disclosable for claim in self.claims)

    @cached_property
    def integrity(self) -> str:
        """The `vct#integrity` of the type: Subresource Integrity of its metadata's bytes."""
        return "sha256-" + b64encode(hashlib.sha256(self.metadata()).digest()).decode("ascii")

    def metadata(self) -> bytes:
        """Return the SD-JWT VC Type Metadata, always the same bytes (RFC 8785)."""
        return canonical_json(
            {
                "vct": self.vct,
                "name": self.names["en"],
                "display": [{"locale": tag, "name": self.names[tag]} for tag in LANGUAGES],
                "claims": [
                    {
                        "path": [claim.name],
                        "display": [
                            {"locale": tag, "label": claim.labels[tag]} for tag in LANGUAGES
                        ],
                        "mandatory": claim.mandatory,
                        "sd": "always" if claim.disclosable else "never",
                    }
                    for claim in self.claims
                ],
            }
        )

    def check_reason(self, reason: int) -> None:
        """Raise `ReasonNotForType` unless the type's licences may change status for `reason`."""
        if reason not in self.lifecycle:
            raise ReasonNotForType(self.id, reason)


def threshold_claim(claim: str, step: int) -> str:
    """Return the name of the boolean that says whether `claim` is at least `step`."""
    return f"{claim.removesuffix('_m2')}_ge_{step}"


def read_type(text: str | bytes) -> LicenceType:
    """Return the licence type in the JSON `text`.

    Raises:
        CatalogueMalformed: when parts are missing, disagree, or name unknown reasons.
        SchemaUnsupported: when the schema uses a keyword that is not known here.
    """
    source = parse_object(text)
    try:
        read = _read(source)
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise CatalogueMalformed(str(source.get("id")), f"{type(exc).__name__} {exc}") from exc
    _check(read)
    return read


def _read(source: dict[str, Any]) -> LicenceType:
    validity, schema = source["validity"], source["schema"]
    return LicenceType(
        id=source["id"],
        major=source["major"],
        vct=source["vct"],
        names=source["names"],
        type_code=source["type_code"],
        type_code_made_up=source.get("type_code_made_up", False),
        holder=HolderKind(source["holder"]),
        schema=schema,
        claims=tuple(map(_read_claim, source["claims"])),
        validity=Validity(
            validity.get("years"),
            validity.get("open", False),
            validity.get("max_days"),
            validity.get("renew_before_days"),
        ),
        number=source.get("number", {}).get("pattern"),
        thresholds={name: tuple(steps) for name, steps in source.get("thresholds", {}).items()},
        lifecycle=frozenset(source["lifecycle"]["reasons"]),
        checks={name: compile_schema(part) for name, part in schema["properties"].items()},
    )


def _read_claim(source: dict[str, Any]) -> Claim:
    (name,) = source["path"]
    return Claim(
        name=name,
        labels=source["labels"],
        code=source.get("code", ""),
        mandatory=source["mandatory"],
        disclosable={"always": True, "never": False}[source["sd"]],
        show=Show(source["show"]),
        computed=source.get("computed", False),
        by_element=source.get("by_element", False),
    )


def _check(read: LicenceType) -> None:
    names = [claim.name for claim in read.claims]
    thresholds = {
        threshold_claim(n, step) for n, steps in read.thresholds.items() for step in steps
    }
    required = {claim.name for claim in read.claims if claim.mandatory}
    faults = {
        "vct": read.vct != f"urn:suizheng:licence:{read.id}:{read.major}",
        "names": set(read.names) != set(LANGUAGES),
        "labels": any(set(claim.labels) != set(LANGUAGES) for claim in read.claims),
        "claims": len(set(names)) != len(names) or set(names) != set(read.checks),
        "required": set(read.schema.get("required", ())) != required,
        "additionalProperties": read.schema.get("additionalProperties") is not False,
        "thresholds": not (thresholds | set(read.thresholds)) <= set(names),
        "number": read.number != read.schema["properties"]["licence_number"].get("pattern"),
    }
    for reason, found in faults.items():
        if found:
            raise CatalogueMalformed(read.id, reason)
    for code in read.lifecycle:
        reason_of(code)


class Catalogue:
    """Licence types by id and by `vct`; one id may have several major versions."""

    def __init__(self, types: Iterable[LicenceType]) -> None:
        """Keep `types`; the newest major version of an id is the one to issue from."""
        self._by_vct = {entry.vct: entry for entry in sorted(types, key=lambda t: (t.id, t.major))}
        self._newest = {entry.id: entry for entry in self._by_vct.values()}

    def get(self, type_id: str) -> LicenceType:
        """Return the newest version of a type; raise `TypeUnknown`."""
        try:
            return self._newest[type_id]
        except KeyError as exc:
            raise TypeUnknown(type_id) from exc

    def by_vct(self, vct: str, integrity: str | None = None) -> LicenceType:
        """Return the type and version that a document names.

        Raises:
            TypeUnknown: when it is not here, or, `integrity` given, reads otherwise here.
        """
        found = self._by_vct.get(vct)
        if found is None or integrity not in (None, found.integrity):
            raise TypeUnknown(vct)
        return found

    def all(self) -> tuple[LicenceType, ...]:
        """Return every type and version, by id and major version."""
        return tuple(self._by_vct.values())


def load_catalogue() -> Catalogue:
    """Return the catalogue that comes with the package."""
    folder = files(__name__)
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".json"))
    return Catalogue([read_type((folder / name).read_bytes()) for name in names])

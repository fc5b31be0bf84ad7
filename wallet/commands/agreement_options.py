"""How a person names an agreement, a bundle and what a suspension covers."""

import re
from pathlib import Path
from typing import Any, Final

import click

from ledger.agreements.agreement import AgreementId, agreement_id, scope_of
from ledger.agreements.licence_policy import NO_BUNDLE, LicencePolicy, is_type_id
from ledger.agreements.policy import AgreementPolicy
from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.values import (
    HEALTH_RECORD_TYPES,
    HEALTH_TYPES,
    LICENCE_KIND,
    JurisdictionId,
    RecordType,
    Scope,
    agency_id,
    health_record_type,
    jurisdiction_id,
    licence_record_type,
)
from wallet.agreements import bundle_hash_of

_HASH: Final = re.compile(r"0x[0-9a-f]{64}\Z")
_ID_BYTES: Final = 32


class AgreementName:
    """An agreement as a person names it: FROM, TO and the record type.

    Such as `pass`, or `licence:cn.food-business`.
    """

    __slots__ = ("from_", "record_type", "to")

    def __init__(self, from_: str, to: str, record_type: RecordType) -> None:
        self.from_ = from_
        self.to = to
        self.record_type = record_type

    @property
    def source(self) -> JurisdictionId:
        """FROM's id on chain."""
        return jurisdiction_id(self.from_)

    @property
    def target(self) -> JurisdictionId:
        """TO's id on chain."""
        return jurisdiction_id(self.to)

    @property
    def id(self) -> AgreementId:
        """The agreement's id on chain."""
        return agreement_id(self.source, self.target, self.record_type)


class AgreementParameter(click.ParamType[AgreementName, Any]):
    """FROM/TO/TYPE."""

    name = "agreement"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> AgreementName:
        """Return the agreement; fail unless there are two parties and a type.

        A type of licences need not be known here: what stands may be acted on.
        """
        from_, to, named, *more = [*str(value).split("/"), "", ""]
        type_ = _record_type(named)
        if type_ is None or not (from_ and to) or any(more):
            known = ", ".join((*HEALTH_TYPES, LICENCE_KIND + "ID"))
            self.fail(
                f"{value!r} is not FROM/TO/TYPE, such as MO/CN-GD/pass ({known}).", param, ctx
            )
        return AgreementName(from_, to, type_)


def require_scope(agreement: AgreementName, kind: Scope) -> None:
    """Raise `click.BadParameter` for a suspension that would cover nothing."""
    if kind in {Scope.GRADE, Scope.PORT} and agreement.record_type not in HEALTH_RECORD_TYPES:
        raise click.BadParameter("Licences have neither grades nor ports.", param_hint="--scope")


def bundle_hash(policy: AgreementPolicy, given: bytes | None) -> bytes:
    """Return the `bundleHash` of an agreement; raise `click.UsageError` where `given` is amiss."""
    if isinstance(policy, LicencePolicy):
        if given is not None:
            raise click.UsageError("Agreements about licences have no bundle: leave --bundle out.")
        return NO_BUNDLE
    if given is None:
        raise click.UsageError("An agreement about health documents needs its --bundle.")
    return given


class BundleParameter(click.ParamType[bytes, Any]):
    """The SHA-256 of a manifest in 0x-hex, or the manifest's file."""

    name = "bundle"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Return the 32 bytes; fail for a name that is neither."""
        text = str(value)
        if _HASH.match(text):
            return bytes.fromhex(text[2:])
        if not Path(text).is_file():
            self.fail(f"{text!r} is neither a SHA-256 in 0x-hex nor a file.", param, ctx)
        return bundle_hash_of(Path(text))


class ScopeParameter(click.ParamType[tuple[Scope, bytes], Any]):
    """`all`, `grade:CODE`, `port:NAME`, `key:KID` or `agency:JURISDICTION/CODE`."""

    name = "scope"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[Scope, bytes]:
        """Return the kind and the 32 bytes that name it on chain; fail for anything else."""
        if isinstance(value, tuple):
            return value
        if value == "all":
            return Scope.ALL, bytes(_ID_BYTES)
        kind, colon, name = str(value).partition(":")
        scope = _named(kind, name) if colon and name else None
        if scope is None:
            forms = "all, grade:CODE, port:NAME, key:KID, agency:JURISDICTION/CODE"
            self.fail(f"{value!r} is none of {forms}.", param, ctx)
        return scope


def _record_type(name: str) -> RecordType | None:
    type_id = name.removeprefix(LICENCE_KIND)
    if name != type_id:
        return licence_record_type(type_id) if is_type_id(type_id) else None
    return next((health_record_type(each) for each in HEALTH_TYPES if each == name), None)


def _named(kind: str, name: str) -> tuple[Scope, bytes] | None:
    if kind in {"grade", "port"}:
        return Scope[kind.upper()], scope_of(name)
    if kind == "key":
        key = _key_id(name)
        return None if key is None else (Scope.KEY, key)
    jurisdiction, slash, code = name.partition("/")
    if kind == "agency" and slash and jurisdiction and code:
        return Scope.AGENCY, agency_id(jurisdiction, code)
    return None


def _key_id(name: str) -> bytes | None:
    """Return a key's id by its `kid`, or by 0x-hex as a foreign certificate's SHA-256 is given."""
    if _HASH.match(name):
        return bytes.fromhex(name[2:])
    try:
        key = b64url_decode(name)
    except EncodingNotCanonical:
        return None
    return key if len(key) == _ID_BYTES else None


AGREEMENT: Final = AgreementParameter()
BUNDLE: Final = BundleParameter()
SCOPE: Final = ScopeParameter()

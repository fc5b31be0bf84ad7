"""What an agreement's `bundleHash` names: rules, value sets, texts and layouts by their digests.

The RFC 8785 manifest {path: SHA-256 as 0x-hex}; its own SHA-256 is the hash that both parties sign.
`rules/….json` are rule files, `value-sets.json` maps a name to its codes, `csca/…` are the DER
certificates whose keys issue the signers of FROM's codes, `texts/en.json` and the like have texts
by name; other files are for people and other machines, and are not opened here.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.canonical import canonical_json, parse_json, parse_object
from ledger.certlogic.rules import (
    CertificateType,
    Judgement,
    Rule,
    RuleMalformed,
    in_force,
    read_rule,
)
from ledger.errors import LedgerError, Refused
from ledger.values import Seconds
from ledger.verification.check import rfc3339

VALUE_SETS: Final = "value-sets.json"
_RULES: Final = "rules/"
_AUTHORITIES: Final = "csca/"
_TEXTS: Final = re.compile(r"texts/[A-Za-z-]{2,16}\.json")
_MAX_FILES: Final = 4_096
MAX_TEXT: Final = 4_096
"""Characters of one text."""
_MAX_PATH: Final = 128
COUNTRY: Final = 2
"""Characters of a jurisdiction's code that name its country (ISO 3166-1), as rules do."""


@dataclass(eq=False)
class RuleBundleInvalid(Refused):
    """The rule bundle cannot be read: where, and what is wrong there."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class RuleBundle:
    """What an agreement's bundleHash names: rules, and the value sets that they look into."""

    rules: tuple[Rule, ...]
    value_sets: Mapping[str, Any]

    def judged(
        self, receiver: str, type_: CertificateType, payload: Mapping[str, Any], at: int
    ) -> Iterator[tuple[Rule, Judgement]]:
        """Yield what each rule of the receiver's country in use at `at` says of a payload.

        Gates and conversions ask here, so that neither lets in what the other would not.
        """
        external = {"validationClock": rfc3339(at), "valueSets": self.value_sets}
        for rule in in_force(self.rules, receiver[:COUNTRY], type_, Seconds(at)):
            yield rule, rule.judge(payload, external)


def write_rule_bundle(files: Mapping[str, bytes]) -> bytes:
    """Return the manifest over files by path; its SHA-256 is the `bundleHash`."""
    return canonical_json({path: _hex(content) for path, content in files.items()})


def files_in(manifest: bytes) -> Mapping[str, bytes]:
    """Return the SHA-256 of each file by path; raise `RuleBundleInvalid` for no such manifest."""
    try:
        found = parse_object(manifest)
        is_canonical = canonical_json(found) == manifest
    except LedgerError as exc:
        raise RuleBundleInvalid("", "no JSON object") from exc
    if not is_canonical or len(found) > _MAX_FILES:
        raise RuleBundleInvalid("", "not canonical, or too many files")
    return {_path(path): _digest(path, value) for path, value in found.items()}


def needed_in(manifest: bytes) -> Mapping[str, bytes]:
    """Return those of `files_in` that rules are judged by."""
    files = files_in(manifest)
    return {path: files[path] for path in files if is_needed(path)}


def is_needed(path: str) -> bool:
    """Whether rules are judged by the file of a bundle at `path`."""
    return path.startswith(_RULES) or path == VALUE_SETS


def authorities_in(manifest: bytes) -> frozenset[bytes]:
    """Return the SHA-256 of the certificates that may issue the signers of FROM's codes.

    None where the parties named none, and all that an operator vouches for may.
    """
    return frozenset(
        digest for path, digest in files_in(manifest).items() if path.startswith(_AUTHORITIES)
    )


def texts_in(manifest: bytes) -> Mapping[str, bytes]:
    """Return the SHA-256 of the files of texts by language, `texts/en.json` and the like."""
    named = files_in(manifest).items()
    found = ((path, digest) for path, digest in named if _TEXTS.fullmatch(path))
    return {path.removeprefix("texts/").removesuffix(".json"): digest for path, digest in found}


def read_texts(content: bytes) -> Mapping[str, str]:
    """Return the texts in a file by name; raise `RuleBundleInvalid` for any other content.

    A gate shows those named like an outcome ("SECONDARY") or a reason ("TIME") beside its own.
    """
    try:
        found = parse_object(content)
    except LedgerError as exc:
        raise RuleBundleInvalid("texts", "no JSON object") from exc
    for name, text in found.items():
        if type(text) is not str or len(text) > MAX_TEXT:
            raise RuleBundleInvalid("texts", name[:_MAX_PATH])
    return found


def read_rule_bundle(manifest: bytes, contents: Mapping[bytes, bytes]) -> RuleBundle:
    """Return the rules and value sets of a manifest; `contents` by SHA-256, checked before.

    Raises `RuleBundleInvalid` for a file that is missing or does not have its form.
    """
    rules, value_sets = [], {}
    for path, digest in needed_in(manifest).items():
        content = contents.get(digest)
        if content is None:
            raise RuleBundleInvalid(path, "missing")
        try:
            if path == VALUE_SETS:
                value_sets = _value_sets(parse_object(content))
            else:
                rules.append(_rule(content))
        except LedgerError as exc:
            raise RuleBundleInvalid(path, exc.title()) from exc
    return RuleBundle(tuple(rules), value_sets)


def _rule(content: bytes) -> Rule:
    return read_rule(parse_json(content))


def _value_sets(found: Mapping[str, Any]) -> dict[str, list[str]]:
    for name, codes in found.items():
        if type(codes) is not list or any(type(code) is not str for code in codes):
            raise RuleMalformed(name)
    return dict(found)


def _path(path: str) -> str:
    if not 0 < len(path) <= _MAX_PATH or not path.isprintable():
        raise RuleBundleInvalid(path[:_MAX_PATH], "path")
    return path


def _digest(path: str, value: object) -> bytes:
    try:
        digest = bytes.fromhex(value.removeprefix("0x")) if isinstance(value, str) else b""
    except ValueError as exc:
        raise RuleBundleInvalid(path, "digest") from exc
    if len(digest) != hashlib.sha256().digest_size or value != "0x" + digest.hex():
        raise RuleBundleInvalid(path, "digest")
    return digest


def _hex(content: bytes) -> str:
    return "0x" + hashlib.sha256(content).hexdigest()

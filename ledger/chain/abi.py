"""The committed ABI with selectors, topics and types computed once.

`ledger/chain/abi/<contract>.json` holds what the compiler gave: ABI, creation code, runtime code
and the places of its immutables. Everything decoded here may come from a node that lies, so a value
that does not fit its type raises `ChainUnavailable`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_abi.grammar import ABIType, BasicType, TupleType, parse
from eth_hash.auto import keccak

from ledger.chain.wire import checksum
from ledger.chain.words import read_words, word_readers
from ledger.errors import ChainUnavailable, Refused

CONTRACTS: Final = (
    "Authority",
    "RecordLedger",
    "RecognitionLedger",
    "VerificationLens",
    "TenderPolicies",
    "TenderLedger",
    "AwardLedger",
)
SELECTOR_BYTES: Final = 4
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_RESERVED: Final = frozenset({"from", "pass", "class", "def"})


@dataclass(eq=False)
class ArgumentInvalid(Refused):
    """A value does not fit the type that the contract's function takes."""

    function: str


def snake_case(name: str) -> str:
    """Return a Solidity name as Python spells it: `keyId` as `key_id`, `from` as `from_`."""
    spelt = _CAPITAL.sub("_", name).lower()
    return spelt + "_" if spelt in _RESERVED else spelt


@dataclass(frozen=True, slots=True)
class Parameters:
    """Names in snake_case and canonical types of a call, an answer, an event or an error."""

    names: tuple[str, ...]
    types: tuple[str, ...]

    @classmethod
    def of(cls, entries: Sequence[Mapping[str, Any]]) -> "Parameters":
        """Read them from the ABI."""
        return cls(
            tuple(snake_case(entry["name"]) for entry in entries),
            tuple(_canonical(entry) for entry in entries),
        )

    def decode(self, octets: bytes) -> tuple[Any, ...]:
        """Return the values, addresses in EIP-55 case."""
        readers = word_readers(self.types)
        try:
            # Strict: Solidity itself never pads or points in another way.
            if readers is not None:
                return read_words(readers, octets)
            values = decode(self.types, octets)
        except (DecodingError, OverflowError, ValueError) as exc:
            raise ChainUnavailable(
                "the node sent values of other types than the contract's"
            ) from exc
        return tuple(
            checksum(bytes.fromhex(value[2:])) if kind == "address" else value
            for kind, value in zip(self.types, values, strict=True)
        )


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a contract."""

    name: str
    selector: bytes
    inputs: Parameters
    outputs: Parameters
    is_view: bool

    def encode(self, *values: Any) -> bytes:
        """Return the call's bytes; raise `ArgumentInvalid` when a value does not fit its type."""
        try:
            if not all(map(_fills, map(parse, self.inputs.types), values)):
                raise ArgumentInvalid(self.name)
            return self.selector + encode(self.inputs.types, values)
        except (EncodingError, TypeError, ValueError) as exc:
            raise ArgumentInvalid(self.name) from exc


@dataclass(frozen=True, slots=True)
class EventType:
    """An event of a contract; indexed parameters lie in the topics, the others in the octets."""

    name: str
    topic: bytes
    indexed: Parameters
    plain: Parameters

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names, in the order in which `decode` gives their values."""
        return self.indexed.names + self.plain.names

    def decode(self, topics: Sequence[bytes], octets: bytes) -> tuple[Any, ...]:
        """Return the values; every indexed parameter of ours fills one topic."""
        if len(topics) != len(self.indexed.types) + 1:
            raise ChainUnavailable("the node sent a log with another number of topics")
        return self.indexed.decode(b"".join(topics[1:])) + self.plain.decode(octets)


@dataclass(frozen=True, slots=True)
class ErrorType:
    """A custom error of a contract."""

    name: str
    selector: bytes
    inputs: Parameters


@dataclass(frozen=True, slots=True)
class Abi:
    """One contract as compiled; `immutables` are (start, length) in bytes of the runtime code."""

    name: str
    functions: Mapping[str, Function]
    events: Mapping[str, EventType]
    errors: Mapping[str, ErrorType]
    entries: Sequence[Mapping[str, Any]] = field(repr=False)
    creation_code: bytes = field(repr=False)
    runtime_code: bytes = field(repr=False)
    immutables: tuple[tuple[int, int], ...]


@cache
def load_abi(name: str) -> Abi:
    """Return the contract `name` of `CONTRACTS` from the package's resources."""
    text = (files("ledger.chain") / "abi" / f"{name}.json").read_text(encoding="utf-8")
    artefact = json.loads(text)
    entries = artefact["abi"]
    return Abi(
        name,
        {entry["name"]: _function(entry) for entry in _of(entries, "function")},
        {entry["name"]: _event(entry) for entry in _of(entries, "event")},
        {entry["name"]: _error(entry) for entry in _of(entries, "error")},
        entries,
        bytes.fromhex(artefact["bytecode"].removeprefix("0x")),
        bytes.fromhex(artefact["deployedBytecode"].removeprefix("0x")),
        _places(artefact["immutableReferences"]),
    )


def _fills(kind: ABIType, value: Any) -> bool:
    """Whether every bytesN in `value` has all its bytes: eth_abi would pad a short one."""
    if isinstance(kind, TupleType) and not kind.is_array:
        return all(map(_fills, kind.components, value))
    if isinstance(kind, BasicType) and kind.base == "bytes" and kind.sub and not kind.is_array:
        return bool(len(value) == kind.sub)
    return True


def _of(entries: Sequence[Mapping[str, Any]], kind: str) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if entry["type"] == kind]


def _canonical(entry: Mapping[str, Any]) -> str:
    kind = str(entry["type"])
    if not kind.startswith("tuple"):
        return kind
    inner = ",".join(_canonical(component) for component in entry["components"])
    return f"({inner}){kind.removeprefix('tuple')}"


def _hash(entry: Mapping[str, Any]) -> bytes:
    types = ",".join(_canonical(parameter) for parameter in entry["inputs"])
    return keccak(f"{entry['name']}({types})".encode())


def _function(entry: Mapping[str, Any]) -> Function:
    selector = _hash(entry)[:SELECTOR_BYTES]
    inputs, outputs = Parameters.of(entry["inputs"]), Parameters.of(entry["outputs"])
    is_view = entry["stateMutability"] in ("view", "pure")
    return Function(entry["name"], selector, inputs, outputs, is_view)


def _event(entry: Mapping[str, Any]) -> EventType:
    indexed = [parameter for parameter in entry["inputs"] if parameter["indexed"]]
    plain = [parameter for parameter in entry["inputs"] if not parameter["indexed"]]
    return EventType(entry["name"], _hash(entry), Parameters.of(indexed), Parameters.of(plain))


def _error(entry: Mapping[str, Any]) -> ErrorType:
    return ErrorType(entry["name"], _hash(entry)[:SELECTOR_BYTES], Parameters.of(entry["inputs"]))


def _places(references: Mapping[str, Sequence[Mapping[str, int]]]) -> tuple[tuple[int, int], ...]:
    places = (place for group in references.values() for place in group)
    return tuple(sorted((place["start"], place["length"]) for place in places))

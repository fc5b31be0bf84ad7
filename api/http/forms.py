"""How values are spelt in JSON: digests and ids 0x-hex, times RFC 3339 in UTC, names camelCase."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from eth_utils.address import to_checksum_address
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from ledger.values import OPEN_END, Address, Digest

_HEX: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")
_MOST_OCTETS: Final = 4096
_DECIMAL: Final = re.compile(r"[0-9]{1,78}")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:Z|[+-]\d\d:\d\d)")


class Form(BaseModel):
    """Anything that comes in: camelCase names, nothing unknown, no `1` that passes for `true`."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, validate_by_alias=True
    )


class Answer(BaseModel):
    """Anything that goes out: camelCase names."""

    model_config = ConfigDict(
        alias_generator=to_camel, frozen=True, validate_by_name=True, serialize_by_alias=True
    )


def rfc3339(at: int) -> str:
    """Return a moment in Unix seconds as RFC 3339 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat()[:19] + "Z"  # %Y cuts the year 0645 short


def _digest(value: Any) -> bytes:
    return _octets(value, 32)


def _sixteen(value: Any) -> bytes:
    return _octets(value, 16)


def _signature(value: Any) -> bytes:
    return _octets(value, 65)


def _proof(value: Any) -> bytes:
    if isinstance(value, bytes) and len(value) <= _MOST_OCTETS:
        return value
    is_long = isinstance(value, str) and len(value) > 2 + 2 * _MOST_OCTETS
    if is_long or not isinstance(value, str) or not _HEX.fullmatch(value):
        raise PydanticCustomError("hex", "0x and two hexadecimal digits a byte")
    return bytes.fromhex(value[2:])


def _octets(value: Any, length: int) -> bytes:
    if isinstance(value, bytes) and len(value) == length:
        return value
    if not isinstance(value, str) or not _HEX.fullmatch(value) or len(value) != 2 + 2 * length:
        raise PydanticCustomError("hex", "0x and two hexadecimal digits a byte")
    return bytes.fromhex(value[2:])


def _moment(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # one of ours
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise PydanticCustomError("moment", "RFC 3339 with seconds and zone")
    try:
        at = int(datetime.fromisoformat(value).timestamp())
    except (ValueError, OverflowError) as exc:
        raise PydanticCustomError("moment", "RFC 3339 with seconds and zone") from exc
    if not 0 <= at < OPEN_END:
        raise PydanticCustomError("moment", "RFC 3339 with seconds and zone")
    return at


def _text_moment(value: Any) -> int:
    if not isinstance(value, str):
        raise PydanticCustomError("moment", "RFC 3339 with seconds and zone")
    return _moment(value)


def _address(value: Any) -> Address:
    if not isinstance(value, str) or not _ADDRESS.fullmatch(value):
        raise PydanticCustomError("address", "0x and forty hexadecimal digits")
    return Address(to_checksum_address(value))


def _number(value: Any) -> int:
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**256:
        raise PydanticCustomError("uint256", "a number from 0 to 2^256 - 1, decimal")
    return value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


_HEX32 = WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$"})

HexDigest = Annotated[
    Digest,
    PlainValidator(_digest),
    PlainSerializer(lambda raw: "0x" + raw.hex(), return_type=str),
    _HEX32,
]
"""32 bytes as 0x-hex."""

Octets16 = Annotated[
    bytes,
    PlainValidator(_sixteen),
    PlainSerializer(lambda raw: "0x" + raw.hex(), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{32}$"}),
]
"""16 bytes as 0x-hex."""

HexSignature = Annotated[
    bytes,
    PlainValidator(_signature),
    PlainSerializer(lambda raw: "0x" + raw.hex(), return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{130}$"}),
]
"""An account's signature, 65 bytes r ‖ s ‖ v, as 0x-hex."""

HexProof = Annotated[
    bytes,
    PlainValidator(_proof),
    PlainSerializer(lambda raw: "0x" + raw.hex(), return_type=str),
    WithJsonSchema({"type": "string", "pattern": f"^0x([0-9a-fA-F]{{2}}){{0,{_MOST_OCTETS}}}$"}),
]
"""A signature of an account's key, or what its contract takes for one (ERC-1271), as 0x-hex."""

HexAddress = Annotated[
    Address,
    PlainValidator(_address),
    WithJsonSchema({"type": "string", "pattern": "^0x[0-9a-fA-F]{40}$"}),
]
"""An account in any case; in EIP-55 case from here on."""

Moment = Annotated[
    int,
    BeforeValidator(_moment),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in Unix seconds; RFC 3339 outside."""

GivenMoment = Annotated[
    int,
    BeforeValidator(_text_moment),
    WithJsonSchema(
        {
            "type": "string",
            "format": "date-time",
            "description": "With whole seconds and a zone, from 1970 on.",
        }
    ),
]
"""A moment that a caller gives: RFC 3339 with seconds and zone, nothing else."""

WHOLE: Final = BeforeValidator(_whole)
"""Of a number that a caller gives: `7` and `7.0` are the same in JSON, `"7"` and `true` are not.

Stands after the number's bounds: pydantic describes none that stand after a validator.
"""

BigNumber = Annotated[
    int,
    PlainValidator(_number),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,78}$"}),
]
"""A number of up to 256 bits; a decimal string outside, since a browser rounds beyond 2^53."""

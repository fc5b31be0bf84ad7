"""Options that several commands share, and the types of their values."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click
from eth_utils.address import is_checksum_address, is_hex_address, to_checksum_address

from ledger.values import Address, AgencyId, JurisdictionId, agency_id, jurisdiction_id
from wallet.passwords import Passwords

Command = TypeVar("Command", bound=Callable[..., Any])
FILE: Final = click.Path(path_type=Path, dir_okay=False)
FOLDER: Final = click.Path(path_type=Path, file_okay=False)
PATH: Final = click.Path(path_type=Path)
DEFAULT_SERVICE: Final = "http://127.0.0.1:8080"
DEFAULT_NODE: Final = "http://127.0.0.1:8545"


class AgencyName:
    """An agency as a person names it: jurisdiction and organisation code."""

    __slots__ = ("code", "jurisdiction")

    def __init__(self, jurisdiction: str, code: str) -> None:
        self.jurisdiction = jurisdiction
        self.code = code

    @property
    def id(self) -> AgencyId:
        """The agency's id on chain."""
        return agency_id(self.jurisdiction, self.code)

    @property
    def jurisdiction_id(self) -> JurisdictionId:
        """The jurisdiction's id on chain."""
        return jurisdiction_id(self.jurisdiction)

    def __str__(self) -> str:
        """The spelling that was read."""
        return f"{self.jurisdiction}/{self.code}"


class AgencyParameter(click.ParamType[AgencyName, Any]):
    """JURISDICTION/CODE."""

    name = "agency"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> AgencyName:
        """Return the agency; fail unless there are two parts."""
        if isinstance(value, AgencyName):
            return value
        jurisdiction, slash, code = str(value).partition("/")
        if not (slash and jurisdiction and code) or "/" in code:
            self.fail(
                f"{value!r} is not JURISDICTION/CODE, such as CN-GD/11440100MBEXAMPE7Y.", param, ctx
            )
        return AgencyName(jurisdiction, code)


_SHOWN: Final = 40
"""How much of a wrong word is repeated, in characters."""


class MomentParameter(click.ParamType[int, Any]):
    """A moment: RFC 3339, a day (its first second in UTC+8), or Unix seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return Unix seconds; fail for anything else, and for a time without its zone."""
        text = str(value)
        try:
            if text.isdecimal() and len(text) > len("20261121"):
                return int(text)
            moment = datetime.fromisoformat(f"{text}T00:00:00+08:00" if "T" not in text else text)
            seconds = int(moment.astimezone(UTC).timestamp())
        except (ValueError, OverflowError):
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            self.fail(
                f"{shown!r} is no time such as 2026-11-21T08:00:00Z or 2026-11-21.", param, ctx
            )
        if moment.tzinfo is None:
            self.fail(f"{text!r} lacks its zone: add Z or +08:00.", param, ctx)
        return seconds


class AddressParameter(click.ParamType[Address, Any]):
    """An EVM account; its EIP-55 check case is looked at where it has one."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Address:
        """Return the account with its check case; fail for anything else."""
        text = str(value)
        if not is_hex_address(text) or not text.startswith("0x"):
            self.fail(f"{text!r} is no address of 0x and 40 digits.", param, ctx)
        if text[2:] not in {text[2:].lower(), text[2:].upper()} and not is_checksum_address(text):
            self.fail(f"{text!r} has a typing error: its check case is wrong.", param, ctx)
        return Address(to_checksum_address(text))


class JobParameter(click.ParamType[str, Any]):
    """The id of a job: 0x and 32 hexadecimal digits."""

    name = "job"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the id in lower case; fail for anything else."""
        text = str(value).lower()
        if not re.fullmatch("0x[0-9a-f]{32}", text):
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            self.fail(f"{shown!r} is no job's id of 0x and 32 digits.", param, ctx)
        return text


class HashParameter(click.ParamType[bytes, Any]):
    """A tender's id, a block's hash: 0x and 64 hexadecimal digits."""

    name = "hash"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> bytes:
        """Return the 32 bytes; fail for anything else."""
        text = str(value).lower()
        if not re.fullmatch("0x[0-9a-f]{64}", text):
            shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
            self.fail(f"{shown!r} is no hash of 0x and 64 digits.", param, ctx)
        return bytes.fromhex(text[2:])


HASH: Final = HashParameter()
ADDRESS: Final = AddressParameter()
AGENCY: Final = AgencyParameter()
JOB: Final = JobParameter()
MOMENT: Final = MomentParameter()


def json_option(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON for a machine.")(
        command
    )


def password_option(command: Command) -> Command:
    """Add --password-file, given to the command as `passwords`."""
    return click.option(
        "--password-file",
        "passwords",
        type=FILE,
        envvar="SUIZHENG_PASSWORD_FILE",
        callback=lambda _context, _parameter, value: Passwords(value),
        help="File with the keys' password on one line; else a terminal is asked.",
    )(command)


def ledger_options(command: Command) -> Command:
    """Add --node and --deployment."""
    command = click.option(
        "--deployment",
        type=FILE,
        envvar="SUIZHENG_DEPLOYMENT",
        help="Deployment file of the ledger; else the trusted ledgers are used.",
    )(command)
    return click.option(
        "--node",
        "nodes",
        multiple=True,
        metavar="URL",
        envvar="SUIZHENG_NODE",
        help="JSON-RPC node of the ledger's chain; repeat it for fail-over.",
    )(command)


def account_option(default: str | None) -> Callable[[Command], Command]:
    """Add --account, the name of the account key that acts."""
    # A default of None, where one is given, is an answer to click: nothing would be missing.
    asked: dict[str, Any] = (
        {"required": True} if default is None else {"default": default, "show_default": True}
    )
    return click.option(
        "--account",
        envvar="SUIZHENG_ACCOUNT",
        metavar="NAME",
        help="Account key that acts.",
        **asked,
    )


def payer_option(command: Command) -> Command:
    """Add --account, the account that pays where no service sends."""
    return click.option(
        "--account",
        envvar="SUIZHENG_ACCOUNT",
        metavar="NAME",
        help="Account key that pays for what no service sends.",
    )(command)


def services_option(command: Command) -> Command:
    """Add --service, given to the command as `services`."""
    return click.option(
        "--service",
        "services",
        multiple=True,
        envvar="SUIZHENG_SERVICE",
        metavar="URL",
        help="Service that relays, as it names itself; repeat it for more, tried in turn.",
    )(command)


def service_option(command: Command) -> Command:
    """Add --service."""
    return click.option(
        "--service",
        "service_url",
        default=DEFAULT_SERVICE,
        show_default=True,
        envvar="SUIZHENG_SERVICE",
        metavar="URL",
        help="Address of the service, as it names itself.",
    )(command)

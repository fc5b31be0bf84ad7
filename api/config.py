"""Settings of the service: environment, prefix `SUIZHENG_`, read once by `api.main`."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from ledger.errors import Refused
from ledger.finality import FINALIZED, Confirmations

PREFIX: Final = "SUIZHENG_"
OTHERS: Final = frozenset({"SUIZHENG_VECTORS", "SUIZHENG_HOME"})
"""Variables with our prefix that are other programs': the tests' and the wallet's."""
_UNIX: Final = "unix:"


@dataclass(eq=False)
class SettingsInvalid(Refused):
    """The service's settings are wrong; names and reasons, never values."""

    names: tuple[str, ...]
    reasons: tuple[str, ...]


class Settings(BaseSettings):
    """What an operator may choose; everything has a default that is safe on one machine."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    database_url: str = "sqlite:///var/suizheng.db"
    node_urls: Annotated[tuple[str, ...], NoDecode] = ("http://127.0.0.1:8545",)
    deployment: Path = Path("var/deployment.json")
    base_url: str = "http://127.0.0.1:8080"
    """What documents and QR codes name; the sign-in's domain and scheme derive from it."""
    ocds_prefix: str = Field(default="ocds-000000", pattern="^ocds-[a-z0-9]{6}$")
    """As Open Contracting registered it, for publications of tenders; the default is nobody's."""
    keys: Path = Path("var/keys")
    """`account.json`, the operator's account; `documents/<kid>.json`, the agencies' keys."""
    password_file: Path | None = None
    blobs: Annotated[tuple[str, ...], NoDecode] = ("file:var/blobs",)
    """Where sealed files lie, each file on every store, the first read first; separated by commas:
    `file:PATH`, or `s3:` and `https://host/bucket[/prefix][?region=…]`.

    A tender's policy says how many there must be. One that is gone for good is taken out of here.
    Credentials of a bucket are found as boto3 does: AWS_ACCESS_KEY_ID, or files of its own.
    """
    blob_bytes: int = Field(default=2**40, ge=0)
    """How much all sealed files together may be; beyond it no upload begins (proposed)."""
    pages: Path = Path(__file__).resolve().parents[1] / "web" / "dist"
    """The built pages for browsers, as `make pages` leaves them."""
    signer: str | None = None
    """`unix:PATH`, the socket of the process that holds the document keys; none: they are here."""
    signer_uids: Annotated[tuple[int, ...], NoDecode] = ()
    """Owners of processes that the signer answers; none: its own alone."""
    signer_limits: str = ""
    """`purpose=per minute/per day`, separated by commas, where the defaults do not fit."""
    signer_trail: Path = Path("var/signatures.jsonl")
    pkcs11_module: Path | None = None
    """The library of a token that holds the document keys instead of files."""
    pkcs11_token: str = ""
    pkcs11_pin_file: Path | None = None
    batch_size: int = Field(default=10_000, ge=1, le=1_000_000)
    batch_seconds: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    health_pad_to: int = Field(default=64, ge=1, le=1_024)
    """Batches of health codes get random leaves up to a multiple of it (proposed)."""
    scan_batch_size: int = Field(default=1_000, ge=1, le=1_000_000)
    scan_batch_seconds: float = Field(default=300.0, ge=0, allow_inf_nan=False)
    """Rows of gates' scan logs are anchored by so many, or after so long (proposed)."""
    allow_segment_seconds: float = Field(default=300.0, ge=0, allow_inf_nan=False)
    """At most one segment of an agency's allow list in so long: each costs gates some 250 bytes
    (proposed)."""
    trust_list_max_drop: float = Field(default=0.2, ge=0, le=1, allow_inf_nan=False)
    """The share of a country's active keys that a list of others' codes may lose and no operator is
    asked (proposed)."""
    gate_bundle_seconds: int = Field(default=60, ge=0, le=1_800)
    """How long a gate bundle is handed out before a new one is made (proposed)."""
    mailbox_seconds: int = Field(default=60, ge=1, le=3_600)
    """A mailbox of sealed tenders is anchored so often, full or empty, while a tender receives."""
    confirmations: Confirmations = 1
    """Blocks that make what is mined final, its own among them; or `finalized`, as the chain says.
    """
    poll_seconds: float = Field(default=0.2, gt=0, allow_inf_nan=False)
    """Pause of a process that found nothing to do; `jobs` looks every 0.05 s at the latest."""
    verifiers: int | None = Field(default=None, ge=0, le=64)
    """Processes that verify beside the one that serves; none given: two, on one core none."""
    requests_per_address: float = Field(default=100, ge=0, allow_inf_nan=False)
    """Requests a second that one address may send to one process; 0 for no limit (proposed)."""
    requests_per_stranger: float = Field(default=10, ge=0, allow_inf_nan=False)
    """The same for sign-in, sealed copies, and verification without a session (proposed)."""
    requests_per_account: float = Field(default=100, ge=0, allow_inf_nan=False)
    """Requests a second that one account may send to one process; 0 for no limit (proposed)."""
    burst_seconds: float = Field(default=10, ge=1, allow_inf_nan=False)
    """How many seconds' worth of requests may come at once (proposed)."""

    @field_validator("node_urls", "signer_uids", "blobs", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(url.strip() for url in value.split(",")) if isinstance(value, str) else value

    @field_validator("confirmations", mode="before")
    @classmethod
    def _depth(cls, value: object) -> object:
        if value == FINALIZED:
            return value
        if not (isinstance(value, int | str) and str(value).isdecimal() and int(value) >= 1):
            raise ValueError(f"neither a number of blocks, 1 or more, nor {FINALIZED}")
        return int(value)

    @field_validator("blobs")
    @classmethod
    def _blobs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            scheme, _, rest = each.partition(":")
            parts = urlsplit(rest)
            is_bucket = parts.scheme in ("http", "https") and parts.netloc and parts.path.strip("/")
            if not (scheme == "file" and rest) and not (scheme == "s3" and is_bucket):
                raise ValueError("neither file: and a path, nor s3: and the address of a bucket")
        if not value or len({each.rstrip("/") for each in value}) < len(value):
            raise ValueError("one store named twice keeps one copy")
        return value

    @field_validator("signer")
    @classmethod
    def _socket(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(f"{_UNIX}/"):
            raise ValueError("not unix: and an absolute path")
        return value

    @field_validator("base_url")
    @classmethod
    def _origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if (
            parts.scheme not in ("http", "https")
            or not parts.netloc
            or parts.query
            or parts.fragment
        ):
            raise ValueError("not an http or https address without query")
        return value.rstrip("/")

    @property
    def signer_socket(self) -> Path | None:
        """Where the signer listens; None where the keys are in this process."""
        return None if self.signer is None else Path(self.signer.removeprefix(_UNIX))

    @property
    def domain(self) -> str:
        """The host and port that a sign-in message must name."""
        return urlsplit(self.base_url).netloc

    @property
    def scheme(self) -> str:
        """The scheme that a sign-in message must name, if it names one."""
        return urlsplit(self.base_url).scheme


def load_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingsInvalid: for a wrong value, and for a `SUIZHENG_` name that is no setting, which
            pydantic-settings alone would pass over.
    """
    known = {PREFIX + name.upper() for name in Settings.model_fields} | OTHERS
    names = {name.upper() for name in os.environ if name.upper().startswith(PREFIX)}
    if unknown := tuple(sorted(names - known)):
        raise SettingsInvalid(unknown, ("there is no such setting",) * len(unknown))
    try:
        return Settings()
    except ValidationError as exc:
        errors = exc.errors(include_input=False, include_url=False)
        raise SettingsInvalid(
            tuple(PREFIX + str(error["loc"][0]).upper() for error in errors),
            tuple(error["msg"] for error in errors),
        ) from exc

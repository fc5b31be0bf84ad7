"""Who a gate is: its place, its reader key, and the certificate that vouches for it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import LedgerError, Refused, Unavailable
from ledger.health import readers, signed
from ledger.health.claims import ClaimsInvalid
from ledger.health.gate.lane import Lane
from ledger.health.readers import Reader
from ledger.keys import PublicKey
from wallet.home import read_file, write_file

FOLDER: Final = "gate"
_ENROLMENT: Final = "gate.json"
_CERTIFICATE: Final = "reader.cert"


@dataclass(eq=False)
class GateNotEnrolled(Unavailable):
    """This wallet is no gate yet. Make it one: suizheng gate enrol."""


@dataclass(eq=False)
class GateAlreadyEnrolled(Refused):
    """This wallet is a gate already. Use another --wallet folder for another lane."""

    checkpoint: str
    lane: str


@dataclass(eq=False)
class EnrolmentMalformed(Refused):
    """The gate's own file cannot be read. Put a backup of it back, or enrol anew."""

    path: str


@dataclass(eq=False)
class CertificateMissing(Unavailable):
    """No agency vouches for this gate yet. Have it certified, then: suizheng gate install."""


@dataclass(eq=False)
class CertificateOfAnother(Refused):
    """The certificate is for another gate. Have this gate's own request certified."""

    part: str


@dataclass(eq=False)
class CertificateExpired(Unavailable):
    """The gate's certificate has ended or not begun. Have the gate certified anew."""

    not_before: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a gate was set up as; `purpose` is a bit number, `zone` names where its days begin.

    `agency` is the organisation code, `key` the name of the reader key in this wallet.
    """

    jurisdiction: str
    agency: str
    checkpoint: str
    port: str
    lane: str
    purpose: int
    zone: str
    is_automatic: bool
    key: str

    @property
    def agency_name(self) -> str:
        """Jurisdiction and organisation code, such as "XB/SAMPLE-HEALTH"."""
        return f"{self.jurisdiction}/{self.agency}"

    def at_lane(self, challenges: dict[bytes, int], clock_error: int | None = 0) -> Lane:
        """Return the lane for a decision, with the challenges that it showed lately.

        `clock_error`: seconds by which the clock may be wrong, None where nobody knows.
        """
        return Lane(
            jurisdiction=self.jurisdiction,
            checkpoint=self.checkpoint,
            port=self.port,
            name=self.lane,
            purpose=self.purpose,
            is_automatic=self.is_automatic,
            challenges=challenges,
            clock_error=clock_error,
        )


@dataclass(frozen=True, slots=True)
class ReaderRequest:
    """What an agency is asked to vouch for."""

    jurisdiction: str
    agency: str
    checkpoint: str
    lane: str
    purposes: int
    key: PublicKey

    def to_json(self) -> bytes:
        """Return the request's file."""
        value: dict[str, Any] = {
            name: getattr(self, name)
            for name in ("jurisdiction", "agency", "checkpoint", "lane", "purposes")
        }
        return orjson.dumps(value | {"jwk": self.key.jwk()}, option=orjson.OPT_INDENT_2) + b"\n"

    @classmethod
    def from_json(cls, content: bytes) -> "ReaderRequest":
        """Return the request in a file; raise `ClaimsInvalid` for anything else."""
        try:
            value = parse_object(content)
            key = PublicKey.from_jwk(value.pop("jwk"))
            return cls(**value, key=key)
        except (KeyError, TypeError, LedgerError) as exc:
            raise ClaimsInvalid("request") from exc

    def vouched(self, not_before: int, expires_at: int) -> Reader:
        """Return what the agency signs; times in Unix seconds."""
        return Reader(
            jurisdiction=self.jurisdiction,
            agency=self.agency,
            checkpoint=self.checkpoint,
            lane=self.lane,
            purposes=self.purposes,
            not_before=not_before,
            expires_at=expires_at,
            key=self.key,
        )


class EnrolmentFile:
    """The gate's own files in a wallet's folder."""

    def __init__(self, home: Path) -> None:
        self._path = home / FOLDER / _ENROLMENT
        self._certificate = home / FOLDER / _CERTIFICATE

    def load(self) -> Enrolment:
        """Return who the gate is; raise `GateNotEnrolled` or `EnrolmentMalformed`."""
        if not self._path.exists():
            raise GateNotEnrolled
        try:
            return Enrolment(**parse_object(read_file(self._path)))
        except (JsonMalformed, TypeError) as exc:
            raise EnrolmentMalformed(str(self._path)) from exc

    def check_free(self) -> None:
        """Raise `GateAlreadyEnrolled` where there is a gate."""
        if self._path.exists():
            held = self.load()
            raise GateAlreadyEnrolled(held.checkpoint, held.lane)

    def save(self, enrolment: Enrolment) -> None:
        """Write who the gate is."""
        write_file(self._path, orjson.dumps(asdict(enrolment), option=orjson.OPT_INDENT_2))

    def install(self, certificate: bytes, key: PublicKey) -> Reader:
        """Keep a certificate for this gate and its reader `key`; return what it says.

        Who signed it is found out by whoever reads the gate's challenges. Raises
        `SignedMalformed`, `ClaimsInvalid`, or `CertificateOfAnother` naming what differs.
        """
        reader = readers.read(signed.read(certificate))
        held = self.load()
        wanted = (held.jurisdiction, held.agency, held.checkpoint, held.lane, key)
        found = (reader.jurisdiction, reader.agency, reader.checkpoint, reader.lane, reader.key)
        names = ("jurisdiction", "agency", "checkpoint", "lane", "key")
        for name, one, other in zip(names, wanted, found, strict=True):
            if one != other:
                raise CertificateOfAnother(name)
        if not reader.purposes >> held.purpose & 1:
            raise CertificateOfAnother("purpose")
        write_file(self._certificate, certificate)
        return reader

    def certificate(self, at: int) -> bytes:
        """Return the certificate, good at a time.

        Raises `CertificateMissing` or `CertificateExpired`.
        """
        reader = self.reader()
        if reader is None:
            raise CertificateMissing
        if not reader.not_before <= at < reader.expires_at:
            raise CertificateExpired(reader.not_before, reader.expires_at)
        return read_file(self._certificate)

    def reader(self) -> Reader | None:
        """Return what the certificate says, None without one."""
        if not self._certificate.exists():
            return None
        return readers.read(signed.read(read_file(self._certificate)))

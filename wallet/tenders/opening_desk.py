"""What a service gives to an opening: sealed files that one lacks, and its record to compare."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from ledger.errors import CoSignatureInvalid
from ledger.tenders.errors import DigestMismatch, OpeningDiffers
from ledger.tenders.ids import TenderId
from ledger.tenders.opening import Opening, file_of
from ledger.tenders.opening_cosignatures import Capacity, CoSigned, OpeningCoSignature
from ledger.tenders.state import Bid
from ledger.tenders.trustees import octets
from ledger.values import Address, LedgerRef
from wallet.service import AnswerMalformed, Service, ServiceRefused
from wallet.tenders.paper_desk import fetch_file

_LOST: Final = frozenset({"BlobUnknown", "OpenedFileUnknown"})
_PathOf = Callable[[Bid], str]


def fetch_missing(
    service: Service, opening: Opening, known: Mapping[bytes, Path], to: Path
) -> dict[bytes, Path]:
    """Fetch the files of bids that may be opened and are not `known`; return where they are.

    One that the service lost, or has only a bad copy of, stays missing. Raises as `Service.send`.
    """
    return _fetched(service, opening, known, to, lambda bid: f"{_path(opening)}/files/{bid.bidder}")


def fetch_opened(
    service: Service, opening: Opening, known: Mapping[bytes, Path], to: Path
) -> dict[bytes, Path]:
    """Fetch as `fetch_missing` what everybody may have once the bids are opened."""
    archive = f"{_tender(opening)}/archive"
    return _fetched(
        service, opening, known, to, lambda bid: f"{archive}/0x{file_of(bid, opening.part).hex()}"
    )


def bring_co_signature(service: Service, made: OpeningCoSignature) -> str:
    """Bring a co-signature; return its SHA-256 as the service keeps it. Raises as `Service.send`.

    The same twice is the same.
    """
    said = made.said
    body = {
        "capacity": said.capacity.value,
        "record": "0x" + said.record.hex(),
        "signer": made.signer,
        "signature": "0x" + made.signature.hex(),
    }
    at = f"/v1/tenders/0x{said.tender.hex()}/lots/{said.lot}/openings/{said.part}/cosignatures"
    return str(service.post(at, body).get("sha256"))


def co_signers(service: Service, tender: TenderId, told: dict[str, Any]) -> list[dict[str, str]]:
    """Return who co-signed which record, and who was to and has not, as a service tells of both.

    `told` is its answer about the tender. `signature` is "good" where the key signed that record,
    "BAD" where it did not, "not signed" where nobody did; whose key it is, the service says. Raises
    as `Service.get`.
    """
    try:
        lots = [(lot["lot"], each) for lot in told["lots"] for each in lot["openings"]]
        if not lots:
            return []
        deployment = service.get("/v1/deployment")
        at = LedgerRef(deployment["chainId"], Address(deployment["contracts"]["TenderLedger"]))
        return [row for lot, each in lots for row in _co_signers(at, tender, lot, each)]
    except (AttributeError, KeyError, TypeError, ValueError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def _co_signers(
    ledger: LedgerRef, tender: TenderId, lot: int, opening: dict[str, Any]
) -> Iterator[dict[str, str]]:
    part, digest = opening["part"], octets(opening["digest"])
    place = f"{lot}-{part}"
    for each in opening["coSignatures"] or ():
        said = CoSigned(ledger, tender, lot, part, digest, Capacity(each["capacity"]))
        made = OpeningCoSignature(said, each["signer"], octets(each["signature"]))
        yield {
            "record": place,
            "capacity": said.capacity.value,
            "name": each["name"] or "",
            "signer": made.signer,
            "takenAt": each["takenAt"],
            "signature": "good" if _is_signed(made) else "BAD",
        }
    unsigned = {"name": "", "signer": "", "takenAt": "", "signature": "not signed"}
    for capacity in opening["awaited"] or ():
        yield {"record": place, "capacity": capacity} | unsigned


def _is_signed(made: OpeningCoSignature) -> bool:
    try:
        made.require_signed()
    except CoSignatureInvalid:
        return False
    return True


def _fetched(
    service: Service, opening: Opening, known: Mapping[bytes, Path], to: Path, path_of: _PathOf
) -> dict[bytes, Path]:
    found = {}
    for bid in opening.readable():
        digest = file_of(bid, opening.part)
        if digest in known:
            continue
        target = to / f"{digest.hex()}.age"
        try:
            fetch_file(service, path_of(bid), digest, target)
        except DigestMismatch:
            continue
        except ServiceRefused as exc:
            if exc.name not in _LOST:
                raise
            continue
        found[digest] = target
    return found


def require_same_record(service: Service, opening: Opening, digest: str) -> None:
    """Raise `OpeningDiffers` where the service made another record; it may have none yet."""
    theirs = service.get(_path(opening)).get("recordDigest")
    if theirs is None or theirs == digest:
        return
    try:
        given = bytes.fromhex(str(theirs).removeprefix("0x"))
    except ValueError as exc:
        raise AnswerMalformed(service.base_url) from exc
    raise OpeningDiffers(bytes.fromhex(digest.removeprefix("0x")), given)


def _tender(opening: Opening) -> str:
    return f"/v1/tenders/0x{opening.state.id.hex()}"


def _path(opening: Opening) -> str:
    return f"{_tender(opening)}/lots/{opening.lot}/openings/{opening.part}"

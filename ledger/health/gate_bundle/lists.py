"""Status lists and allow segments of a bundle: each signed by its own agency, each judged alone.

What one agency's list lacks says nothing about another's. A list that cannot be believed is left
out and named, so that its passes are told as unknown: never a reason to refuse all the rest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.authority import DocumentKey
from ledger.errors import LedgerError
from ledger.health import allow_list, signed, status_cwt
from ledger.health.allow_list import AllowList, Segment
from ledger.health.gate.evidence import HeldAllow, HeldStatus, IssuerKey, Part
from ledger.health.gate_bundle.errors import GateBundleMalformed
from ledger.health.gate_bundle.files import ALLOW, STATUS, Files
from ledger.health.gate_bundle.manifest import Manifest
from ledger.keys import SignatureInvalid
from ledger.values import AgencyId, KeyState, KeyUsage
from ledger.verification.shape import ShapeWrong

_HASH_BYTES: Final = 32
_MAX_NUMBER: Final = 2**32

Place = tuple[AgencyId, int]
"""An agency, and the number of its status list or of its segment."""


def path_of(folder: str, place: Place) -> str:
    """Return where a status list or a segment stands."""
    agency, number = place
    return f"{folder}/{agency.hex()}/{number}"


@dataclass(frozen=True)
class Lists:
    """The lists that are believed, and by path why others are not."""

    status: dict[Place, HeldStatus] = field(default_factory=dict)
    allow: dict[AgencyId, HeldAllow] = field(default_factory=dict)
    unusable: dict[str, str] = field(default_factory=dict)


def read_lists(files: Files, manifest: Manifest, keys: Iterable[IssuerKey]) -> Lists:
    """Return the lists of a bundle; raise `GateBundleMalformed` for a path that names none."""
    known: dict[AgencyId, tuple[DocumentKey, ...]] = {}
    for each in keys:
        known[each.agency.id] = (*known.get(each.agency.id, ()), each.key)
    found = Lists()
    for name, content in files.folder(STATUS).items():
        place = _place(STATUS, name)
        try:
            held = read_status(place, content, manifest, known.get(place[0], ()))
        except LedgerError as exc:
            found.unusable[path_of(STATUS, place)] = str(exc)
        else:
            found.status[place] = held
    segments: dict[AgencyId, dict[int, bytes]] = {}
    for name, content in files.folder(ALLOW).items():
        agency, number = _place(ALLOW, name)
        segments.setdefault(agency, {})[number] = content
    for agency, contents in segments.items():
        try:
            found.allow[agency] = read_allow(agency, contents, known.get(agency, ()))
        except LedgerError as exc:
            found.unusable[f"{ALLOW}/{agency.hex()}"] = str(exc)
    return found


def read_status(
    place: Place, content: bytes, manifest: Manifest, keys: Sequence[DocumentKey]
) -> HeldStatus:
    """Return a status list; its part tells the block that it was read at.

    Raises:
        ListUnusable: unless one of the agency's `keys` signed it for this use, and the list was
            good when the bundle was issued.
        ShapeWrong: unless it says to be of that place, and of the manifest's ledger.
    """
    token = status_cwt.parse_list(content)
    chain = token.chain
    if chain is None or (chain.agency, chain.list) != place or chain.ledger != manifest.ledger:
        raise ShapeWrong("chain")
    key = next((key for key in keys if key.public_key.kid == token.kid), None)
    token.check(token.uri, key, manifest.issued_at)
    return HeldStatus(token.list, Part(chain.block, token.issued_at))


def read_allow(
    agency: AgencyId, contents: Mapping[int, bytes], keys: Sequence[DocumentKey]
) -> HeldAllow:
    """Return an agency's allow list out of its segments by their number.

    One segment that is lost takes the list with it: a gap would make honest passes look forged.

    Raises:
        SignatureInvalid: unless each was signed by one of the agency's `keys` that has the usage
            STATUS_LISTS, is not frozen and was good when the segment ended. Documents' keys do
            not do: a thief who signs passes shall not list them, too.
        ClaimsInvalid, SignedMalformed, ShapeWrong: for any other content, and for gaps.
    """
    segments = [_segment((agency, number), contents[number], keys) for number in contents]
    passes = AllowList(segments)
    return HeldAllow(passes, Part(max(contents), passes.end))


def _segment(place: Place, content: bytes, keys: Sequence[DocumentKey]) -> Segment:
    envelope = signed.read(content)
    for key in keys:
        if not key.public_key.key_id.startswith(envelope.kid):
            continue
        if KeyUsage.STATUS_LISTS not in key.usage or key.frozen:
            continue
        try:
            segment = allow_list.verify(envelope, key.public_key)
        except SignatureInvalid:
            continue
        if key.state_at(segment.end) is KeyState.ACTIVE:
            if (segment.agency, segment.seq) != place:
                raise ShapeWrong("segment")
            return segment
    raise SignatureInvalid


def _place(folder: str, name: str) -> Place:
    agency, _, number = name.partition("/")
    try:
        place = AgencyId(bytes.fromhex(agency)), int(number)
    except ValueError as exc:
        raise GateBundleMalformed(f"{folder}/{name}", "names no list") from exc
    if len(place[0]) != _HASH_BYTES or not 0 <= place[1] < _MAX_NUMBER:
        raise GateBundleMalformed(f"{folder}/{name}", "names no list")
    if path_of(folder, place) != f"{folder}/{name}":
        raise GateBundleMalformed(f"{folder}/{name}", "names no list")
    return place

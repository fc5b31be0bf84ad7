"""Sealed files as bidders send them, and the way they are sent."""

import base64
import os
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from api.services.bid_uploads import CHUNK_BYTES, BidUploads, UploadOrder, UploadView
from ledger import age_header, age_stream
from ledger.values import Address, Digest
from tests.support.licences import AGENCY

TENDER = "0x" + "7e" * 32


def sealed_file(size: int = 2**20) -> bytes:
    """Return an age file over `size` random bytes, sealed to nobody who exists."""
    recipient = age_header.recipient_of(os.urandom(32))
    return b"".join(age_stream.sealed([os.urandom(size)], [recipient], os.urandom))


def upload_form(content: bytes, **changes: Any) -> dict[str, Any]:
    """Return what announces a file, lawful but for `changes`."""
    form: dict[str, Any] = {
        "size": len(content),
        "sha256": "0x" + sha256(content).hexdigest(),
        "agency": {"jurisdiction": AGENCY.jurisdiction, "code": AGENCY.code},
        "tender": TENDER,
    }
    return form | changes


def digest_header(content: bytes) -> Mapping[str, str]:
    """Return a body's Content-Digest (RFC 9530)."""
    encoded = base64.b64encode(sha256(content).digest()).decode()
    return {"Content-Digest": f"sha-256=:{encoded}:"}


def hand_in(
    uploads: BidUploads, content: bytes, owner: Address, tender: bytes = bytes(32)
) -> UploadView:
    """Send a file as a wallet does, from where the service says that it stands."""
    digest = Digest(sha256(content).digest())
    view = uploads.open(UploadOrder(len(content), digest, AGENCY.id, tender, 0, 1), owner)
    if view.row.stored_at is not None:
        return view
    there = {chunk.number for chunk in view.chunks}
    for number, start in enumerate(range(0, len(content), CHUNK_BYTES)):
        chunk = content[start : start + CHUNK_BYTES]
        if number not in there:
            uploads.put(view.row.id, number, chunk, sha256(chunk).digest(), owner)
    return uploads.complete(view.row.id, owner)

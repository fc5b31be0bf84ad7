"""Co-signatures of opening records as JSON."""

from typing import Literal

from api.http.forms import Form, HexAddress, HexDigest, HexSignature
from api.services.opening_cosignatures import CoSignatureOrder
from ledger.tenders.ids import TenderId
from ledger.tenders.opening_cosignatures import Capacity


class CoSignatureForm(Form):
    """Who co-signs which record, by its SHA-256, and as what."""

    capacity: Literal["supervisor", "notary"]
    record: HexDigest
    signer: HexAddress
    signature: HexSignature

    def parsed(self, tender: TenderId, lot: int, part: int) -> CoSignatureOrder:
        """Return the order for one part of a lot."""
        place, capacity = (tender, lot, part), Capacity(self.capacity)
        return CoSignatureOrder(*place, self.record, capacity, self.signer, self.signature)

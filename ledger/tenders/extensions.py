"""A later end of disclosure after an outage: a trustee's co-signature to the supervisor's order.

Neither of the two can do it alone, and the trustee must not be of the buyer's group; the contract
looks at both (ITenderLedger.extendDisclosure).
"""

from dataclasses import dataclass

from ledger.errors import CoSignatureInvalid
from ledger.keys import SignatureInvalid
from ledger.tenders import forms, messages
from ledger.tenders.forms import Form
from ledger.tenders.messages import ExtendDisclosure
from ledger.tenders.trustees import Seat, octets
from ledger.values import Address


@dataclass(frozen=True, slots=True)
class Extension:
    """What a trustee signed at its seat: until when, in Unix seconds, bids may be disclosed."""

    seat: Seat
    disclose_end: int
    signature: bytes

    @property
    def message(self) -> ExtendDisclosure:
        """What is signed."""
        return ExtendDisclosure(self.seat.tender, self.seat.part, self.disclose_end)

    def require_by(self, trustee: Address) -> None:
        """Raise `CoSignatureInvalid` unless the key of that trustee signed it."""
        try:
            signer = messages.recover(self.seat.ledger, self.message, self.signature)
        except SignatureInvalid as exc:
            raise CoSignatureInvalid(trustee) from exc
        if signer != trustee:
            raise CoSignatureInvalid(trustee)

    def to_bytes(self) -> bytes:
        """Return the file for the supervisor."""
        signed = {"discloseEnd": self.disclose_end, "signature": "0x" + self.signature.hex()}
        return forms.write(Form.EXTENSION, self.seat.to_json() | signed)

    @classmethod
    def read(cls, content: bytes) -> "Extension":
        """Return what is in a file, its signature not yet checked; raise `FormInvalid`."""
        value = forms.read(Form.EXTENSION, content)
        return cls(Seat.of(value), value["discloseEnd"], octets(value["signature"]))


def extend(seat: Seat, disclose_end: int, secret: bytes) -> Extension:
    """Return the extension signed with a trustee's secret of 32 bytes."""
    message = ExtendDisclosure(seat.tender, seat.part, disclose_end)
    return Extension(seat, disclose_end, messages.sign(seat.ledger, message, secret))

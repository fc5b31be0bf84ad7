"""Sealing a bid, off line: secrets to the disk, files sealed, then the message signed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ledger.canonical import b64url_encode
from ledger.chain.accounts import Account
from ledger.keys import Signer
from ledger.tenders import manifest, messages
from ledger.tenders.age_files import SALT_BYTES, PartFile
from ledger.tenders.errors import PartsMismatch
from ledger.tenders.forms import FormInvalid
from ledger.tenders.ids import Place
from ledger.tenders.messages import Part, SubmitBid
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.signed_bids import SignedBid
from wallet.home import write_file
from wallet.tenders.bids import BidPlace, StoreKey
from wallet.tenders.folders import BidInput, Known, PartInput

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Sealer:
    """Who seals, for which tender, and where it is kept; `signer` is the licence's key, if any.

    `created` is the day in RFC 3339, `valid_until` in Unix seconds.
    """

    known: Known
    kept: BidPlace
    account: Account
    signer: Signer | None
    created: str
    valid_until: int
    randomness: Randomness

    def seal(self, bid: BidInput) -> SignedBid:
        """Seal the next version of a bid, sign it, and return it as it was kept.

        Raises:
            PartsMismatch: for more or fewer parts than the tender has.
            FormInvalid, BidTooLarge, PathRefused, FileChanged: for what the bidder gave.
            FileUnwritable: where the disk refuses; nothing was signed then.
        """
        documents = self.known.documents
        documents.require_lot(self.kept.lot)
        if len(bid.parts) != documents.parts:
            raise PartsMismatch(documents.parts, len(bid.parts))
        version, key = self.kept.next_version(), StoreKey.of(self.account.private_key)
        identity = self._identity(key, bid.identity)
        bond = _one_bond(bid)
        said = self._members(bid.said) | {"identity": identity}
        secrets = [PartSecrets.draw(self.randomness) for _ in bid.parts]
        self.kept.keep_secrets(version, key, secrets, self.randomness)
        sealed = [
            self._part(number, version, part, said, secret)
            for number, (part, secret) in enumerate(zip(bid.parts, secrets, strict=True), 1)
        ]
        constant = self._place.constant
        message = SubmitBid(
            tender=documents.tender,
            lot=self.kept.lot,
            bidder=self.account.address,
            version=version,
            docs=documents.digest,
            parts=tuple(part for part, _ in sealed),
            identity=manifest.identity_commitment(identity, constant),
            bond=manifest.bond_commitment(bond, constant),
            valid_until=self.valid_until,
        )
        signature = messages.sign(documents.ledger, message, self.account.private_key)
        shares = b"".join(envelopes for _, envelopes in sealed)
        attested = self._attested(message)
        signed = SignedBid(documents.ledger, message, shares, signature, attested)
        signed.require_good(documents.parts, len(documents.of_part(1)))
        self.kept.keep_signed(version, signed)
        return signed

    def _attested(self, message: SubmitBid) -> bytes:
        """Return the guarantor's signature of an earlier version: it is over the bond alone."""
        for version in reversed(self.kept.versions()):
            earlier = self.kept.signed(version)
            if earlier is not None and earlier.message.bond == message.bond:
                return earlier.bond_signature
        return b""

    @property
    def _place(self) -> Place:
        documents = self.known.documents
        return Place(documents.ledger, documents.tender, self.kept.lot, self.account.address)

    def _identity(self, key: StoreKey, given: dict[str, Any]) -> dict[str, Any]:
        """Return who bids with the salt that all versions share; keep it the first time."""
        held = self.kept.identity(key)
        salt = held["salt"] if held else b64url_encode(self.randomness(SALT_BYTES))
        identity = {**given, "salt": salt}
        if held != identity:
            self.kept.keep_identity(key, identity, self.randomness)
        return identity

    def _members(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return what all parts say, members of a joint bid with a salt each."""
        if not _are_described(said.get("members")):
            return said  # the form says what is wrong with it
        return said | {"members": [self._salted(each) for each in said["members"]]}

    def _salted(self, member: dict[str, Any]) -> dict[str, Any]:
        salt = b64url_encode(self.randomness(SALT_BYTES))
        return member | {"identity": {"salt": salt, **member["identity"]}}

    def _part(
        self, number: int, version: int, part: PartInput, said: dict[str, Any], secret: PartSecrets
    ) -> tuple[Part, bytes]:
        """Seal one part to the disk; return what the message says of it, and its envelopes."""
        documents, context = self.known.documents, self._place.context(number, version)
        head = {
            **manifest.head(self._place, number, version),
            "salt": b64url_encode(self.randomness(SALT_BYTES)),
            "created": self.created,
            **said,
            **part.said,
        }
        file = PartFile(
            head,
            part.open_files,
            part.confidential,
            documents.recipients,
            self.signer,
            self.randomness,
        )
        pieces = file.pieces(secret.recipient(context))
        write_file(self.kept.part_file(version, number), pieces)
        keys = self.known.keys[number]
        sealed = secret.envelopes(keys, documents.threshold, context, self.randomness)
        return secret.commit(file, sealed, context), b"".join(sealed)


def _are_described(members: Any) -> bool:
    return isinstance(members, list) and all(
        isinstance(each, dict) and isinstance(each.get("identity"), dict) for each in members
    )


def _one_bond(bid: BidInput) -> dict[str, Any] | None:
    """Return the bond, which all parts name alike: the message has one commitment to it."""
    bonds: list[dict[str, Any] | None] = [part.said["bond"] for part in bid.parts]
    if any(bond != bonds[0] for bond in bonds):
        raise FormInvalid("bid-manifest", "bond", "not the same in all parts")
    return bonds[0]

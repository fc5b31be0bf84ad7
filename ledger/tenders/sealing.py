"""What a bidder draws for one part of one version, and what it then commits itself to (§3.3–3.6).

Both secrets are fresh for each part and version: what an older version was sealed with stays shut.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.secp256k1 import ORDER
from ledger.tenders import envelopes, shares
from ledger.tenders.age_files import PartFile
from ledger.tenders.commitments import Tag, commitment, shares_hash
from ledger.tenders.file_keys import file_key, recipient
from ledger.tenders.ids import Context
from ledger.tenders.manifest import digest_of
from ledger.tenders.messages import Part
from ledger.tenders.shares import SECRET_BYTES

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class PartSecrets:
    """The bidder's secret and the one that the trustees share; neither is printed."""

    s_b: bytes = field(repr=False)
    s_c: bytes = field(repr=False)

    @classmethod
    def draw(cls, randomness: Randomness) -> "PartSecrets":
        """Return fresh ones."""
        return cls(randomness(SECRET_BYTES), shares.draw(randomness))

    def recipient(self, context: Context) -> str:
        """Return whom the part's file is sealed to."""
        return recipient(file_key(self.s_b, self.s_c, context))

    def envelopes(
        self, trustees: Sequence[bytes], threshold: int, context: Context, randomness: Randomness
    ) -> list[bytes]:
        """Return an envelope for each trustee's compressed key, any `threshold` of which join.

        Raise `ThresholdImpossible`, or `PointMalformed` for what is no key.
        """
        coefficients = [shares.draw(randomness) for _ in range(threshold - 1)]
        made = shares.split(self.s_c, coefficients, len(trustees))
        return [
            envelopes.seal(share, key, context, index, draw_key(randomness))
            for index, (share, key) in enumerate(zip(made, trustees, strict=True), 1)
        ]

    def commit(self, file: PartFile, sealed: Sequence[bytes], context: Context) -> Part:
        """Return the part of the message, once the file's last piece has gone by."""
        return Part(
            file=file.digest,
            size=file.size,
            c_b=commitment(Tag.BIDDER, context, self.s_b),
            c_c=commitment(Tag.TRUSTEES, context, self.s_c),
            shares=shares_hash(sealed),
            manifest=commitment(Tag.MANIFEST, context, digest_of(file.manifest)),
        )


def draw_key(randomness: Randomness) -> bytes:
    """Return a secp256k1 secret; one draw in 2^127 is out of range and repeated."""
    while not 0 < int.from_bytes(drawn := randomness(SECRET_BYTES)) < ORDER:
        pass
    return drawn

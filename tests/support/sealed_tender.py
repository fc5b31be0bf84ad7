"""A told tender whose bids are real age files, for those who open them again."""

import hashlib
from pathlib import Path
from typing import Any

from ledger.keys import Signer
from ledger.tenders import manifest, messages
from ledger.tenders.age_files import PartFile
from ledger.tenders.bid_flags import Ground
from ledger.tenders.ids import Place
from ledger.tenders.messages import NO_BOND, Part, SubmitBid
from ledger.tenders.sealing import PartSecrets
from tests.support.licences import counted_bytes
from tests.support.papered_story import PaperedStory
from tests.support.sealed_bids import OPEN, bid_files, bid_head
from tests.support.tender_story import MESSAGE_LIFE, SealedBid, address, key, secret

EVALUATOR = "age12n2dcyek72fhefmhac30ha89t4yywd3fus6xfyx3qs6nd8jd4evsmrmfrw"
USCI = "91440101SAMPLE{:04d}"


class SealedTender(PaperedStory):
    """Bids of one part or two; `files` holds what was sealed, by SHA-256."""

    flags: tuple[str, ...] = (Ground.UNSIGNED.value,)
    presentations: tuple[str, ...] = ()
    signer: Signer | None = None

    def __init__(self, **given: Any) -> None:
        super().__init__(real=True, **given)
        self.files: dict[bytes, bytes] = {}
        self._manifests: dict[tuple[str, int, int, int], bytes] = {}

    def manifest(self, name: str, lot: int = 0, version: int = 1) -> bytes:
        return self._manifests[name, lot, version, self.part]

    def identity(self, name: str) -> dict[str, str]:
        return _identity(name)

    def shown_by(self, _name: str, _place: Place) -> list[str]:
        """The licences that a bid shows."""
        return list(self.presentations)

    def seal(self, name: str, lot: int = 0, version: int = 1, docs: bytes = b"") -> SealedBid:
        place = Place(self.ledger, self.id, lot, address(name))
        made = [
            self._part(name, place, part, version) for part in range(1, self.announcement.parts + 1)
        ]
        bid = SubmitBid(
            tender=self.id,
            lot=lot,
            bidder=place.bidder,
            version=version,
            docs=docs or self.state.docs[-1],
            parts=tuple(part for part, _, _ in made),
            identity=manifest.identity_commitment(self.identity(name), place.constant),
            bond=NO_BOND,
            valid_until=self.now + MESSAGE_LIFE,
        )
        signature = messages.sign(self.ledger, bid, secret(name))
        whole = b"".join(envelopes for _, envelopes, _ in made)
        secrets = [each for _, _, each in made]
        return SealedBid(
            bid,
            whole,
            signature,
            tuple(each.s_b for each in secrets),
            tuple(each.s_c for each in secrets),
        )

    def _part(
        self, name: str, place: Place, part: int, version: int
    ) -> tuple[Part, bytes, PartSecrets]:
        """Seal one part; of two parts the second alone has a price."""
        said = f"{name} {version}" + (f" {part}" if part > 1 else "")
        context, randomness = place.context(part, version), counted_bytes(said.encode())
        secrets = PartSecrets(secret(f"s_b {said}"), secret(f"s_c {said}"))
        seats = range(1, self.trustees + 1)
        trustees = [key(f"trustee {part} {seat}").public_key.format() for seat in seats]
        threshold = self.announcement.threshold
        envelopes = secrets.envelopes(trustees, threshold, context, randomness)
        price = {"amount": self.prices.get(name, "900000.00"), "currency": "CNY", "tax": "9.00"}
        head = bid_head(
            place,
            part,
            version,
            identity=self.identity(name),
            presentations=self.shown_by(name, place),
            price=price if part == self.announcement.parts else None,
        )
        file = PartFile(head, bid_files(OPEN, "public"), [], [EVALUATOR], self.signer, randomness)
        content = b"".join(file.pieces(secrets.recipient(context)))
        self.files[hashlib.sha256(content).digest()] = content
        self._manifests[name, place.lot, version, part] = file.manifest
        return secrets.commit(file, envelopes, context), b"".join(envelopes), secrets

    def keep_in(self, folder: Path) -> Path:
        """Put papers and files into a folder under their digests."""
        folder.mkdir(parents=True)
        for digest, paper in self.papers.items():
            (folder / digest.hex()).write_bytes(paper)
        for digest, file in self.files.items():
            (folder / f"{digest.hex()}.age").write_bytes(file)
        return folder


def _identity(name: str) -> dict[str, str]:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:2]) % 10_000
    salt = hashlib.sha256(b"salt " + name.encode()).hexdigest()[:22]
    return {
        "jurisdiction": "CN-GD",
        "code": USCI.format(number),
        "name": f"示例{name}公司",
        "salt": salt,
    }

"""Who signed what somebody holds: the keys of a tender's agencies, as its archive tells of them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from ledger import jws
from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.chain.blocks import BlockRef
from ledger.chain.tender_archive import Archive, ArchiveRead
from ledger.errors import Refused
from ledger.keys import PublicKey
from ledger.tenders import filing_answers, filings, receipts, refusals, requests
from ledger.tenders.audit.bundle import Provenance
from ledger.tenders.audit.key_stories import KeyStory
from ledger.tenders.audit.supervisors import RoleStory
from ledger.tenders.filing_answers import FilingAnswers
from ledger.tenders.filings import FilingReceipt
from ledger.tenders.receipts import Receipt
from ledger.tenders.refusals import Refusal
from ledger.values import Address, KeyUsage
from wallet.tenders.holdings import Holdings

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Kind(Generic[Said]):
    """One kind of token: its name in doubts, its type, how it is read, when it was signed."""

    name: str
    type: str
    read: Callable[[str, PublicKey], Said]
    signed_at: Callable[[Said], int]


RECEIPTS: Final[Kind[Receipt]] = Kind(
    "receipt", receipts.TYPE, receipts.read, lambda said: said.issued_at
)
FILINGS: Final[Kind[FilingReceipt]] = Kind(
    "filing", filings.TYPE, filings.read, lambda said: said.filing.filed_at
)
ANSWERS: Final[Kind[FilingAnswers]] = Kind(
    "answers", filing_answers.TYPE, filing_answers.read, lambda said: said.issued_at
)
REFUSALS: Final[Kind[Refusal]] = Kind(
    "refusal", refusals.TYPE, refusals.read, lambda said: said.issued_at
)


@dataclass(eq=False)
class _Doubtful(Exception):
    """Nobody knows that an agency of the tender signed it: why."""

    why: str


@dataclass(frozen=True, slots=True)
class Signers:
    """The keys by `kid` whose stories somebody vouches for.

    Of those in `untold` nobody knows whether more was told of them, for the reason there.
    """

    keys: Mapping[str, KeyStory]
    untold: Mapping[str, str]

    @classmethod
    def of(
        cls,
        found: ArchiveRead,
        archive: Archive,
        vouch: Callable[[list[BlockRef]], Provenance],
    ) -> "Signers":
        """Return the signers of an archive; one just gathered from a node leaves nothing untold."""
        keys = {kid: each for kid, each in found.keys.items() if _is_vouched(each, vouch)}
        return cls(keys, found.untold if archive.gathered_at is None else {})

    def sorted(
        self, tokens: Sequence[str], kind: Kind[Said]
    ) -> tuple[tuple[Said, ...], tuple[Mapping[str, Any], ...]]:
        """Return what genuine tokens say, and for each other its number and why it is in doubt.

        A forged one is in doubt as well: whoever put it there accuses nobody with it.
        """
        genuine: list[Said] = []
        doubtful: list[Mapping[str, Any]] = []
        for spot, token in enumerate(tokens, 1):
            try:
                genuine.append(self._read(token, kind))
            except _Doubtful as doubt:
                doubtful.append({kind.name: str(spot), "why": doubt.why})
        return tuple(genuine), tuple(doubtful)

    def signer_of(self, kid: str, at: int, usage: KeyUsage) -> PublicKey | str:
        """Return the key that was good for a use at a time, or why there is none."""
        if kid not in self.keys:
            return "key-unknown"
        if kid in self.untold:
            return self.untold[kid]
        why = self.keys[kid].doubt_at(at, usage)
        return f"key-{why}" if why else self.keys[kid].key.public_key

    def _read(self, token: str, kind: Kind[Said]) -> Said:
        """Return what a token says; raise `_Doubtful`."""
        try:
            kid = jws.parse(token, kind.type).kid
            if kid not in self.keys:
                raise _Doubtful("key-unknown")
            said = kind.read(token, self.keys[kid].key.public_key)
        except Refused as refused:
            raise _Doubtful(type(refused).__name__) from refused
        key = self.signer_of(kid, kind.signed_at(said), KeyUsage.DOCUMENTS)
        if isinstance(key, str):
            raise _Doubtful(key)
        return said


def key_ids(holdings: Holdings) -> set[bytes]:
    """Return the ids of the keys that receipts, refusals and requests say they are signed by."""
    found = set()
    for kid in _kids(holdings):
        try:
            found.add(b64url_decode(kid))
        except EncodingNotCanonical:
            continue
    return {each for each in found if len(each) == len(bytes(32))}


def _kids(holdings: Holdings) -> Iterator[str]:
    kinds = (receipts.TYPE, filings.TYPE, filing_answers.TYPE, refusals.TYPE, requests.TYPE)
    papers = (each for each in holdings.papers.values() if each.startswith(_TOKEN))
    texts: Iterable[str] = (
        *holdings.said(),
        *(each.decode("ascii", "replace").strip() for each in papers),
    )
    for text in texts:
        try:
            yield jws.parse(text, *kinds).kid
        except Refused:
            continue


_TOKEN: Final = b"ey"
"""How base64url of a JSON object begins."""


def supervisors_of(
    found: ArchiveRead, archive: Archive, vouch: Callable[[list[BlockRef]], Provenance]
) -> Mapping[Address, RoleStory] | None:
    """Return who supervised, each told of as far as somebody vouches for it; None where untold."""
    if found.supervision is None:
        return None
    is_gathered = archive.gathered_at is not None
    return {
        account: replace(
            story, is_told=(story.is_told or is_gathered) and _is_vouched(story, vouch)
        )
        for account, story in found.supervisors.items()
    }


def _is_vouched(story: KeyStory | RoleStory, vouch: Callable[[list[BlockRef]], Provenance]) -> bool:
    told = vouch([BlockRef(each.block, each.block_hash) for each in story.places])
    return not told.faults and not told.open_

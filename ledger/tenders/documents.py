"""The manifest of a tender's documents: what its digest `docs` on chain stands for (§5).

It names every file, the lots, the trustees and who evaluates, so that a wallet can seal a bid with
nothing else at hand.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.errors import Refused
from ledger.secp256k1 import checksum
from ledger.tenders import forms
from ledger.tenders.errors import LotUnknown
from ledger.tenders.forms import Form
from ledger.tenders.ids import TenderId, ref_of, tender_id
from ledger.tenders.packages import require_distinct, require_path
from ledger.tenders.shares import require_threshold
from ledger.tenders.trustees import Statement, StatementInvalid, ledger_of, octets
from ledger.values import Address, AgencyId, LedgerRef

STATEMENT: Final = "trustee-statement"
"""The role of a trustee's statement among the files."""


@dataclass(eq=False)
class DocumentsInvalid(Refused):
    """The tender documents contradict themselves, or a file of theirs is missing or another."""

    reason: str


@dataclass(frozen=True, slots=True)
class Trustee:
    """A trustee as the documents name it; `index` from 1 on."""

    part: int
    index: int
    key: Address
    group: bytes
    name: str


@dataclass(frozen=True, slots=True)
class Documents:
    """A manifest that was checked; `digest` is SHA-256 of its bytes, `content` all it says."""

    digest: bytes
    ledger: LedgerRef
    tender: TenderId
    agency: AgencyId
    lots: tuple[int, ...]
    parts: int
    threshold: int
    trustees: tuple[Trustee, ...]
    recipients: tuple[str, ...]
    content: Mapping[str, Any]

    def of_part(self, part: int) -> tuple[Trustee, ...]:
        """Return the trustees of a part in their order."""
        return tuple(each for each in self.trustees if each.part == part)

    def require_lot(self, lot: int) -> None:
        """Raise `LotUnknown` for a lot that the tender does not have."""
        if lot not in self.lots:
            raise LotUnknown(lot)

    def keys(self, statements: Mapping[str, bytes]) -> dict[int, list[bytes]]:
        """Return the trustees' compressed keys by part, in their order, each proven by a statement.

        `statements` are the files of that role by path. Raises `DocumentsInvalid` for a file that
        is missing or another than the manifest names, `StatementInvalid` for a statement that is
        wrong in anything.
        """
        wanted = {each["path"]: each for each in self.content["files"] if each["role"] == STATEMENT}
        proven: dict[tuple[int, int], bytes] = {}
        for path, named in wanted.items():
            found = statements.get(path)
            if found is None or hashlib.sha256(found).digest() != octets(named["sha256"]):
                raise DocumentsInvalid(f"file {path}")
            statement = Statement.read(found)
            self._require_stated(statement)
            proven[statement.key.part, statement.key.index] = statement.public_key()
        for trustee in self.trustees:
            if (trustee.part, trustee.index) not in proven:
                raise StatementInvalid(trustee.part, trustee.index, "missing")
        parts = range(1, self.parts + 1)
        return {p: [proven[p, each.index] for each in self.of_part(p)] for p in parts}

    def _require_stated(self, statement: Statement) -> None:
        key = statement.key
        named = {(each.part, each.index): each for each in self.trustees}
        trustee = named.get((key.part, key.index))
        if trustee is None or (statement.ledger, key.tender) != (self.ledger, self.tender):
            raise StatementInvalid(key.part, key.index, "place")
        for reason, said, listed in (
            ("key", key.key, trustee.key),
            ("group", key.group, trustee.group),
        ):
            if said != listed:
                raise StatementInvalid(key.part, key.index, reason)


def write(content: Mapping[str, Any]) -> bytes:
    """Return the manifest's bytes; raise as `read` does for what it would refuse."""
    octets_ = forms.write(Form.DOCUMENTS, dict(content))
    read(octets_)
    return octets_


def read(content: bytes) -> Documents:
    """Return the documents that a manifest describes.

    Raises:
        FormInvalid: for the form.
        DocumentsInvalid: for a tender of another id, trustees that are not 1…n for each part,
            keys that occur twice, or groups that could open a bid alone.
        ThresholdImpossible, PathRefused: for these.
    """
    value = forms.read(Form.DOCUMENTS, content)
    documents = Documents(
        digest=hashlib.sha256(content).digest(),
        ledger=ledger_of(value["ledger"]),
        tender=TenderId(octets(value["tender"])),
        agency=AgencyId(octets(value["agency"])),
        lots=tuple(each["lot"] for each in value["lots"]),
        parts=value["parts"],
        threshold=value["threshold"],
        trustees=tuple(_trustee(each) for each in value["trustees"]),
        recipients=tuple(each["recipient"] for each in value["evaluators"]),
        content=value,
    )
    if tender_id(documents.agency, ref_of(value["number"])) != documents.tender:
        raise DocumentsInvalid("tender")
    _require_lots(documents.lots)
    _require_trustees(documents)
    paths = [each["path"] for each in value["files"]]
    for path in paths:
        require_path(path)
    require_distinct(paths)
    return documents


def _trustee(value: Mapping[str, Any]) -> Trustee:
    return Trustee(
        part=value["part"],
        index=value["index"],
        key=checksum(octets(value["key"])),
        group=octets(value["group"]),
        name=value["name"],
    )


def _require_lots(lots: tuple[int, ...]) -> None:
    if lots != tuple(range(len(lots))):
        raise DocumentsInvalid("lots")


def _require_trustees(documents: Documents) -> None:
    """Hold the trustees against §2: n for each part, no key twice, no group with t or more."""
    count, rest = divmod(len(documents.trustees), documents.parts)
    order = [(each.part, each.index) for each in documents.trustees]
    parts, indices = range(1, documents.parts + 1), range(1, count + 1)
    if rest or order != [(part, index) for part in parts for index in indices]:
        raise DocumentsInvalid("trustees")
    require_threshold(documents.threshold, count)
    if len({each.key for each in documents.trustees}) != len(order):
        raise DocumentsInvalid("trustees' keys")
    for part in parts:
        groups = [each.group for each in documents.of_part(part)]
        if max(groups.count(group) for group in groups) >= documents.threshold:
            raise DocumentsInvalid("trustees' groups")

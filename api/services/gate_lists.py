"""Status lists as CWT for gates, signed anew when they change and every quarter of an hour."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from api.services.lists import REFRESH_SECONDS, ListSigners
from api.store.registry import Head
from ledger.authority import Agency
from ledger.health import status_cwt
from ledger.list_tokens import ListChain
from ledger.status_list import StatusList
from ledger.values import AgencyId, KeyUsage, LedgerRef


class Words(Protocol):
    """Whoever knows the words of a status list as of the head."""

    def words(self, agency: AgencyId, list_: int) -> Mapping[int, int]:
        """Return the words that are not 0."""


@dataclass(frozen=True, slots=True)
class _Signed:
    entries: bytes
    issued_at: int
    token: bytes


class GateLists:
    """Signs lists, and hands out the same token while it says what is so: gates fetch less."""

    def __init__(
        self, words: Words, signers: ListSigners, ledger: LedgerRef, base_url: str
    ) -> None:
        self._words = words
        self._signers = signers
        self._ledger = ledger
        self._base_url = base_url
        self._kept: dict[tuple[AgencyId, int], _Signed] = {}

    def token(self, agency: Agency, list_: int, head: Head, as_of: int) -> bytes:
        """Return a list as of the head, dated `as_of`; raise `SigningKeyMissing`."""
        found = StatusList.from_words(self._words.words(agency.id, list_))
        entries = found.to_bytes()
        kept = self._kept.get((agency.id, list_))
        if (
            kept is not None
            and kept.entries == entries
            and 0 <= as_of - kept.issued_at < REFRESH_SECONDS
        ):
            return kept.token
        token = status_cwt.sign_list(
            found,
            uri=f"{self._base_url}/status/{agency.jurisdiction}/{agency.code}/{list_}",
            issued_at=as_of,
            chain=ListChain(self._ledger, agency.id, list_, head.block, head.hash),
            signer=self._signers.signer(agency.id, KeyUsage.STATUS_LISTS),
        )
        self._kept[(agency.id, list_)] = _Signed(entries, as_of, token)
        return token

"""Status lists as signed tokens: rebuilt from the projection, stored, served."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from api.services.issuers import SigningKeyMissing
from api.store.indices import IndexStore
from api.store.lists import ListStore, ListTokenUnknown, TokenRow
from api.store.registry import Head, Registry
from ledger.errors import AgencyUnknown
from ledger.keys import Signer
from ledger.list_tokens import LIFETIME_SECONDS, ListChain, sign_list
from ledger.status_list import StatusList
from ledger.values import AgencyId, KeyUsage, LedgerRef

REFRESH_SECONDS: Final = 900
"""A list that did not change is signed anew this often (proposed)."""
MOST_UNCONFIRMED_SECONDS: Final = 60
"""Age of the projection's last look at the chain beyond which no list is signed (proposed)."""


class ListSigners(Protocol):
    """Whoever finds the key with which an agency signs its lists."""

    def signer(self, agency: AgencyId, usage: KeyUsage) -> Signer:
        """Return a key that may sign now; raise `SigningKeyMissing`."""


class StatusLists:
    """The signed lists, as anybody may fetch them; needs no key."""

    def __init__(self, tokens: ListStore) -> None:
        self._tokens = tokens

    def token(self, agency: AgencyId, list_: int, time: int | None = None) -> TokenRow:
        """Return the newest token, or the one that was good at `time`.

        Raises:
            ListTokenUnknown: when there is none.
        """
        if time is None:
            return self._tokens.latest(agency, list_)
        return self._tokens.at(agency, list_, time)


class ListSigning:
    """Signs each list anew after an event on it, and every 15 minutes."""

    def __init__(
        self,
        *,
        tokens: ListStore,
        indices: IndexStore,
        registry: Registry,
        signers: ListSigners,
        ledger: LedgerRef,
        base_url: str,
        clock: Callable[[], int],
    ) -> None:
        self._tokens = tokens
        self._indices = indices
        self._registry = registry
        self._signers = signers
        self._ledger = ledger
        self._base_url = base_url
        self._clock = clock

    def step(self, *, flush: bool = False) -> int:
        """Sign what is due and return how many; at most one token a list and second.

        Nothing while no node confirms the projection, which may be an older copy put back: a new
        date on an old list would bring back what was revoked since.

        With `flush` a token of this very second is replaced, so that what was seen is signed.

        Raises:
            SigningKeyMissing: in the end, when an agency's key is not at hand.
        """
        if self._clock() - self._registry.head().seen_at > MOST_UNCONFIRMED_SECONDS:
            return 0
        signed = 0
        missing: SigningKeyMissing | None = None
        for agency, list_ in self._indices.all_lists():
            try:
                signed += self._sign_if_due(agency, list_, flush=flush)
            except SigningKeyMissing as failure:  # one agency's, so the others' lists go on
                missing = failure
        if missing is not None:
            raise missing
        return signed

    def _sign_if_due(self, agency: AgencyId, list_: int, *, flush: bool) -> int:
        now = self._clock()
        last = self._last(agency, list_)
        changed = last is None or self._has_changed(last)
        is_old = last is None or now - last.issued_at >= REFRESH_SECONDS
        is_of_now = last is not None and last.issued_at == now and not flush
        is_of_later = last is not None and last.issued_at > now + REFRESH_SECONDS
        if is_of_now or not (changed or is_old or is_of_later):
            return 0
        self._sign(agency, list_, now, saw_change=changed)
        return 1

    def _last(self, agency: AgencyId, list_: int) -> TokenRow | None:
        try:
            return self._tokens.latest(agency, list_)
        except ListTokenUnknown:
            return None

    def _has_changed(self, last: TokenRow) -> bool:
        """Whether the list saw an event since, or the block it is of fell out of the chain."""
        known = self._registry.block_hash(last.block)
        if last.block > self._registry.head().block or known not in (None, last.block_hash):
            return True
        return self._registry.has_changed(last.agency, last.list, last.block)

    def _sign(self, agency: AgencyId, list_: int, now: int, *, saw_change: bool) -> None:
        head, words = self._registry.words_at_head(agency, list_)
        token = self._token(agency, list_, now, head, words)
        self._tokens.add(
            TokenRow(
                agency,
                list_,
                now,
                now + LIFETIME_SECONDS,
                head.block,
                head.hash,
                saw_change,
                token,
            )
        )

    def _token(
        self, agency: AgencyId, list_: int, now: int, head: Head, words: Mapping[int, int]
    ) -> str:
        return sign_list(
            StatusList.from_words(words),
            uri=self._uri(agency, list_),
            issued_at=now,
            chain=ListChain(self._ledger, agency, list_, head.block, head.hash),
            signer=self._signers.signer(agency, KeyUsage.STATUS_LISTS),
        )

    def _uri(self, agency: AgencyId, list_: int) -> str:
        found = self._registry.agency(agency)
        if found is None:
            raise AgencyUnknown(agency)
        return f"{self._base_url}/status/{found.jurisdiction}/{found.code}/{list_}"

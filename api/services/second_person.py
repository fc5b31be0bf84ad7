"""The second pair of eyes: whose signature counts beside the one who asks, and whether it is good.

An account's key is judged here; a contract account judges for itself (ERC-1271), on the node.
"""

from typing import Protocol

from api.services.sign_ins import Roles
from ledger.errors import CoSignatureByActor, CoSignatureExpired, CoSignatureInvalid
from ledger.typed_data import CoSignature, StatusOrder, co_signature_digest, recover_approver
from ledger.values import Address, AgencyId, LedgerRef, Role


class LiveContracts(Protocol):
    """Contracts asked through a node; every question raises `Unavailable` when nobody could say."""

    def accepts_signature(self, account: Address, digest: bytes, signature: bytes) -> bool:
        """Whether the contract at `account` takes the signature for its own (ERC-1271)."""

    def uncosigned_revocations(self, agency: AgencyId, at: int) -> int:
        """Return how many records the agency revoked without co-signature in the 24 h before."""


class SecondPerson:
    """Checks co-signatures as the ledger will."""

    def __init__(
        self, ledger: LedgerRef, sender: Address, roles: Roles, live: LiveContracts
    ) -> None:
        self._ledger = ledger
        self._sender = sender
        self._roles = roles
        self._live = live

    def check(self, order: StatusOrder, signed: CoSignature, by: Address, sent_at: int) -> None:
        """Raise unless a second person signed `order`, which `by` asks for.

        Raises:
            CoSignatureByActor: when it is the one who asks, or who sends.
            CoSignatureExpired: when it does not count at `sent_at` any more.
            RoleMissing: when the approver is no APPROVER of the agency.
            CoSignatureInvalid: when neither the approver's key signed it nor its contract takes it.
            Unavailable: when no node could ask that contract.
        """
        if signed.approver in {by, self._sender}:
            raise CoSignatureByActor(signed.approver)
        if signed.deadline < sent_at:
            raise CoSignatureExpired(signed.deadline, sent_at)
        self._roles.require(signed.approver, order.agency, Role.APPROVER)
        try:
            recover_approver(self._ledger, order, signed)
        except CoSignatureInvalid:
            digest = co_signature_digest(self._ledger, order, signed.nonce, signed.deadline)
            if not self._live.accepts_signature(signed.approver, digest, signed.signature):
                raise

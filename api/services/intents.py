"""Intents: what the service wants from the chain, each with an id by which it happens once."""

import hashlib
from collections.abc import Callable
from typing import Final

from api.store.changes import ChangeRow
from ledger.chain import calls
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.chain.sender import intent_id
from ledger.outbox import Intent
from ledger.status_list import word_changes
from ledger.typed_data import CoSignature, StatusOrder
from ledger.values import Address, AgencyId, RecordKind, Root

OCCURRENCE_BYTES: Final = 16


class Intents:
    """Encodes writes for one deployment, to be sent by one account."""

    def __init__(
        self, deployment: Deployment, sender: Address, randomness: Callable[[int], bytes]
    ) -> None:
        self.sender = sender
        self._deployment = deployment
        self._randomness = randomness

    def anchor(self, agency: AgencyId, kind: RecordKind, root: Root, size: int) -> Intent:
        """Return the intent to anchor a batch; one root of one agency has one id."""
        call = calls.anchor(self._deployment, agency, kind, root, size)
        return self._intent(intent_id(self._deployment.chain_id, call), call)

    def change_status(self, change: ChangeRow) -> Intent:
        """Return the intent to carry out a stored change; one change has one id."""
        order = StatusOrder(
            change.agency,
            change.list,
            word_changes([change.index]),
            change.status,
            change.reason,
            change.effective_at,
            change.until,
        )
        return self._change(order, change.co_signature, change.id)

    def intent(self, order: StatusOrder, co_signature: CoSignature | None) -> Intent:
        """Return an intent to carry out an order, to be stored with the change that wants it."""
        return self._change(order, co_signature, self._randomness(OCCURRENCE_BYTES))

    def _change(self, order: StatusOrder, signed: CoSignature | None, occurrence: bytes) -> Intent:
        # The same order may lawfully come again next year: content alone would be the same intent.
        call = (
            calls.change_status(self._deployment, order)
            if signed is None
            else calls.change_status_cosigned(self._deployment, order, signed)
        )
        content = intent_id(self._deployment.chain_id, call)
        return self._intent(hashlib.sha256(content + occurrence).digest(), call)

    def _intent(self, id_: bytes, call: Call) -> Intent:
        return Intent(id_, self._deployment.chain_id, self.sender, call.to, call.data)

"""Intents: what the service wants from the chain, each with an id by which it happens once."""

import hashlib
from collections.abc import Sequence

from api.services.packing import order_of
from api.store.changes import ChangeRow
from ledger.chain import calls
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.chain.sender import intent_id
from ledger.errors import CoSignatureInvalid
from ledger.outbox import Intent
from ledger.typed_data import CoSignature, StatusOrder, recover_approver
from ledger.values import Address, AgencyId, RecordKind, Root


class Intents:
    """Encodes writes for one deployment, to be sent by one account."""

    def __init__(self, deployment: Deployment, sender: Address) -> None:
        self.sender = sender
        self._deployment = deployment

    def anchor(self, agency: AgencyId, kind: RecordKind, root: Root, size: int) -> Intent:
        """Return the intent to anchor a batch; one root of one agency has one id."""
        call = calls.anchor(self._deployment, agency, kind, root, size)
        return self._intent(intent_id(self._deployment.chain_id, call), call)

    def change_statuses(self, pack: Sequence[ChangeRow]) -> Intent:
        """Return the intent to carry out stored changes of one order; the same have one id."""
        order, signed = order_of(pack), pack[0].co_signature
        call = self._call(order, signed)
        # The same order may lawfully come again next year: content alone would be the same intent.
        occurrence = b"".join(sorted(change.id for change in pack))
        content = intent_id(self._deployment.chain_id, call)
        return self._intent(hashlib.sha256(content + occurrence).digest(), call)

    def _call(self, order: StatusOrder, signed: CoSignature | None) -> Call:
        if signed is None:
            return calls.change_status(self._deployment, order)
        try:
            recover_approver(self._deployment.ledger, order, signed)
        except CoSignatureInvalid:  # not by a key, so the approver's contract judges it
            return calls.change_status_cosigned_by_contract(self._deployment, order, signed)
        return calls.change_status_cosigned(self._deployment, order, signed)

    def _intent(self, id_: bytes, call: Call) -> Intent:
        return Intent(id_, self._deployment.chain_id, self.sender, call.to, call.data)

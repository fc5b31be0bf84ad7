"""Intents: what the service wants from the chain, each with an id by which it happens once."""

import hashlib

from api.store.changes import ChangeRow
from ledger.chain import calls
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.chain.sender import intent_id
from ledger.outbox import Intent
from ledger.status_list import word_changes
from ledger.typed_data import StatusOrder
from ledger.values import Address, AgencyId, RecordKind, Root


class Intents:
    """Encodes writes for one deployment, to be sent by one account."""

    def __init__(self, deployment: Deployment, account: Address) -> None:
        self._deployment = deployment
        self._account = account

    def anchor(self, agency: AgencyId, kind: RecordKind, root: Root, size: int) -> Intent:
        """Return the intent to anchor a batch; one root of one agency has one id."""
        call = calls.anchor(self._deployment, agency, kind, root, size)
        return self._intent(intent_id(self._deployment.chain_id, call), call)

    def change_status(self, change: ChangeRow) -> Intent:
        """Return the intent to carry out a change.

        The change's id goes into the intent's: the same order may lawfully come again next year,
        so content alone does not tell two changes apart.
        """
        order = StatusOrder(
            change.agency,
            change.list,
            word_changes([change.index]),
            change.status,
            change.reason,
            change.effective_at,
            change.until,
        )
        call = (
            calls.change_status(self._deployment, order)
            if change.co_signature is None
            else calls.change_status_cosigned(self._deployment, order, change.co_signature)
        )
        content = intent_id(self._deployment.chain_id, call)
        return self._intent(hashlib.sha256(content + change.id).digest(), call)

    def _intent(self, id_: bytes, call: Call) -> Intent:
        return Intent(id_, self._deployment.chain_id, self._account, call.to, call.data)

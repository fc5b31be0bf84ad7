"""What must hold after whatever happened: nothing lost, doubled, or left half done."""

from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from api.services.progress import Proofs
from api.store.tables import changes, intents
from ledger.merkle import verify_inclusion
from ledger.outbox import IntentState
from ledger.values import Digest, Stage, Status
from tests.support.office import Office


def check_anchored_once(office: Office, digests: Collection[Digest]) -> None:
    """Raise unless each record is final, its root on chain once, and proven by its proof."""
    proofs = Proofs(office.batches, office.standing.deployment.ledger)
    roots = [event.root for event in office.parts.registry.batches()]
    assert len(roots) == len(set(roots))
    for digest in digests:
        proof = proofs.proof(digest)
        assert proofs.stage(digest) is Stage.FINAL
        verify_inclusion(digest, proof.proof, proof.root)
        assert proof.root in roots


def check_nonces(office: Office) -> None:
    """Raise unless every intent is final, and their nonces follow each other without a gap."""
    with office.parts.database.read() as connection:
        query = select(func.min(intents.c.nonce), func.max(intents.c.nonce), func.count())
        first, last, number = connection.execute(query).one()
        states = connection.execute(select(intents.c.state).distinct()).scalars().all()
    assert set(states) <= {IntentState.FINAL.value}
    assert number == 0 or last - first == number - 1


def check_changed(office: Office, statuses: Mapping[Digest, Status]) -> None:
    """Raise unless every change is final, and each licence has its status on chain."""
    with office.parts.database.read() as connection:
        query = select(intents.c.state).select_from(changes.outerjoin(intents)).distinct()
        assert connection.execute(query).scalars().all() == [IntentState.FINAL.value]
    rows = [office.licences.get(digest) for digest in statuses]
    assert dict(zip(statuses, office.statuses(rows), strict=True)) == statuses


def check_audit(office: Office) -> None:
    """Raise unless the chain, read anew, agrees with the database row for row."""
    assert [each for each in office.parts.audit().run() if not each.ok] == []

"""Check 3: the proof leads from the document to a batch that its agency anchored in time."""

from ledger.finality import FINALIZED, final_block
from ledger.merkle import ProofMalformed, RootMismatch, verify_inclusion
from ledger.verification.case import Case, finding, not_known, unreachable
from ledger.verification.check import Finding, Notice, Result, rfc3339
from ledger.verification.evidence import Batch, Reading
from ledger.verification.proof_file import ProofFile


def check_anchor(case: Case) -> Finding:
    """Judge inclusion by the proof alone, then the batch by the ledger that the proof names."""
    proof = case.evidence.proof
    if proof is None:
        return finding(3, Result.ERROR, "anchor.proof-missing")
    if not _is_about(proof, case) or not _leads_to_root(proof):
        return finding(3, Result.INVALID, "anchor.proof-mismatch")
    if proof.ledger not in case.policy.ledgers:
        ledger = {"chainId": proof.ledger.chain_id, "ledger": proof.ledger.address}
        return finding(3, Result.ERROR, "anchor.ledger-unknown", ledger)
    reading = case.reading
    if not isinstance(reading, Reading) or reading.ledger != proof.ledger:
        return unreachable(3, "anchor.unreachable", case, "other-ledger")
    if reading.batch is None:
        return _no_batch(case)
    return _batch(case, reading, proof, reading.batch)


def _is_about(proof: ProofFile, case: Case) -> bool:
    return proof.digest == case.subject.digest and proof.agency == case.subject.agency


def _leads_to_root(proof: ProofFile) -> bool:
    try:
        verify_inclusion(proof.digest, proof.proof, proof.root)
    except (RootMismatch, ProofMalformed):
        return False
    return True


def _no_batch(case: Case) -> Finding:
    if case.is_fresh and case.is_behind_proof and not case.is_behind_as_bundle:
        # Whoever claims a block to come gains nothing: without any proof it would be ERROR as well.
        return _pending(case, 0)
    return not_known(3, "anchor.root-not-found", "anchor.unreachable", case)


def _batch(case: Case, reading: Reading, proof: ProofFile, batch: Batch) -> Finding:
    if batch.size != proof.proof.tree_size or batch.kind != case.subject.kind:
        return finding(3, Result.INVALID, "anchor.proof-mismatch")
    facts = {"time": rfc3339(batch.anchored_at), "block": batch.block}
    if case.moment < batch.anchored_at:
        return finding(3, Result.INVALID, "anchor.later-than-time", facts)
    confirmations = max(0, reading.block - batch.block + 1)
    if batch.block > final_block(case.policy.min_confirmations, reading.block, reading.finalized):
        return _pending(case, confirmations)
    warnings: tuple[Notice, ...] = ()
    if confirmations < case.policy.warn_below:
        counted = {"n": confirmations, "m": case.policy.warn_below}
        warnings = (Notice("anchor.few-confirmations", counted),)
    facts["confirmations"] = confirmations
    return finding(3, Result.VALID, "anchor.ok", facts, warnings)


def _pending(case: Case, confirmations: int) -> Finding:
    least = case.policy.min_confirmations
    if least == FINALIZED:
        return finding(3, Result.ERROR, "anchor.not-final", {"n": confirmations})
    return finding(3, Result.ERROR, "anchor.pending", {"n": confirmations, "m": least})

"""Every write of the RecognitionLedger, encoded. Refusals are those of IRecognitionLedger.sol.

Each raises `AgreementsAbsent` for a ledger that was deployed before there were agreements.
"""

from ledger.agreements.agreement import AgreementId, Terms
from ledger.agreements.terms import TermsSignature
from ledger.chain.abi import load_abi
from ledger.chain.calls import Call
from ledger.chain.deployments import Deployment
from ledger.values import JurisdictionId, Scope


def propose(deployment: Deployment, terms: Terms, proposer: JurisdictionId) -> Call:
    """Propose a version; SUPERVISOR of the proposer, which is one of the parties, only."""
    return _call(deployment, "propose", _terms(terms), proposer)


def agree(
    deployment: Deployment, terms: Terms, proposer: JurisdictionId, signed: TermsSignature
) -> Call:
    """Propose a version that the other party's SUPERVISOR, or its contract, has signed."""
    signature = (signed.signer, signed.signature)
    return _call(deployment, "agree", _terms(terms), proposer, *signature)


def sign(
    deployment: Deployment,
    agreement: AgreementId,
    version: int,
    policy_hash: bytes,
    bundle_hash: bytes,
) -> Call:
    """Sign a proposal; SUPERVISOR of the party that did not propose only."""
    return _call(deployment, "sign", agreement, version, policy_hash, bundle_hash)


def withdraw(deployment: Deployment, agreement: AgreementId, version: int) -> Call:
    """Take a proposal back; SUPERVISOR of its proposer only."""
    return _call(deployment, "withdraw", agreement, version)


def cancel(
    deployment: Deployment, agreement: AgreementId, version: int, party: JurisdictionId
) -> Call:
    """End a version before it comes into force; SUPERVISOR of either party."""
    return _call(deployment, "cancel", agreement, version, party)


def suspend(  # one parameter a fact of the act
    deployment: Deployment,
    agreement: AgreementId,
    version: int,
    cause: int,
    until: int,
    scope_kind: Scope = Scope.ALL,
    scope: bytes = bytes(32),
) -> Call:
    """Suspend a version at once; SUPERVISOR of TO only."""
    terms = (version, cause, until, int(scope_kind), scope)
    return _call(deployment, "suspend", agreement, *terms)


def lift(deployment: Deployment, agreement: AgreementId, version: int, index: int) -> Call:
    """End a suspension in effect; SUPERVISOR of TO only."""
    return _call(deployment, "lift", agreement, version, index)


def terminate(
    deployment: Deployment,
    agreement: AgreementId,
    version: int,
    party: JurisdictionId,
    terminates_at: int,
) -> Call:
    """Announce a version's end, or end it at once while it is suspended; either SUPERVISOR."""
    return _call(deployment, "terminate", agreement, version, party, terminates_at)


def _call(deployment: Deployment, function: str, *values: object) -> Call:
    encoded = load_abi("RecognitionLedger").functions[function].encode(*values)
    return Call(deployment.recognition, encoded)


def _terms(terms: Terms) -> tuple[object, ...]:
    return (
        terms.source,
        terms.target,
        terms.record_type,
        terms.version,
        terms.policy_hash,
        terms.bundle_hash,
        terms.valid_from,
        terms.valid_to,
        terms.notice,
    )

"""What to do next, for the errors that say only what happened: those of the rules and the chain."""

from collections import defaultdict
from dataclasses import asdict
from typing import Final

from ledger.agreements.history import AgreementUnknown
from ledger.agreements.policy import PolicyInvalid, PolicyKindWrong
from ledger.chain.deployments import AgreementsAbsent, DeploymentMalformed, TendersAbsent
from ledger.errors import (
    AccreditationMissing,
    AgencyNotActive,
    AgencyUnknown,
    ChainUnavailable,
    JurisdictionUnknown,
    KeyUnknown,
    LeadTimeTooLong,
    LeadTimeTooShort,
    LedgerError,
    NotParty,
    PolicyMismatch,
    RoleMissing,
    StatusFinal,
    StatusTransitionIllegal,
    SuspensionUnknown,
    TermsSignatureInvalid,
    TermTooShort,
    VersionNotGreater,
    WrongAgreementState,
    WrongCode,
    WrongHistory,
    WrongNetwork,
)
from ledger.health.conversion import ConversionRefused
from ledger.health.gate_bundle.errors import (
    GateBundleAhead,
    GateBundleIncomplete,
    GateBundleRolledBack,
    GateBundleUntrusted,
    GateClockBehind,
)
from ledger.health.readers import ReaderUnknown
from ledger.health.rule_admission import RuleBundleUnfit
from ledger.health.rule_bundles import RuleBundleInvalid
from ledger.keystore import KeystoreMalformed, PasswordWrong
from ledger.licences.catalogue import TypeUnknown
from ledger.licences.disclosures import SdJwtMalformed
from ledger.licences.fields import FieldsInvalid
from ledger.licences.sd_jwt import ClaimUnknown
from ledger.tenders.standing import ClaimForeign, StandingRequestUnfit
from ledger.values import AgreementState, Role
from ledger.verification.bundle import BundleRolledBack, BundleStale, BundleUntrusted
from ledger.verification.proof_file import ProofFileMalformed
from wallet.faults import fault_lines
from wallet.health.refusals import ADVICE as HEALTH_ADVICE
from wallet.health.refusals import conversion_refused
from wallet.service import ServiceRefused

_OTHER_NODE: Final = "Name a node of the right chain with --node, or the right --deployment."
_NO_FUNDS: Final = "insufficient funds"
"""What every node says of an account that cannot pay (geth's words, and anvil's)."""
_ADVICE: Final[dict[type[LedgerError], str]] = {
    ChainUnavailable: "Check that the node runs, and its address (--node).",
    WrongNetwork: _OTHER_NODE,
    WrongHistory: _OTHER_NODE,
    WrongCode: _OTHER_NODE,
    DeploymentMalformed: "Get the file anew from the ledger's operator.",
    PasswordWrong: "Check the password file, or type it again.",
    KeystoreMalformed: "Put a backup of the key's file back.",
    JurisdictionUnknown: "Admit it first: suizheng agency admit-jurisdiction.",
    AgencyUnknown: "Check the spelling: suizheng agency list.",
    AgencyNotActive: "Its supervisor can activate it: suizheng agency activate.",
    AccreditationMissing: "Its supervisor can accredit it: suizheng agency accredit.",
    TendersAbsent: "Sealed tenders need a ledger that is deployed anew: python -m scripts.deploy.",
    AgreementsAbsent: "Agreements need a ledger that is deployed anew: python -m scripts.deploy.",
    AgreementUnknown: "Check the spelling: suizheng agreement list.",
    PolicyInvalid: "Mend the policy, then: suizheng agreement check-policy.",
    PolicyKindWrong: "It takes the policy of an agreement about health documents.",
    RuleBundleInvalid: "Mend the file, then: suizheng agreement bundle.",
    RuleBundleUnfit: "Mend the file or the policy, then: suizheng agreement bundle.",
    PolicyMismatch: "Compare with what was proposed: suizheng agreement show.",
    VersionNotGreater: "Give the policy a greater version, and have both parties take it.",
    NotParty: "Act with a supervisor's account of that party (--account, --as).",
    TermsSignatureInvalid: "Have its supervisor sign anew: suizheng agreement sign-terms.",
    LeadTimeTooShort: "A version begins 48 hours after its signature or later.",
    LeadTimeTooLong: "A version begins 14 days after its signature at the latest.",
    TermTooShort: "A version is in force for 72 hours at least.",
    SuspensionUnknown: "See which are in effect: suizheng agreement show.",
    KeyUnknown: "Check the key: suizheng agency show.",
    StandingRequestUnfit: "Have another made: suizheng tender publish --sign-with KEY.",
    ClaimForeign: "The claims of each type are those of the service's /v1/catalogue.",
    TypeUnknown: "The types are those of the service's /v1/catalogue.",
    ClaimUnknown: "Check the spelling of the claim; a document shows what it was given with.",
    SdJwtMalformed: "Check that the file is the whole document.",
    ProofFileMalformed: "Get the proof anew: suizheng licence fetch.",
    GateBundleUntrusted: "If you know the key, trust it: suizheng trust add.",
    GateBundleAhead: "Set this device's clock; if it is right, the publisher's is wrong.",
    GateBundleIncomplete: "Get all of it: suizheng gate update --from URL.",
    GateBundleRolledBack: "This gate keeps the newer one. Get the newest.",
    GateClockBehind: "Set this device's clock; until then it decides nothing.",
    ReaderUnknown: "Get a newer bundle (suizheng bundle fetch), or show the pass otherwise.",
    BundleUntrusted: "If you know the key, trust it: suizheng trust add.",
    BundleStale: "Get a newer one: suizheng bundle fetch.",
    BundleRolledBack: "Get the newest one: suizheng bundle fetch.",
}


_LICENCE: Final = {
    StatusFinal.__name__: (
        "The licence {digest} is revoked, and that is final.\n"
        "Where the holder is to have one again, issue it anew: suizheng licence issue."
    ),
    StatusTransitionIllegal.__name__: (
        "The licence {digest} is {from} and cannot become {to} for that reason.\n"
        "See how it stands: suizheng licence show {digest}."
    ),
}
"""Of one licence, as the service names it: what happened and what to do next."""
_BY_NAME: Final = {**{kind.__name__: advice for kind, advice in _ADVICE.items()}, **HEALTH_ADVICE}


def spoken(error: LedgerError) -> str:
    """Return what happened with its values, and what to do next where that is known."""
    if isinstance(error, ServiceRefused):
        return _of_service(error)
    if isinstance(error, WrongAgreementState):
        return _agreement_state(error)
    if isinstance(error, RoleMissing):
        return _role(error.role, error.account, f"0x{error.subject.hex()}")
    advice = next((_ADVICE[kind] for kind in type(error).__mro__ if kind in _ADVICE), "")
    if isinstance(error, ChainUnavailable) and _NO_FUNDS in error.reason.lower():
        advice = "The account cannot pay for gas: send it some, on a test chain: suizheng key fund."
    said = [str(error)]
    if isinstance(error, FieldsInvalid):  # its own words leave names out, for the sake of logs
        said += ["  " + line for line in fault_lines([asdict(each) for each in error.errors])]
    return "\n".join([*said, advice] if advice else said)


def _of_service(error: ServiceRefused) -> str:
    facts = error.facts
    if error.name == RoleMissing.__name__ and {"role", "account", "subject"} <= facts.keys():
        return _role(int(facts["role"]), facts["account"], facts["subject"])
    if error.name == ConversionRefused.__name__:
        return conversion_refused(facts)
    if error.name in _LICENCE and {"digest"} <= facts.keys():
        said = _LICENCE[error.name].format_map(defaultdict(lambda: "?", facts))
        return f"{said} ({error.name})"
    advice = _BY_NAME.get(error.name)
    return f"{error}\n{advice}" if advice else str(error)


def _agreement_state(error: WrongAgreementState) -> str:
    state = AgreementState(error.state).name.lower().replace("_", "-")
    return (
        f"{error.title()[:-1]}: it is {state}.\n"
        "See how the agreement stands: suizheng agreement show."
    )


def _role(role: int, account: object, subject: object) -> str:
    name = Role(role).name.lower() if role in list(Role) else str(role)
    return (
        f"{account} does not hold the role {name} for {subject}.\n"
        "Act with an account that does (--account), or have it granted: suizheng agency grant."
    )

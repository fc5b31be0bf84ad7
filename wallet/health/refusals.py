"""What a traveller can do about a health authority's refusals, and a gate about its service's."""

from collections.abc import Mapping
from typing import Any, Final

from ledger.agreements.durations import DurationMalformed, seconds_in
from ledger.health.conversion import ConversionRefused, Ground

_NEW: Final = "Ask the home authority for a new transfer."
_GROUNDS: Final[Mapping[str, str]] = {
    Ground.FORMAT: f"The transfer is damaged. {_NEW}",
    Ground.SIGNATURE: f"The transfer's signature, or yours, does not match. {_NEW}",
    Ground.CLAIMS: "Transfer and application do not say what they should.",
    Ground.ANCHOR: f"The transfer is not in the batch that its proof names. {_NEW}",
    Ground.KEY_USAGE: f"Its signer may not issue transfers. {_NEW}",
    Ground.KEY_STATE: f"Its signer's key is no longer good. {_NEW}",
    Ground.AGREEMENT: "What comes from there is not recognised now: suizheng agreement show.",
    Ground.CONSENT: "The consent does not fit the policy. Convert again by the present one.",
    Ground.TIME: f"It is outside the transfer's ten minutes. {_NEW}",
    Ground.TEST: "The test does not do. Take a new one, then ask for a new transfer.",
    Ground.STATUS: "The code is withdrawn where it was issued. Ask its issuer for a new one.",
    Ground.PERSON: "The code is somebody else's. Bring the code of the person who travels.",
    Ground.QUOTA: "The port has no place left today. Choose another --port or another day.",
    Ground.GRADE: "A code of this grade is not taken in.",
    Ground.RULE: "An entry rule is not met.",
}
_HOUR: Final = 3_600
ADVICE: Final[Mapping[str, str]] = {
    "TransferSpent": "The passes made of it are in the wallet that converted it.",
    "ChallengeUnknown": "Run the command again; it asks for a new nonce.",
    "ConsentUsed": "Run the command again; it signs a new consent.",
    "HolderUnknown": "Convert a new transfer: suizheng health convert.",
    "TermsEnded": "Convert a new transfer: suizheng health convert.",
    "UsesSpent": "Show the passes that are left; for more uses convert a new transfer.",
    "TooManyPasses": "Ask for fewer (--count), or show those that are left first.",
    "ConsentUnknown": "It was taken back before, or has ended: nothing is left to do.",
    "ScanUnknown": "Check the number. The gate may not have handed its log on: try later.",
    "ScanErased": "Scans are kept for the time that the agreement says, and no longer.",
    "AppealUnknown": "The person appeals first: suizheng health appeal NUMBER.",
    "AppealAnswered": "Read it: suizheng health appeal NUMBER.",
    "GateBundleAbsent": "The agency announces one: suizheng agency announce-key --usage bundles.",
}
"""By the problem's name."""


def conversion_refused(facts: Mapping[str, Any]) -> str:
    """Return what was refused and why, what to do, and where to appeal, where that is known."""
    ground, cause = str(facts.get("ground")).upper(), str(facts.get("cause"))
    lines = [
        f"{ConversionRefused.title()} {_GROUNDS.get(ground, '')}".rstrip(),
        f"Reason: {ground}, {cause}",
    ]
    if facts.get("appeal"):
        lines.append(f"Appeal to {facts['appeal']}{_within(str(facts.get('answerWithin')))}.")
    return "\n".join([*lines, f"({ConversionRefused.__name__})"])


def _within(duration: str) -> str:
    try:
        seconds = seconds_in(duration)
    except DurationMalformed:
        return ""
    return f"; you are answered within {seconds // _HOUR} hours"

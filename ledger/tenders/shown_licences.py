"""Licences in a bid's open part: found for what was asked, and judged as of the deadline (§4).

What a manifest shows is an SD-JWT, or a proof file that holds one, so that nobody needs its issuer
to follow it to the chain.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final

from ledger.canonical import JsonMalformed
from ledger.errors import Refused, Unavailable
from ledger.keys import PublicKey
from ledger.licences.catalogue import Catalogue
from ledger.tenders import qualification, requests
from ledger.tenders.qualification import Ask, Judged
from ledger.tenders.requests import ORGANISATION, Requirement
from ledger.values import country_of
from ledger.verification.check import Verdict
from ledger.verification.evidence import Evidence
from ledger.verification.policy import Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.verify import OpenedDocument, open_document


class Standing(StrEnum):
    """How a bid stands to one requirement; a verdict, or that nothing was shown for it."""

    VALID = "valid"
    INVALID = "invalid"
    UNCONFIRMED = "unconfirmed"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Qualification:
    """A trade and the grade in it, as a licence says."""

    trade: str
    grade: str


@dataclass(frozen=True, slots=True)
class Presented:
    """A document as a manifest shows it, with its proof where that came with it.

    `identity` is the manifest's of who shows it: the bidder, or a member of a joint bid.
    """

    identity: Mapping[str, Any]
    text: str
    proof: ProofFile | None
    opened: OpenedDocument

    @property
    def holder(self) -> str | None:
        """The code of whose licence it says that it is, None where it does not show that."""
        content = self.opened.content
        found = content[0].claims.get("holder_code") if isinstance(content, tuple) else None
        return found if isinstance(found, str) else None

    @property
    def vct(self) -> str | None:
        """The type that it says it is of, None for what cannot be read."""
        content = self.opened.content
        return content[1].vct if isinstance(content, tuple) else None

    @property
    def jurisdiction(self) -> str:
        """Where it says that it was issued, empty for what cannot be read."""
        content = self.opened.content
        return content[1].jurisdiction if isinstance(content, tuple) else ""

    @property
    def qualifications(self) -> list[Qualification]:
        """The trades and grades that it shows, none where it shows none or in another form."""
        content = self.opened.content
        found = content[0].claims.get("qualifications") if isinstance(content, tuple) else None
        listed = found if isinstance(found, list) else []
        pairs = ((each.get("category"), each.get("grade")) for each in listed if _is_object(each))
        return [Qualification(*pair) for pair in pairs if all(isinstance(e, str) for e in pair)]

    @property
    def key(self) -> PublicKey | None:
        """The key that it is bound to (RFC 7800 `cnf`), None for one that is bound to none."""
        content = self.opened.content
        return content[1].holder_key if isinstance(content, tuple) else None


@dataclass(frozen=True, slots=True)
class Result:
    """How a bid stands to a requirement, and why, by stable codes."""

    requirement: str
    standing: Standing
    reasons: tuple[str, ...] = ()

    def told(self) -> dict[str, Any]:
        """Return it as JSON tells it: requirement, verdict and reasons, all of them codes."""
        return {
            "requirement": self.requirement,
            "verdict": self.standing.value,
            "reasons": list(self.reasons),
        }


Gather = Callable[[Presented], Evidence]
"""What a source says about a document, with its history; it never raises for the document."""


Recognises = Callable[[Presented, int], bool]
"""Says whether a document of that place and type counts here at a time; raises `Unavailable`."""
NOBODY_SAYS: Final = "issuer.recognition-unknown"
"""Why a licence that is in order is unconfirmed: nobody could say whether it counts here."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Who judges: what is asked for, the terms of verification, and where evidence comes from.

    `recognises` tells of the places whose licences count (`recognition`); `unsaid` is what a doubt
    is called where the source had no answer.
    """

    wanted: tuple[Requirement, ...]
    policy: Policy
    catalogue: Catalogue
    gather: Gather
    recognises: Recognises
    unsaid: str = "unconfirmed"


def shown_in(said: Mapping[str, Any]) -> tuple[Presented, ...]:
    """Return what a manifest shows: the bidder's, and each member's of a joint bid besides."""
    return tuple(
        presented(text, each["identity"])
        for each in (said, *said.get("members", ()))
        for text in each["presentations"]
    )


def holders(shown: Iterable[Presented], wanted: Sequence[Requirement]) -> tuple[str, ...]:
    """Return whose licences are shown for what organisations must show, as `organisation_of` does.

    They count as they stand, whatever a verification says of them: so do the identities that
    bidders claim, and what follows from either is only looked at.
    """
    types = {each.vct for each in wanted if each.who == ORGANISATION}
    found = [
        organisation_of(each.identity, each.holder)
        for each in shown
        if each.vct in types and each.holder is not None
    ]
    return tuple(dict.fromkeys(found))


def organisation_of(identity: Mapping[str, Any], code: str | None = None) -> str:
    """Return the country and the code of an identity, or another code in its country.

    Organisations' codes are unique in a country, so its jurisdictions are not told apart.
    """
    return f"{country_of(identity['jurisdiction'])}/{code or identity['code']}"


def presented(text: str, identity: Mapping[str, Any]) -> Presented:
    """Return one presentation of a manifest; what cannot be read is left for the verdict."""
    if text.startswith("{"):
        try:
            proof = ProofFile.from_json(text)
        except (Refused, JsonMalformed):
            return Presented(identity, text, None, open_document(text))
        document = proof.document or ""
        return Presented(identity, document, proof, open_document(document))
    return Presented(identity, text, None, open_document(text))


def results(shown: Iterable[Presented], ask: Ask, bench: Bench) -> tuple[Result, ...]:
    """Return how a bid stands to what organisations must show, in the order of the requirements.

    One that is met by any valid presentation is met; *unconfirmed* is nobody's fault and is asked
    again. An optional one that nothing was shown for is left out.
    """
    wanted = [each for each in bench.wanted if each.who == ORGANISATION]
    return _results(tuple(shown), wanted, ask, bench)


def personal_results(shown: Iterable[Presented], ask: Ask, bench: Bench) -> tuple[Result, ...]:
    """Return how a bid stands to what people must show, as `results` does.

    Whose code a licence names is not looked at: people have their own, and prove it by their keys.
    """
    wanted = [each for each in bench.wanted if each.who != ORGANISATION]
    return _results(tuple(shown), wanted, ask, bench)


def _results(
    shown: Sequence[Presented], wanted: Sequence[Requirement], ask: Ask, bench: Bench
) -> tuple[Result, ...]:
    judged = [
        judge(each, requirement, replace(ask, holder=each.identity["code"]), bench)
        for requirement in wanted
        for each in shown
        if each.vct == requirement.vct
    ]
    missing = requests.missing(wanted, [each.requirement for each in judged])
    found = {each: Result(each, Standing.MISSING) for each in missing}
    found |= {each.id: _best(each.id, judged) for each in wanted if each.id not in missing}
    shown_for = {each.requirement for each in judged}
    return tuple(found[each.id] for each in wanted if each.id in shown_for or not each.optional)


def judge(shown: Presented, requirement: Requirement, ask: Ask, bench: Bench) -> Judged:
    """Return what one presentation is worth, recognised or not; see `qualification.judge`."""
    policy, is_said = _recognising(shown, ask.at, bench)
    evidence = bench.gather(shown)
    found = qualification.judge(shown.text, requirement, ask, evidence, policy, bench.catalogue)
    if is_said or found.verdict is not Verdict.VALID:
        return found
    return replace(found, verdict=Verdict.UNCONFIRMED, reasons=(NOBODY_SAYS,))


def answered(shown: Iterable[Presented], wanted: Iterable[Requirement]) -> dict[str, bool]:
    """Return which requirements `results` tells of, by id: whether there is a document to judge."""
    told = {each.vct for each in shown}
    return {
        each.id: each.vct in told
        for each in wanted
        if each.who == ORGANISATION and (each.vct in told or not each.optional)
    }


def _recognising(shown: Presented, at: int, bench: Bench) -> tuple[Policy, bool]:
    """Return the terms of verifying a document, and whether anybody could say if it counts."""
    try:
        counts = bench.recognises(shown, at)
    except Unavailable:
        return bench.policy, False
    places = frozenset({shown.jurisdiction} if counts else ())
    return replace(bench.policy, recognised=places), True


def _best(requirement: str, judged: Sequence[Judged]) -> Result:
    own = [each for each in judged if each.requirement == requirement]
    for verdict in (Verdict.VALID, Verdict.UNCONFIRMED):
        for each in own:
            if each.verdict is verdict:
                return Result(requirement, Standing(verdict.value), each.reasons)
    reasons = own[0].reasons if own else ()
    return Result(requirement, Standing.INVALID if own else Standing.MISSING, reasons)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)

"""Questions about documents, and reports, as JSON."""

from typing import Any, Final, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api.http.forms import Answer, Form, GivenMoment, HexDigest, Moment
from api.http.schemas.shared import HeadAnswer, Text
from api.services.verification import Question
from ledger.verification.policy import HolderRequest
from ledger.verification.proof_file import MAX_DOCUMENT, ProofFile

_TOGETHER: Final[dict[str, Any]] = {
    "anyOf": [
        {"properties": {name: {"type": kind} for name in ("audience", "nonce")}} | required
        for kind, required in (("string", {"required": ["audience", "nonce"]}), ("null", {}))
    ]
}


class VerificationForm(Form):
    """A document to verify.

    `proof` is looked up when it was issued here; `at` is a past moment to judge by; `fresh` asks a
    node instead of the projection; `audience` and `nonce` ask for proof of the holder. A decision
    is verified as well; `licence` is then the one that it is about.
    """

    model_config = ConfigDict(json_schema_extra=_TOGETHER)

    document: str = Field(max_length=MAX_DOCUMENT)
    proof: dict[str, Any] | None = None
    licence: str | None = Field(default=None, max_length=MAX_DOCUMENT)
    at: GivenMoment | None = None
    fresh: bool = False
    audience: Text | None = None
    nonce: Text | None = None

    @model_validator(mode="after")
    def _together(self) -> Self:
        if (self.nonce is None) != (self.audience is None):
            raise ValueError("audience and nonce come together")
        return self

    def parsed(self, proof: ProofFile | None) -> Question:
        """Return the question."""
        holder = None
        if self.audience is not None and self.nonce is not None:
            holder = HolderRequest(self.audience, self.nonce)
        return Question(self.document, proof, self.at, self.fresh, holder, self.licence)


class CheckAnswer(Answer):
    """One numbered check of a report."""

    number: int
    name: str
    result: Literal["VALID", "INVALID", "ERROR", "SKIPPED"]
    code: str
    facts: dict[str, Any]
    sentence: dict[str, str]


class WarningAnswer(Answer):
    """A warning of a report; it never changes the verdict."""

    code: str
    facts: dict[str, Any]
    sentence: dict[str, str]


class ReportAnswer(Answer):
    """The answer about a document: three verdicts, numbered checks, the evidence they rest on."""

    verdict: Literal["valid", "invalid", "unconfirmed"]
    at: Moment
    digest: HexDigest | None
    checks: list[CheckAnswer]
    warnings: list[WarningAnswer]
    evidence: dict[str, Any]
    head: HeadAnswer | None

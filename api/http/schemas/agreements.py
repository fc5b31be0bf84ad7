"""Agreements and policies as JSON."""

from typing import Self

from pydantic import Field

from api.http.forms import Answer, HexDigest, Moment
from api.http.schemas.shared import HeadAnswer
from api.services.agreements import AgreementView
from api.services.policies import DocumentKind, KeptDocument
from ledger.agreements.agreement import Suspension, Version
from ledger.values import Digest, Scope


class SuspensionAnswer(Answer):
    """A suspension of a version; `scope` null where it covers the whole."""

    index: int
    start: Moment
    end: Moment
    cause: int
    scope_kind: str
    scope: HexDigest | None
    in_effect: bool

    @classmethod
    def of(cls, index: int, act: Suspension, at: int) -> Self:
        """Return it as of a time."""
        is_whole = act.scope_kind is Scope.ALL
        return cls(
            index=index,
            start=act.start,
            end=act.end,
            cause=act.cause,
            scope_kind=act.scope_kind.name.lower(),
            scope=None if is_whole else Digest(act.scope),
            in_effect=act.is_in_effect(at),
        )


class VersionAnswer(Answer):
    """A version with its state; times null where it did not come to that."""

    version: int
    state: str
    policy_hash: HexDigest
    bundle_hash: HexDigest
    proposer: str
    valid_from: Moment
    valid_to: Moment
    notice_seconds: int
    proposed_at: Moment
    signed_at: Moment | None
    ended_at: Moment | None
    notice_at: Moment | None
    terminates_at: Moment | None
    suspensions: list[SuspensionAnswer]

    @classmethod
    def of(cls, view: AgreementView, version: Version) -> Self:
        """Return a version of an agreement as of the view's time."""
        agreement, number = view.agreement, version.number
        acts = agreement.suspensions.get(number, ())
        is_source = version.proposer == agreement.source
        return cls(
            version=number,
            state=agreement.state_at(number, view.at).name.lower(),
            policy_hash=Digest(version.policy_hash),
            bundle_hash=Digest(version.bundle_hash),
            proposer=view.source if is_source else view.target,
            valid_from=version.valid_from,
            valid_to=version.valid_to,
            notice_seconds=version.notice,
            proposed_at=version.proposed_at,
            signed_at=version.signed_at or None,
            ended_at=version.ended_at or None,
            notice_at=version.notice_at or None,
            terminates_at=version.terminates_at or None,
            suspensions=[SuspensionAnswer.of(n, act, view.at) for n, act in enumerate(acts)],
        )


class AgreementAnswer(Answer):
    """TO recognises documents of FROM; `inForce` is the version that holds, null where none does.

    A version in force may be suspended or terminating: its state says so.
    """

    id: HexDigest
    from_: str = Field(alias="from")
    to: str
    record_type: HexDigest
    in_force: int | None
    versions: list[VersionAnswer]

    @classmethod
    def of(cls, view: AgreementView) -> Self:
        """Return the agreement as of the view's time."""
        agreement = view.agreement
        held = agreement.in_force_at(view.at)
        return cls(
            id=Digest(agreement.id),
            from_=view.source,
            to=view.target,
            record_type=Digest(agreement.record_type),
            in_force=None if held is None else held.version.number,
            versions=[VersionAnswer.of(view, each) for each in agreement.versions],
        )


class AgreementsAnswer(Answer):
    """All agreements, in order of their first proposal."""

    agreements: list[AgreementAnswer]
    head: HeadAnswer


class OneAgreementAnswer(AgreementAnswer):
    """One agreement as of a block."""

    head: HeadAnswer


class PolicyAnswer(Answer):
    """A document that is kept; what it is about, where it is a policy."""

    digest: HexDigest
    kind: DocumentKind
    from_: str | None = Field(alias="from")
    to: str | None
    record_type: str | None
    version: int | None

    @classmethod
    def of(cls, kept: KeptDocument) -> Self:
        """Return what the document is about."""
        document = {} if kept.policy is None else kept.policy.document
        return cls(
            digest=Digest(kept.digest),
            kind=kept.kind,
            from_=document.get("from"),
            to=document.get("to"),
            record_type=document.get("recordType"),
            version=document.get("version"),
        )

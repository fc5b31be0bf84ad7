"""Errors as RFC 9457 problem documents; the only place of status numbers.

A problem's type is `/problems/` and the name of the error's class, its members are the class's
values in camelCase (`typeValue` for one called `type`). What is not a `LedgerError` says nothing:
its text may hold personal data.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Final

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic.alias_generators import to_camel
from starlette.exceptions import HTTPException

from ledger.errors import LedgerError, Refused

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = 2
_GREATEST_EXACT: Final = 2**53 - 1  # a browser rounds greater numbers
_OWN: Final = frozenset({"type", "title", "status", "detail", "instance"})
"""Members of RFC 9457; a value of such a name is shown as `typeValue` and the like."""

STATUS: Final[Mapping[str, int]] = {
    # The roots: whoever has no line of its own answers as its nearest base does.
    "LedgerError": 500,
    "Refused": 422,
    "Unavailable": 503,
    # The request cannot be read.
    "JsonMalformed": 400,
    "EncodingUnknown": 400,
    "UploadMalformed": 400,
    "IdempotencyKeyMissing": 400,
    "ContentDigestMissing": 400,
    "UploadCut": 400,
    # Nobody, or nobody who may.
    "SignInMissing": 401,
    "SignInMalformed": 401,
    "SignInRefused": 401,
    "SignInSignatureInvalid": 401,
    "NonceUnknown": 401,
    "SessionUnknown": 401,
    "RoleMissing": 403,
    "CoSignerUnknown": 403,
    "NotAwardLedger": 403,
    # There is no such thing.
    "RouteUnknown": 404,
    "RecordUnknown": 404,
    "TypeUnknown": 404,
    "JurisdictionUnknown": 404,
    "AgencyUnknown": 404,
    "AgreementUnknown": 404,
    "TenderUnknown": 404,
    "PolicyUnknown": 404,
    "KeyUnknown": 404,
    "ListTokenUnknown": 404,
    "LinkUnknown": 404,
    "ChangeUnknown": 404,
    "HolderUnknown": 404,
    "ConsentUnknown": 404,
    "SegmentUnknown": 404,
    "GateFileUnknown": 404,
    "GateBundleAbsent": 404,
    "ChangeSetUnknown": 404,
    "JobUnknown": 404,
    "ScanUnknown": 404,
    "ErasureUnknown": 404,
    "AppealUnknown": 404,
    "BidUploadUnknown": 404,
    "BidMessageUnknown": 404,
    "MailboxUnknown": 404,
    "MailboxMessageUnknown": 404,
    "ChunkUnknown": 404,
    "BlobUnknown": 404,
    "OpenedFileUnknown": 404,
    "PaperUnknown": 404,
    "FilingUnknown": 404,
    "ExtensionFileUnknown": 404,
    "PlaceUnknown": 404,
    "ExemptionUnknown": 404,
    "TripUnknown": 404,
    "AlertUnknown": 404,
    "ProblemUnknown": 404,
    "ProofPending": 404,
    "LotUnknown": 404,
    "PolicyNotRegistered": 404,
    "QuestionUnknown": 404,
    "ObjectionUnknown": 404,
    "ComplaintUnknown": 404,
    "MethodNotAllowed": 405,
    "UploadStalled": 408,
    "RequestStalled": 408,
    # It clashes with how things stand.
    "JurisdictionAlreadyAdmitted": 409,
    "AgencyAlreadyAdmitted": 409,
    "AgencyNotActive": 409,
    "AgencyStatusFinal": 409,
    "AgencyStatusUnchanged": 409,
    "AccreditationMissing": 409,
    "KeyAlreadyAnnounced": 409,
    "KeyCompromiseFinal": 409,
    "KeyFreezeUnchanged": 409,
    "RootAlreadyAnchored": 409,
    "StatusFinal": 409,
    "StatusTransitionIllegal": 409,
    "CoSignatureUsed": 409,
    "ExternalIdTaken": 409,
    "LicenceIdTaken": 409,
    "IndexTaken": 409,
    "RecordTaken": 409,
    "ChangePending": 409,
    "TermsEnded": 409,
    "UsesSpent": 409,
    "PassesWithheld": 409,
    "ChallengeUnknown": 409,
    "HolderChanged": 409,
    "TransferSpent": 409,
    "ConsentUsed": 409,
    "ScanTaken": 409,
    "ScanSpent": 409,
    "AppealAnswered": 409,
    "DomesticPolicyOutdated": 409,
    "ListReplayed": 409,
    "KeyRevived": 409,
    "KeysDropped": 409,
    "PlaceOfAnotherKind": 409,
    "ExemptionTaken": 409,
    "ExemptionMoved": 409,
    "ExemptionHeld": 409,
    "ExemptionRefused": 409,
    "DriverNotListed": 409,
    "TripTaken": 409,
    "TripLive": 409,
    "TripMoved": 409,
    "AlertMoved": 409,
    "AlertRefused": 409,
    "ChangeOvertaken": 409,
    "ChangeSetSettled": 409,
    "ChangeSetExpired": 409,
    "ChangeSetStale": 409,
    "PredecessorReplaced": 409,
    "PredecessorSuspended": 409,
    "PredecessorExpired": 409,
    "SuccessorStands": 409,
    "BidUploadFinished": 409,
    "MailboxClosed": 409,
    "MailboxLeafTaken": 409,
    "JobNotReceiving": 409,
    "JobRunning": 409,
    "JobFinished": 409,
    "RequestInFlight": 409,
    "BidLate": 409,
    "MessageExpired": 409,
    "BidVersionStale": 409,
    "DocumentsOutdated": 409,
    "UploadIncomplete": 409,
    "WindowNotOpen": 409,
    "WindowClosed": 409,
    "AlreadyDone": 409,
    "TooFewBids": 409,
    "TenderSuspended": 409,
    "ObjectionOpen": 409,
    "ComplaintOpen": 409,
    "ObjectionFirst": 409,
    "NoticeRunning": 409,
    "OpeningInProgress": 409,
    "TenderNotOpen": 409,
    "PolicyAlreadyRegistered": 409,
    "TenderAlreadyPublished": 409,
    "NotSuspended": 409,
    "LotsUnsettled": 409,
    "LotsAwarded": 409,
    "ObjectionAlreadyLodged": 409,
    "ObjectionClosed": 409,
    "BidMissing": 409,
    "NotDisclosed": 409,
    "BidRejected": 409,
    "ComplaintAlreadyFiled": 409,
    "ComplaintTransitionIllegal": 409,
    "GroundMissing": 409,
    "StepForbidden": 409,
    "DrawForbidden": 409,
    "DrawerKeyUsed": 409,
    "OpeningNotRecorded": 409,
    "OpeningDiffers": 409,
    "ScoresMissing": 409,
    # It was there.
    "ScanErased": 410,
    "TripErased": 410,
    # Its form is not one that is taken here.
    "RequestTooLarge": 413,
    "TenderSpaceFull": 413,
    "MediaTypeUnknown": 415,
    # Too often.
    "TooManyBidUploads": 429,
    "TooManyFilings": 429,
    "TooManyRequests": 429,
    "TooManyEventStreams": 429,
}


@dataclass(eq=False)
class RequestInvalid(Refused):
    """The request does not have the form that this route takes."""

    errors: tuple["FieldProblem", ...]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One place that breaks a rule: RFC 6901 pointer into the body, or the name of a parameter."""

    place: str
    pointer: str
    rule: str


@dataclass(eq=False)
class RouteUnknown(Refused):
    """There is nothing at this address."""


@dataclass(eq=False)
class MethodNotAllowed(Refused):
    """This address does not take that method."""


@dataclass(eq=False)
class RequestTooLarge(Refused):
    """The request is larger than this route takes."""

    limit_bytes: int


@dataclass(eq=False)
class RequestStalled(Refused):
    """The body of the request came too slowly; nothing was done."""

    seconds: float


@dataclass(eq=False)
class MediaTypeUnknown(Refused):
    """The body's media type is not one that this route takes."""

    accepted: tuple[str, ...]


@dataclass(eq=False)
class TooManyRequests(Refused):
    """Too many requests came from this address or account. Try again later."""

    retry_after_seconds: int


@dataclass(eq=False)
class TooManyEventStreams(Refused):
    """The account has as many streams of events open as it may."""

    limit: int


@dataclass(eq=False)
class ProblemUnknown(Refused):
    """No problem has this name."""


class Internal(LedgerError):
    """Something went wrong on our side; the log knows more under this id."""


def status_of(error: type[LedgerError]) -> int:
    """Return the HTTP status of an error: its own line of `STATUS`, or its nearest base's."""
    return next(STATUS[base.__name__] for base in error.__mro__ if base.__name__ in STATUS)


def all_problems() -> dict[str, type[LedgerError]]:
    """Return every error that can be met, by name."""
    found = {base.__name__: base for base in _below(LedgerError)}
    return dict(sorted(found.items()))


def problem(error: LedgerError, instance: str) -> Response:
    """Return the problem document of `error`; `instance` is the request's id."""
    kind = type(error)
    status = status_of(kind)
    document = _members(error.values()) | {
        "type": f"/problems/{kind.__name__}",
        "title": kind.title(),
        "status": status,
        "instance": instance,
    }
    if not isinstance(error, RequestInvalid | Internal):
        document["detail"] = str(error)
    return Response(orjson.dumps(document), status, _headers(status, error), MEDIA_TYPE)


def of_framework(error: HTTPException) -> LedgerError:
    """Return our error for one that the framework raised before a route was reached."""
    if error.status_code == 404:  # noqa: PLR2004  # this module is where numbers are met
        return RouteUnknown()
    if error.status_code == 405:  # noqa: PLR2004  # this module is where numbers are met
        return MethodNotAllowed()
    return RequestInvalid(())


def of_validation(error: RequestValidationError) -> RequestInvalid:
    """Return our error for a request that a schema refused: places and rules, never values."""
    return RequestInvalid(tuple(_field_problem(found) for found in error.errors()))


def members_of(kind: type[LedgerError]) -> tuple[str, ...]:
    """Return the names under which a problem document shows the values of an error."""
    names: Mapping[str, Any] = getattr(kind, "__dataclass_fields__", {})
    return tuple(map(_member, names))


def instance_of(request: Request) -> str:
    """Return the URN under which the log knows this request."""
    return f"urn:suizheng:request:{request.scope.get('suizheng.request_id', 'unknown')}"


def _field_problem(found: Mapping[str, Any]) -> FieldProblem:
    place, *path = (str(part) for part in found["loc"])
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    return FieldProblem(place, pointer, str(found["type"]))


def _headers(status: int, error: LedgerError) -> dict[str, str]:
    headers = {"Cache-Control": "no-store"}
    pause = RETRY_SECONDS if status == STATUS["Unavailable"] else None
    pause = error.values().get("retry_after_seconds", pause)
    if pause is not None:
        headers["Retry-After"] = str(pause)
    if status == STATUS["SignInMissing"]:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def _members(values: Mapping[str, Any]) -> dict[str, Any]:
    return {_member(name): _shown(value) for name, value in values.items()}


def _member(name: str) -> str:
    camel = to_camel(name.rstrip("_"))
    return f"{camel}Value" if camel in _OWN else camel


def _shown(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _members({field.name: getattr(value, field.name) for field in fields(value)})
    if isinstance(value, Mapping):
        return {str(name): _shown(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_shown(item) for item in value]
    return _scalar(value)


def _scalar(value: Any) -> str | int | float | bool | None:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, Enum):
        return value.name.lower()
    if isinstance(value, int) and abs(value) > _GREATEST_EXACT:
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _below(root: type[LedgerError]) -> Iterator[type[LedgerError]]:
    yield root
    for child in root.__subclasses__():
        yield from _below(child)

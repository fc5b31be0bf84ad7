"""Passes as JSON: what an authority issues, and to whom."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.http.forms import WHOLE, Answer, Form, HexDigest, Moment, Octets16
from api.http.schemas.health_codes import Grade, PersonForm, TestForm
from api.http.schemas.licences import Jwk
from api.http.schemas.shared import AgencyName, StatusName
from api.services.health_holders import Holder
from api.services.health_minting import Minted
from api.services.health_passes import Given, Recipient
from api.services.health_statuses import Changed
from ledger.health.passes import Mode
from ledger.health.windows import Issuance
from ledger.keys import PublicKey
from ledger.values import Status

MOST_HOLDERS = 1_000
MOST_KEYS = 64
_DAY = 86_400
ModeName = Literal["A", "B", "C"]
_MODES = {"A": Mode.DYNAMIC, "B": Mode.CHALLENGE, "C": Mode.PAPER}
Keys = Annotated[list[Jwk], Field(max_length=MOST_KEYS)]
Span = Annotated[int, Field(ge=0, le=366 * _DAY), WHOLE]


class IssuanceForm(Form):
    """How one-time passes are cut: so many a window, windows and overlaps in seconds."""

    batch: Annotated[int, Field(ge=1, le=64), WHOLE] = 8
    window_seconds: Annotated[int, Field(ge=600, le=366 * _DAY), WHOLE] = _DAY
    overlap_seconds: Span = _DAY // 6
    ahead_seconds: Span = 28 * _DAY

    def parsed(self) -> Issuance:
        """Return it."""
        return Issuance(self.batch, self.window_seconds, self.overlap_seconds, self.ahead_seconds)


class TermsForm(Form):
    """On which terms: the same for all who get passes by one order.

    All passes of a holder together carry `maxUses`, 0 for any number. `binding` `document` binds to
    the travel document, as an international code 国际版 is.
    """

    grade: Grade
    ends_at: Moment
    modes: Annotated[list[ModeName], Field(min_length=1, max_length=3)]
    purposes: Annotated[int, Field(ge=0, lt=2**32), WHOLE] = 0
    max_uses: Annotated[int, Field(ge=0, lt=2**32), WHOLE] = 0
    binding: Literal["none", "document"] = "none"
    hint: Literal["none", "initials-month-day"] = "none"
    issuance: IssuanceForm = IssuanceForm()


class RecipientForm(Form):
    """Somebody who gets passes: one for each of `keys`, none for one on paper.

    With `holderKey` the holder asks for more, or takes a consent back.
    """

    person: PersonForm
    test: TestForm | None = None
    holder_key: Jwk | None = None
    keys: Keys = Field(default_factory=list)

    def parsed(self, terms: TermsForm) -> Recipient:
        """Return it; raise as `Jwk.parsed`."""
        modes = Mode(0)
        for name in terms.modes:
            modes |= _MODES[name]
        holder = Holder(
            person=self.person.parsed(),
            test=None if self.test is None else self.test.parsed(),
            key=None if self.holder_key is None else self.holder_key.parsed(),
            grade=terms.grade,
            since=0,
            ends=terms.ends_at,
            modes=modes,
            purposes=terms.purposes,
            uses=terms.max_uses,
            left=terms.max_uses,
            recognition=None,
            is_bound=terms.binding == "document",
            is_hinted=terms.hint != "none",
            issuance=terms.issuance.parsed(),
        )
        return Recipient(holder, keys_of(self.keys))


class PassesForm(Form):
    """Passes for up to a thousand people, on the same terms."""

    agency: AgencyName
    terms: TermsForm
    recipients: Annotated[list[RecipientForm], Field(min_length=1, max_length=MOST_HOLDERS)]

    def parsed(self) -> list[Recipient]:
        """Return who gets them; raise as `Jwk.parsed`."""
        return [each.parsed(self.terms) for each in self.recipients]


class RegradeForm(Form):
    """Another grade for a holder, with passes for these keys; none for one on paper."""

    grade: Grade
    keys: Keys = Field(default_factory=list)


class PassStatusForm(Form):
    """A change of status, and the reason's number."""

    status: StatusName
    reason: Annotated[int, Field(ge=100, le=499), WHOLE]

    def parsed(self) -> tuple[Status, int]:
        """Return the order."""
        return Status[self.status.upper()], self.reason


class PassAnswer(Answer):
    """A signed pass, as the QR code holds it; shown this once."""

    code: str
    digest: HexDigest
    not_before: Moment
    expires_at: Moment

    @classmethod
    def of(cls, made: Minted) -> Self:
        """Return the pass as JSON."""
        return cls(
            code=made.text,
            digest=made.digest,
            not_before=made.span.start,
            expires_at=made.span.end,
        )


class GivenAnswer(Answer):
    """One holder's passes; `holder` is the name under which the authority keeps them."""

    holder: Octets16
    passes: list[PassAnswer]

    @classmethod
    def of(cls, given: Given) -> Self:
        """Return them as JSON."""
        return cls(holder=given.holder, passes=[PassAnswer.of(each) for each in given.passes])


class PassesAnswer(Answer):
    """The passes issued, in the order of the recipients."""

    holders: list[GivenAnswer]


class ChangedAnswer(Answer):
    """The changes on their way, by their ids; see `/v1/changes/{id}`."""

    changes: list[Octets16]

    @classmethod
    def of(cls, changed: Changed) -> Self:
        """Return them as JSON."""
        return cls(changes=[each.id for each in changed.changes])


def keys_of(given: list[Jwk]) -> list[PublicKey]:
    """Return the keys; raise as `Jwk.parsed`."""
    return [each.parsed() for each in given]

"""Who may issue what, and with which key: asked once for many requests.

The answer rests on the chain's facts as the projection has them and on the keys at hand. It is
remembered for `PERMIT_SECONDS`, about as long as the projection itself may lag behind the chain;
a document issued on a fact that had just ended is told by its anchor's time all the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.issuers import Issuers
from api.services.recent import Recent
from api.services.sign_ins import Roles
from api.store.groups import Grouped
from ledger.errors import LedgerError
from ledger.licences.catalogue import Catalogue, LicenceType
from ledger.licences.issuance import Issuer
from ledger.values import Address, AgencyId, Role

PERMIT_SECONDS: Final = 0.25
"""How long a permit may be remembered (proposed)."""


@dataclass(frozen=True, slots=True)
class Wish:
    """An account that wants to issue a type for an agency."""

    by: Address
    agency: AgencyId
    type_id: str


@dataclass(frozen=True, slots=True)
class Permit:
    """The type, and who signs it."""

    type: LicenceType
    issuer: Issuer


class Permits:
    """Gives permits to accounts that are ISSUER of an agency."""

    def __init__(
        self, roles: Roles, catalogue: Catalogue, issuers: Issuers, steady: Callable[[], float]
    ) -> None:
        self._roles = roles
        self._catalogue = catalogue
        self._issuers = issuers
        self._recent: Recent[Wish, Permit] = Recent(PERMIT_SECONDS, steady)
        self._asked: Grouped[Wish, Permit] = Grouped(self._answers)

    async def give(self, wish: Wish) -> Permit:
        """Return the permit, a moment old at most.

        Raises:
            RoleMissing: unless the account is ISSUER of the agency.
            TypeUnknown: for the type.
            AgencyUnknown, AgencyNotActive, AccreditationMissing, SigningKeyMissing: as `Issuers`.
        """
        return self._recent.get(wish) or await self._asked.ask(wish)

    def find(self, wish: Wish) -> Permit:
        """Return the permit as of now; raise as `give`."""
        self._roles.require(wish.by, wish.agency, Role.ISSUER)
        type_ = self._catalogue.get(wish.type_id)
        return Permit(type_, self._issuers.for_type(wish.agency, type_))

    def _answers(self, wishes: Sequence[Wish]) -> list[Permit | LedgerError]:
        answers = {wish: self._answer(wish) for wish in dict.fromkeys(wishes)}
        return [answers[wish] for wish in wishes]

    def _answer(self, wish: Wish) -> Permit | LedgerError:
        try:
            return self._recent.load(wish, lambda: self.find(wish))
        except LedgerError as error:
            return error

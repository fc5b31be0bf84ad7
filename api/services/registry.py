"""What is public about agencies: who they are, which keys they sign with, what they may issue."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from api.store.registry import Registry
from ledger.authority import Agency, DocumentKey
from ledger.errors import AgencyUnknown
from ledger.licences.catalogue import Catalogue
from ledger.values import KeyState, RecordType, Window, agency_id


@dataclass(frozen=True, slots=True)
class HeadAge:
    """The block that an answer is as of; `age_seconds` since a node last confirmed it.

    `finalized` is the newest block that the chain called so, where the service goes by that.
    """

    block: int
    time: int
    age_seconds: int
    finalized: int | None = None


@dataclass(frozen=True, slots=True)
class KeyView:
    """A document key and its state now."""

    key: DocumentKey
    state: KeyState


@dataclass(frozen=True, slots=True)
class AccreditationView:
    """The windows in which an agency may issue a record type; `type_id` where it is known here."""

    record_type: RecordType
    type_id: str | None
    windows: tuple[Window, ...]


class Directory:
    """Reads the projection for anybody who asks."""

    def __init__(self, registry: Registry, catalogue: Catalogue, clock: Callable[[], int]) -> None:
        self._registry = registry
        self._types: Mapping[RecordType, str] = {t.record_type: t.id for t in catalogue.all()}
        self._clock = clock

    def head(self) -> HeadAge:
        """Return the projection's head and its age; raise `ProjectionEmpty`."""
        head = self._registry.head()
        # Seen in the future, by a clock that was ahead then: nobody knows when, and so not lately.
        age = abs(self._clock() - head.seen_at)
        return HeadAge(head.block, head.block_time, age, head.finalized)

    def agencies(self) -> tuple[Agency, ...]:
        """Return all agencies in order of admission."""
        return self._registry.agencies()

    def agency(self, jurisdiction: str, code: str) -> Agency:
        """Return one agency; raise `AgencyUnknown`."""
        id_ = agency_id(jurisdiction, code)
        found = self._registry.agency(id_)
        if found is None:
            raise AgencyUnknown(id_)
        return found

    def keys(self, jurisdiction: str, code: str) -> tuple[KeyView, ...]:
        """Return an agency's document keys; raise `AgencyUnknown`."""
        now = self._clock()
        found = self._registry.keys(self.agency(jurisdiction, code).id)
        return tuple(
            KeyView(key, KeyState.FROZEN if key.frozen else key.state_at(now)) for key in found
        )

    def accreditations(self, jurisdiction: str, code: str) -> tuple[AccreditationView, ...]:
        """Return what an agency is or was accredited for; raise `AgencyUnknown`."""
        found = self._registry.accreditations(self.agency(jurisdiction, code).id)
        return tuple(
            AccreditationView(record_type, self._types.get(record_type), windows)
            for record_type, windows in found.items()
        )

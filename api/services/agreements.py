"""What is public about agreements: which stand between whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from api.services.at_head import AtHead
from api.store.recognitions import RecognitionStore
from api.store.registry import Registry
from ledger.agreements.agreement import Agreement, AgreementId
from ledger.agreements.history import AgreementUnknown
from ledger.values import JurisdictionId


@dataclass(frozen=True, slots=True)
class AgreementView:
    """An agreement with the codes of its parties, as of a moment in Unix seconds."""

    agreement: Agreement
    source: str
    target: str
    at: int


class Agreements:
    """Reads the projection for anybody who asks."""

    def __init__(
        self,
        store: RecognitionStore,
        registry: Registry,
        at_head: AtHead,
        clock: Callable[[], int],
    ) -> None:
        self._store = store
        self._registry = registry
        self._at_head = at_head
        self._clock = clock

    def all(self, at: int | None = None) -> tuple[AgreementView, ...]:
        """Return every agreement as of a time, or of now."""
        moment = self._clock() if at is None else at
        codes = self._codes()
        return tuple(_view(each, codes, moment) for each in self._agreements())

    def one(self, agreement: AgreementId, at: int | None = None) -> AgreementView:
        """Return one agreement as of a time, or of now; raise `AgreementUnknown`."""
        found = next((each for each in self._agreements() if each.id == agreement), None)
        if found is None:
            raise AgreementUnknown(agreement)
        return _view(found, self._codes(), self._clock() if at is None else at)

    def _agreements(self) -> Sequence[Agreement]:
        return self._at_head.kept(("agreements",), self._store.agreements)

    def _codes(self) -> Mapping[JurisdictionId, str]:
        return self._at_head.kept(("jurisdictions",), self._registry.jurisdictions)


def _view(agreement: Agreement, codes: Mapping[JurisdictionId, str], at: int) -> AgreementView:
    return AgreementView(agreement, codes[agreement.source], codes[agreement.target], at)

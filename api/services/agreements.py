"""What is public about agreements: which stand between whom, and the policies that they name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api.services.at_head import AtHead
from api.store.recognitions import RecognitionStore
from api.store.registry import Registry
from ledger.errors import Refused, RoleMissing
from ledger.health.agreement_history import AgreementUnknown
from ledger.health.agreements import Agreement, AgreementId
from ledger.health.policy import Policy, read_policy
from ledger.values import Address, JurisdictionId, Role, jurisdiction_id

_KEEPERS: Final = frozenset((Role.SUPERVISOR, Role.ADMIN))


@dataclass(eq=False)
class PolicyUnknown(Refused):
    """No policy with this digest is kept here."""

    digest: bytes


@dataclass(eq=False)
class PolicyDigestDiffers(Refused):
    """The document's SHA-256 is not the digest that it was sent under."""

    found: bytes


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


class Policies:
    """Keeps the documents behind policy digests, for whoever wants to read what was agreed."""

    def __init__(self, store: RecognitionStore, ledger: AtHead, clock: Callable[[], int]) -> None:
        self._store = store
        self._ledger = ledger
        self._clock = clock

    def get(self, digest: bytes) -> bytes:
        """Return the policy's bytes; raise `PolicyUnknown`."""
        document = self._store.document(digest)
        if document is None:
            raise PolicyUnknown(digest)
        return document

    def keep(self, digest: bytes, document: bytes, by: Address) -> tuple[Policy, bool]:
        """Keep a policy and return it, and whether it is new.

        Raises:
            RoleMissing: unless the account supervises a jurisdiction or administers an agency.
            PolicyInvalid: for what is no policy.
            PolicyDigestDiffers: for another policy.
        """
        policy = read_policy(document)
        if policy.digest != digest:
            raise PolicyDigestDiffers(policy.digest)
        if all(role not in _KEEPERS for _, role in self._ledger.roles(by)):
            target = jurisdiction_id(policy.document["to"])
            raise RoleMissing(target, int(Role.SUPERVISOR), by)
        return policy, self._store.keep(digest, document, self._clock())


def _view(agreement: Agreement, codes: Mapping[JurisdictionId, str], at: int) -> AgreementView:
    return AgreementView(agreement, codes[agreement.source], codes[agreement.target], at)

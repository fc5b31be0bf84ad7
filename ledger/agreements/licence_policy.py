"""The policy of an agreement about licences: TO recognises one type of them as FROM issues it.

It follows `licence_policy.schema.json` and says what the ledger is asked when a licence is judged:
whose, where, of which type. Nothing narrower has a place in it: whether a licence is good, at which
time and for how long it must last yet is said by its own rules and by whoever asks for it.
"""

import hashlib
import re
from dataclasses import dataclass
from typing import Final

from ledger.agreements.policy import (
    AgreementPolicy,
    PolicyInvalid,
    check_notice,
    check_schema,
    digest_of,
    read_document,
    refuse_kind,
    require_two_parties,
)
from ledger.canonical import canonical_json
from ledger.values import HEALTH_KIND, LICENCE_KIND, country_of

NO_BUNDLE: Final = hashlib.sha256(canonical_json({})).digest()
"""The `bundleHash` of agreements about licences, which have no bundle.

The ledger takes no zero, so it is that of the manifest of no files.
"""
_TYPE_ID: Final = re.compile(r"[a-z]{2}(?:\.[a-z0-9]+(?:-[a-z0-9]+)*)+")
_MOST_CHARACTERS: Final = 64


@dataclass(frozen=True)
class LicencePolicy(AgreementPolicy):
    """A policy about licences that was checked."""

    @property
    def type_id(self) -> str:
        """The type of licences, such as "cn.food-business", in all its major versions."""
        return str(self.document["recordType"]).removeprefix(LICENCE_KIND)


def is_type_id(text: str) -> bool:
    """Whether a text is formed as ids of licence types are, known or not."""
    return len(text) <= _MOST_CHARACTERS and _TYPE_ID.fullmatch(text) is not None


def read_licence_policy(encoded: bytes) -> LicencePolicy:
    """Return the policy about licences that `encoded` is. Whether the type exists is not asked.

    Raises:
        PolicyKindWrong: for one about health documents.
        PolicyInvalid: for anything else that it is not, and for two places of one country, which
            recognise each other's licences without an agreement (招标投标法 art. 6).
    """
    document = read_document(encoded)
    refuse_kind(document, HEALTH_KIND)
    check_schema(document, "licence_policy.schema.json")
    check_notice(document)
    require_two_parties(document)
    if country_of(document["from"]) == country_of(document["to"]):
        raise PolicyInvalid("to", "of the source's country, where licences count without it")
    return LicencePolicy(document, digest_of(encoded))

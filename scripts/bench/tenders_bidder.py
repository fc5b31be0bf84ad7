"""A bidder of the sample tender: a firm with a licence, whose key signs the bid."""

import hashlib
import os
from dataclasses import dataclass
from typing import Final, Self

from ledger.authority import Agency
from ledger.keys import PrivateKey
from ledger.licences.catalogue import load_catalogue
from ledger.licences.identifiers import IdentifierWrong, check_organisation_code
from ledger.licences.issuance import Draft, Issuer, issue
from ledger.licences.sd_jwt import bind, parse, present
from ledger.tenders.ids import Place
from ledger.tenders.requests import nonce_of
from ledger.values import AgencyStatus, agency_id

_TYPE: Final = "cn.construction-qualification"
_SHOWN: Final = ("holder_name", "holder_code", "qualifications")
_CHARACTERS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_AGENCY_CODE: Final = "11440100MBEXAMPE7Y"


@dataclass(frozen=True, slots=True)
class Bidder:
    """A firm by its number, plainly a sample."""

    number: int
    code: str
    key: PrivateKey

    @classmethod
    def numbered(cls, number: int) -> Self:
        """Return the firm; its code and key follow from the number."""
        secret = hashlib.sha256(b"a made-up bidder %d" % number).digest()
        return cls(number, _code(f"91440101MA{number:07d}"), PrivateKey.from_secret(secret))

    @property
    def name(self) -> str:
        """The firm's name."""
        return f"样例{self.number}公司"

    def identity(self) -> dict[str, str]:
        """Return who bids, as a manifest says it."""
        return {
            "jurisdiction": "CN-GD",
            "code": self.code,
            "name": self.name,
            "salt": "c2FsdHNhbHRzYWx0c2FsdA",
        }

    def presentation(self, place: Place, at: int) -> str:
        """Return a licence that names the firm, shown for its bid alone."""
        agency = Agency(
            agency_id("CN-GD", _AGENCY_CODE),
            "CN-GD",
            _AGENCY_CODE,
            "示例市住房和城乡建设局",
            AgencyStatus.ACTIVE,
        )
        key = PrivateKey.from_secret(hashlib.sha256(b"a made-up document key").digest())
        fields = {
            "licence_number": f"D{self.number:09d}",
            "holder_name": self.name,
            "holder_code": self.code,
            "legal_representative": "样本甲",
            "address": "示例市样本区东一路1号",
            "registered_capital": "5000万元",
            "qualifications": [{"category": "公路工程施工总承包", "grade": "一级"}],
        }
        draft = Draft(
            *(load_catalogue().get(_TYPE), fields, f"BENCH{self.number}", 0, self.number, at),
            holder_key=self.key.public_key,
        )
        licence = issue(draft, Issuer(agency, "https://licences.example", key), os.urandom)
        return bind(
            present(parse(licence.document), _SHOWN),
            self.key,
            audience="0x" + place.tender.hex(),
            nonce=nonce_of(place),
            issued_at=at,
        ).compact


def _code(stem: str) -> str:
    """Return the code that begins so, with its check character (GB 32100-2015)."""
    for character in _CHARACTERS:
        try:
            check_organisation_code(stem + character)
        except IdentifierWrong:
            continue
        return stem + character
    raise ValueError(stem)

"""A told tender that wants a licence of builders, which one of three bidders shows."""

from collections.abc import Callable, Sequence
from typing import Any

from ledger.licences.sd_jwt import bind, parse, present
from ledger.tenders.ids import Place
from ledger.tenders.opening_record import Findings, OpenedBid, record
from ledger.tenders.requests import nonce_of
from tests.support.licences import FIELDS, HOLDER_KEY
from tests.support.papered_story import CEILING, NAMES
from tests.support.sealed_tender import SealedTender
from tests.support.tender_story import DAY, Where, address

TYPE = "cn.construction-qualification"
CLAIMS = ("holder_name", "holder_code", "qualifications")
HOLDER = "Ann"


class QualifiedTender(SealedTender):
    """Ann shows the licence, in a file with its proof where `wrap` makes one; others show none."""

    requirements: tuple[dict[str, Any], ...] = (
        {
            "id": "builder",
            "vct": f"urn:suizheng:licence:{TYPE}:1",
            "claims": list(CLAIMS),
            "who": "organisation",
            "minValidityDays": 90,
            "optional": False,
        },
    )

    def __init__(
        self, document: str, where: Where, wrap: Callable[[str], str] = lambda shown: shown
    ) -> None:
        super().__init__(where=where)
        self._document, self._wrap = document, wrap

    def identity(self, name: str) -> dict[str, str]:
        own = super().identity(name)
        return own | {"code": FIELDS[TYPE]["holder_code"]} if name == HOLDER else own

    def shown_by(self, name: str, place: Place) -> list[str]:
        if name != HOLDER:
            return []
        shown = bind(
            present(parse(self._document), CLAIMS),
            HOLDER_KEY,
            audience="0x" + self.id.hex(),
            nonce=nonce_of(place),
            issued_at=self.ends.submit_end - DAY,
        )
        return [self._wrap(shown.compact)]

    def record_verdict(self, verdict: str, names: Sequence[str] = NAMES) -> None:
        """Record the opening, with this verdict on the licence."""
        flags = dict.fromkeys(names, ("UNSIGNED", "NOT_QUALIFIED"))
        flags[HOLDER] = ("UNSIGNED", *(("NOT_QUALIFIED",) if verdict == "invalid" else ()))
        told = dict.fromkeys(names, "missing") | {HOLDER: verdict}
        opened = {
            address(each): OpenedBid(self.manifest(each), flags[each], (("builder", told[each]),))
            for each in names
        }
        found = Findings(opened, {}, CEILING)
        paper = record(self.happened(), self.id, (0, 1), found)
        self.do(self.record, len(opened), 0, self.keep(paper))

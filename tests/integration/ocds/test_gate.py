"""Everything we publish passes libcoveocds off line, in every state, and faults do not."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace

import pytest

from ledger.tenders.ocds.facts import BidFacts, BidOutcome, LotFacts, LotState, Place
from ledger.tenders.ocds.packages import record, record_package, release_package
from ledger.tenders.ocds.releases import Publication, release
from tests.support.ocds import (
    BASE_URL,
    PUBLICATION,
    amended,
    contract,
    extension_texts,
    facts_in,
    history,
    suspended,
)
from tests.support.ocds_judging import NEEDED, Json, faults, judged

LOTS_URL = "https://extensions.example/ocds_lots_extension/extension.json"
LOTS = {
    "extension.json": '{"name": {"en": "Lots"}, "compatibility": ["1.1"], "codelists": []}',
    "release-schema.json": json.dumps(
        {
            "definitions": {
                "Lot": {
                    "type": "object",
                    "required": ["id"],
                    "properties": {name: {"type": "string"} for name in ("id", "title", "status")},
                },
                "Tender": {
                    "properties": {
                        "lots": {"type": "array", "items": {"$ref": "#/definitions/Lot"}}
                    }
                },
                "Award": {
                    "properties": {"relatedLots": {"type": "array", "items": {"type": "string"}}}
                },
            }
        }
    ),
}
"""A stand-in with the fields of the public extension that we fill."""

pytestmark = list(NEEDED)


def package(*releases: Json, publication: Publication = PUBLICATION) -> Json:
    return release_package(releases, publication, uri=f"{BASE_URL}/v1/ocds/releases", at=1)


def two_lots() -> Json:
    """Return a release with one lot awarded and one that failed, declared with lots."""
    facts = facts_in(LotState.AWARDED)
    lots = (*facts.lots, LotFacts(1, "Lamps", LotState.FAILED_FEW))
    publication = replace(PUBLICATION, extensions=(*PUBLICATION.extensions, LOTS_URL))
    told = release(replace(facts, lots=lots), publication)
    return package(told, publication=publication)


def unsigned() -> Json:
    return release(
        replace(facts_in(LotState.CONTRACTED), contracts=(contract(signed_at=None),)), PUBLICATION
    )


def retendered() -> Json:
    return release(
        replace(facts_in(LotState.RECEIVING), replaces="ocds-a2b3c4-GZ-2025-0009"), PUBLICATION
    )


def joint() -> Json:
    facts = facts_in(LotState.OPENED)
    members = tuple(each.id for each in facts.organisations[3:5])
    bid = BidFacts("bid-9", 0, BidOutcome.OPENED, facts.submission.end - 1, members)
    return release(replace(facts, bids=(*facts.bids, bid)), PUBLICATION)


CLEAN: dict[str, Json] = {
    **{str(state): package(release(facts_in(state), PUBLICATION)) for state in LotState},
    "amended": package(release(amended(), PUBLICATION)),
    "suspended": package(release(suspended(), PUBLICATION)),
    "unsigned": package(unsigned()),
    "retendered": package(retendered()),
    "joint": package(joint()),
    "history": package(*history()),
    "record": record_package([record(history())], PUBLICATION, uri=f"{BASE_URL}/v1/ocds/x", at=1),
    "two lots": two_lots(),
    "unplanned": package(
        release(replace(facts_in(LotState.DRAFT), planning=None, place=Place(1, 1)), PUBLICATION)
    ),
}


def spoilt(change: Callable[[Json], None]) -> Json:
    found = deepcopy(CLEAN[str(LotState.CONTRACTED)])
    change(found["releases"][0])
    return found


FAULTY: dict[str, Json] = {
    "no date": spoilt(lambda r: r.pop("date")),
    "unknown field": spoilt(lambda r: r["tender"].update(sealedBy="nobody")),
    "unknown status": spoilt(lambda r: r["tender"].update(status="opened")),
    "no zone": spoilt(lambda r: r["tender"]["bidOpening"].update(date="2026-11-22T10:00:00")),
    "integrity scheme": spoilt(
        lambda r: r["tender"]["documents"][0]["integrity"][0].update(scheme="md5")
    ),
    "document type": spoilt(lambda r: r["tender"]["documents"][0].update(documentType="secret")),
    "bid status": spoilt(lambda r: r["bids"]["details"][0].update(status="opened")),
    "proof without root": spoilt(lambda r: r["tender"]["documents"][0]["proof"].pop("root")),
    "prefix": spoilt(lambda r: r.update(ocid="GZ-2026-0001")),
    "empty list": spoilt(lambda r: r["tender"].update(suspensions=[])),
    "twin bids": spoilt(lambda r: r["bids"]["details"].append(r["bids"]["details"][0])),
    "contract without award": spoilt(lambda r: r["contracts"][0].pop("awardID")),
}


@pytest.fixture(scope="module")
def said() -> Json:
    """What libcoveocds says of every package, by name; of faulty ones under `not NAME`."""
    named = CLEAN | {f"not {name}": found for name, found in FAULTY.items()}
    extensions = {PUBLICATION.extensions[0]: extension_texts(), LOTS_URL: LOTS}
    return dict(zip(named, judged(list(named.values()), extensions), strict=True))


class TestPublished:
    @pytest.mark.parametrize("name", CLEAN)
    def test_package_is_clean(self, said: Json, name: str) -> None:
        assert faults(said[name]) == {}

    def test_record_is_what_merging_makes_of_its_releases(self, said: Json) -> None:
        compiled = CLEAN["record"]["records"][0]["compiledRelease"]
        assert said["record"]["merged"] == [compiled]


class TestFaults:
    @pytest.mark.parametrize("name", FAULTY)
    def test_fault_is_seen(self, said: Json, name: str) -> None:
        assert faults(said[f"not {name}"])

    def test_an_extension_that_does_not_load_is_seen(self) -> None:
        broken = extension_texts() | {"release-schema.json": "{"}
        gone: dict[str, str] = {}
        for files in (broken, gone):
            found = judged([CLEAN["receiving"]], {PUBLICATION.extensions[0]: files})
            assert faults(found[0])

    def test_a_codelist_that_is_missing_is_seen(self) -> None:
        files = extension_texts()
        del files["codelists/bidStatus.csv"]
        found = judged([CLEAN["opened"]], {PUBLICATION.extensions[0]: files})
        assert faults(found[0])

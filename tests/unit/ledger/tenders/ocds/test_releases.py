from dataclasses import replace
from typing import Any

import pytest

from ledger.tenders.ocds.extension import ExtensionFileUnknown, extension_file, extension_files
from ledger.tenders.ocds.facts import Change, LotFacts, LotState, Money
from ledger.tenders.ocds.packages import RecordMixed, record
from ledger.tenders.ocds.parts import value
from ledger.tenders.ocds.releases import OcidPrefixInvalid, Publication, release
from tests.support.ocds import BASE_URL, PUBLICATION, facts_in, history

SEALED = [
    LotState.DRAFT,
    LotState.RECEIVING,
    LotState.LISTING,
    LotState.FAILED_FEW,
    LotState.DISCLOSURE,
    LotState.RELEASE,
    LotState.FALLBACK,
    LotState.NOT_OPENED,
    LotState.TERMINATED,
]


def told(state: LotState, **changes: Any) -> dict[str, Any]:
    return release(replace(facts_in(state), **changes), PUBLICATION)


class TestRelease:
    @pytest.mark.parametrize("state", SEALED)
    def test_nothing_tells_of_bids_before_the_opening(self, state: LotState) -> None:
        found = told(state)  # the facts do know the bids
        assert "bids" not in found
        assert not {"tenderers", "numberOfTenderers"} & found["tender"].keys()
        roles = {role for party in found["parties"] for role in party["roles"]}
        assert roles == {"buyer", "procuringEntity", "reviewBody"}

    def test_bids_of_an_opened_lot_beside_a_sealed_one(self) -> None:
        facts = facts_in(LotState.OPENED)
        other = replace(facts.bids[0], id="bid-6", lot=1)
        lots = (*facts.lots, LotFacts(1, "Lamps", LotState.RELEASE))
        found = release(replace(facts, lots=lots, bids=(*facts.bids, other)), PUBLICATION)
        assert "bid-6" not in {bid["id"] for bid in found["bids"]["details"]}
        assert found["tender"]["numberOfTenderers"] == 3

    def test_who_did_not_disclose_is_not_named(self) -> None:
        facts = facts_in(LotState.OPENED)
        silent = replace(facts.bids[4], tenderers=facts.bids[0].tenderers, value=Money("1", "CNY"))
        details = release(replace(facts, bids=(silent,)), PUBLICATION)["bids"]["details"]
        assert details == [
            {"id": "bid-5", "date": details[0]["date"], "status": "withdrawn", "relatedLots": ["0"]}
        ]

    def test_statistics_add_up(self) -> None:
        found = {s["measure"]: s["value"] for s in told(LotState.OPENED)["bids"]["statistics"]}
        assert found == {
            "bids": 5,
            "validBids": 2,
            "disqualifiedBids": 1,
            "withdrawnBids": 2,
            "bidders": 3,
        }

    @pytest.mark.parametrize(
        ("state", "tender", "award"),
        [
            (LotState.DRAFT, "planned", None),
            (LotState.RECEIVING, "active", None),
            (LotState.FAILED_FEW, "unsuccessful", None),
            (LotState.ALL_REJECTED, "unsuccessful", None),
            (LotState.NOTICE, "active", "pending"),
            (LotState.AWARDED, "complete", "active"),
            (LotState.TERMINATED, "cancelled", None),
            (LotState.VOIDED, "cancelled", "cancelled"),
        ],
    )
    def test_statuses(self, state: LotState, tender: str, award: str | None) -> None:
        found = told(state)
        assert found["tender"]["status"] == tender
        assert [each["status"] for each in found.get("awards", [])] == ([award] if award else [])

    @pytest.mark.parametrize(
        ("state", "changes", "tag"),
        [
            (LotState.DRAFT, {}, "planning"),
            (LotState.DRAFT, {"planning": None}, "tender"),
            (LotState.RECEIVING, {"change": Change.ANSWERED}, "tenderUpdate"),
            (LotState.OPENED, {}, "tenderUpdate"),
            (LotState.NOTICE, {}, "award"),
            (LotState.AWARDED, {}, "awardUpdate"),
            (LotState.CONTRACTED, {}, "contract"),
            (LotState.VOIDED, {}, "awardCancellation"),
            (LotState.VOIDED, {"awards": ()}, "tenderCancellation"),
        ],
    )
    def test_tags(self, state: LotState, changes: dict[str, Any], tag: str) -> None:
        assert told(state, **changes)["tag"] == [tag]

    def test_id_is_where_the_change_stands_on_chain(self) -> None:
        facts = facts_in(LotState.OPENED)
        assert facts.place is not None
        found = release(facts, PUBLICATION)
        assert found["id"] == f"ocds-a2b3c4-GZ-2026-0001-{facts.place.block}-3"
        assert found["ocid"] == "ocds-a2b3c4-GZ-2026-0001"

    def test_lots_are_told_only_where_their_extension_is_declared(self) -> None:
        assert "lots" not in told(LotState.AWARDED)["tender"]
        wider = (*PUBLICATION.extensions, "https://x.example/ocds_lots_extension/extension.json")
        found = release(facts_in(LotState.AWARDED), replace(PUBLICATION, extensions=wider))
        assert [lot["status"] for lot in found["tender"]["lots"]] == ["complete"]
        assert found["awards"][0]["relatedLots"] == ["0"]

    @pytest.mark.parametrize(
        ("amount", "number"), [("930000.00", 930_000), ("880000.50", 880_000.5), ("0.10", 0.1)]
    )
    def test_amounts_are_numbers(self, amount: str, number: float) -> None:
        assert value(Money(amount, "CNY")) == {"amount": number, "currency": "CNY"}

    @pytest.mark.parametrize("prefix", ["ocds-a2b3c", "ocds-A2B3C4", "a2b3c4", "ocds-a2b3c4\n"])
    def test_refused_with_a_prefix_that_nobody_gave(self, prefix: str) -> None:
        with pytest.raises(OcidPrefixInvalid):
            Publication(prefix, "Sample", BASE_URL, ())


class TestRecord:
    def test_compiled_release_is_the_last_one(self) -> None:
        releases = history()
        found = record(list(reversed(releases)))
        assert [each["id"] for each in found["releases"]] == [each["id"] for each in releases]
        assert found["compiledRelease"]["tag"] == ["compiled"]
        assert found["compiledRelease"]["contracts"] == releases[-1]["contracts"]

    def test_refused_for_two_tenders_and_for_none(self) -> None:
        other = {**history()[0], "ocid": "ocds-a2b3c4-GZ-2026-0002"}
        for releases in ([*history(), other], []):
            with pytest.raises(RecordMixed):
                record(releases)


class TestExtension:
    def test_metadata_names_every_file(self) -> None:
        files = extension_files(BASE_URL)
        assert set(files) == {
            "extension.json",
            "release-schema.json",
            "README.md",
            "codelists/+documentType.csv",
            "codelists/bidStatistic.csv",
            "codelists/bidStatus.csv",
            "codelists/integrityScheme.csv",
        }
        assert f"{BASE_URL}/ocds/extensions/ledger/README.md".encode() in files["extension.json"]

    def test_media_types(self) -> None:
        assert extension_file("codelists/bidStatus.csv", BASE_URL)[1].startswith("text/csv")
        with pytest.raises(ExtensionFileUnknown):
            extension_file("../__init__.py", BASE_URL)

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.tenders.ocds.checks import PublicationRefused, check_release, require_publishable
from ledger.tenders.ocds.checks.finding import Fault
from ledger.tenders.ocds.facts import LotState
from ledger.tenders.ocds.releases import release
from tests.support.ocds import (
    CONTENTS,
    PUBLICATION,
    TREE,
    TWO,
    amended,
    facts_in,
    known_of,
    suspended,
)

Release = dict[str, Any]
KNOWN = known_of(facts_in(LotState.CONTRACTED))
CONTRACTED = release(facts_in(LotState.CONTRACTED), PUBLICATION)


def codes(change: Callable[[Release], Any]) -> set[Fault]:
    spoilt = deepcopy(CONTRACTED)
    change(spoilt)
    return {finding.code for finding in check_release(spoilt, KNOWN)}


class TestClean:
    @pytest.mark.parametrize("state", LotState)
    def test_every_state_is_publishable(self, state: LotState) -> None:
        facts = facts_in(state)
        require_publishable(release(facts, PUBLICATION), known_of(facts))

    def test_amended_and_suspended(self) -> None:
        for facts in (amended(), suspended()):
            assert check_release(release(facts, PUBLICATION), known_of(facts)) == ()


class TestFaults:
    @pytest.mark.parametrize(
        ("fault", "change"),
        [
            (
                Fault.PERIOD_REVERSED,
                lambda r: r["contracts"][0]["period"].update(endDate="2026-01-01T00:00:00Z"),
            ),
            (
                Fault.DATES_UNORDERED,
                lambda r: r["awards"][0].update(date="2026-09-22T00:00:00Z"),
            ),
            (
                Fault.DATES_UNORDERED,  # signed after the release that says so
                lambda r: r["contracts"][0].update(dateSigned="2027-01-01T00:00:00Z"),
            ),
            (
                Fault.DEADLINE_DIFFERS,
                lambda r: r["tender"]["tenderPeriod"].update(endDate="2026-10-01T00:00:00Z"),
            ),
            (Fault.ORGANISATION_DANGLING, lambda r: r["buyer"].update(id="CN-USCI-NOBODY")),
            (Fault.ORGANISATION_DANGLING, lambda r: r["parties"].pop()),
            (Fault.BID_DANGLING, lambda r: r["awards"][0].update(relatedBids=["bid-9"])),
            (Fault.AWARD_DANGLING, lambda r: r["contracts"][0].update(awardID="award-9")),
            (Fault.CURRENCY_MIXED, lambda r: r["awards"][0]["value"].update(currency="MOP")),
            (
                Fault.AWARD_OVER_CEILING,
                lambda r: r["awards"][0]["value"].update(amount=1_000_000.01),
            ),
            (Fault.TAG_WITHOUT_CONTENT, lambda r: r.update(tag=["tenderAmendment"])),
            (Fault.TAG_WITHOUT_CONTENT, lambda r: r.pop("contracts")),
            (Fault.STATISTICS_DIFFER, lambda r: r["bids"]["statistics"][0].update(value=4)),
            (Fault.STATISTICS_DIFFER, lambda r: r["tender"].update(numberOfTenderers=4)),
            (Fault.STATUS_DIFFERS, lambda r: r["tender"].update(status="active")),
            (Fault.STATUS_DIFFERS, lambda r: r["awards"][0].update(status="pending")),
            (Fault.STATUS_DIFFERS, lambda r: r["contracts"][0].update(status="pending")),
            (
                Fault.DIGEST_DIFFERS,
                lambda r: r["tender"]["documents"][0]["integrity"][0].update(id="00" * 32),
            ),
            (
                Fault.PROOF_DIFFERS,
                lambda r: r["tender"]["documents"][0]["proof"].update(leafIndex=1),
            ),
            (Fault.PROOF_DIFFERS, lambda r: r["tender"]["documents"][0]["proof"].pop("path")),
            (
                Fault.PROOF_DIFFERS,
                lambda r: r["tender"]["documents"][0]["proof"].update(type="ct-v1"),
            ),
            (
                Fault.ROOT_UNKNOWN,
                lambda r: r["tender"]["documents"][0]["proof"].update(root="0x" + "00" * 32),
            ),
        ],
        ids=map(str, count()),
    )
    def test_fault_is_found(self, fault: Fault, change: Callable[[Release], Any]) -> None:
        assert fault in codes(change)

    def test_root_that_came_after_the_release(self) -> None:
        known = replace(KNOWN, anchored_at={TREE.root: 2**33})
        found = {finding.code for finding in check_release(CONTRACTED, known)}
        assert found == {Fault.ROOT_LATE}

    def test_other_bytes_than_the_digest_says(self) -> None:
        known = replace(KNOWN, contents=CONTENTS | {"docs-1": b"swapped"})
        found = check_release(CONTRACTED, known)
        assert [finding.code for finding in found] == [Fault.DIGEST_DIFFERS]
        assert found[0].place == "/tender/documents/0/integrity/0"
        assert found[0].expected == sha256(b"swapped").hexdigest()

    def test_refusal_names_what_is_wrong(self) -> None:
        facts = facts_in(LotState.RECEIVING)
        with pytest.raises(PublicationRefused) as refused:
            require_publishable(CONTRACTED, known_of(facts))
        assert Fault.BIDDERS_EARLY in {finding.code for finding in refused.value.findings}


class TestSilence:
    """What tells of bidders too early, each alone, in a release that is clean without it."""

    @pytest.mark.parametrize(
        "change",
        [
            lambda r: r.update(bids={"details": [{"id": "bid-1", "relatedLots": ["0"]}]}),
            lambda r: r.update(bids={"statistics": [{"id": "bids", "measure": "x", "value": 3}]}),
            lambda r: r["tender"].update(numberOfTenderers=0),
            lambda r: r["tender"].update(tenderers=[]),
            lambda r: r["parties"].append({"id": TWO, "name": "Sample", "roles": ["tenderer"]}),
        ],
        ids=map(str, count()),
    )
    def test_found(self, change: Callable[[Release], Any]) -> None:
        facts = facts_in(LotState.RELEASE)
        spoilt = release(facts, PUBLICATION)
        change(spoilt)
        found = {finding.code for finding in check_release(spoilt, known_of(facts))}
        assert found == {Fault.BIDDERS_EARLY}

    def test_bid_without_a_lot_counts_as_sealed(self) -> None:
        assert codes(lambda r: r["bids"]["details"][0].pop("relatedLots")) == {Fault.BIDDERS_EARLY}


NAMES = """tender bids details awards documents proof path value integrity id tag parties startDate
endDate currency""".split()  # noqa: SIM905  # a list of quoted names would be three times as long
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "tender",
                    "bids",
                    "details",
                    "awards",
                    "documents",
                    "proof",
                    "path",
                    "value",
                    "integrity",
                    "id",
                    "tag",
                    "parties",
                    "startDate",
                    "endDate",
                    "currency",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


class TestStrangersReleases:
    @settings(max_examples=150)
    @given(found=st.dictionaries(st.sampled_from(sorted(CONTRACTED)), JSON, max_size=6))
    def test_never_raises(self, found: Release) -> None:
        check_release(found, KNOWN)

    @settings(max_examples=100)
    @given(data=st.data())
    def test_never_raises_for_a_release_with_one_part_replaced(self, data: st.DataObject) -> None:
        spoilt = deepcopy(CONTRACTED)
        node: Any = spoilt
        while isinstance(node, dict | list) and node:
            names = sorted(node) if isinstance(node, dict) else range(len(node))
            name = data.draw(st.sampled_from(names))
            if data.draw(st.booleans()):
                node[name] = data.draw(JSON)
                break
            node = node[name]
        check_release(spoilt, KNOWN)

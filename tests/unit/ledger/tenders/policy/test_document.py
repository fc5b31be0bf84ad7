"""Documents of policies."""

from decimal import Decimal
from importlib.resources import files
from typing import Any

import orjson
import pytest

from ledger.tenders.policy.document import (
    MAX_BYTES,
    End,
    PeriodUnknown,
    TenderPolicyInvalid,
    TenderPresetUnknown,
    Unit,
    preset,
    presets,
    read_policy,
)

CN = orjson.loads(files("ledger.tenders.policy.presets").joinpath("cn.json").read_bytes())


def changed(path: str, value: Any) -> bytes:
    document = orjson.loads(orjson.dumps(CN))
    *way, last = path.split(".")
    here = document
    for step in way:
        here = here[step]
    here[last] = value
    return orjson.dumps(document)


class TestPresets:
    @pytest.mark.parametrize("name", presets())
    def test_each_is_what_its_file_is_called(self, name: str) -> None:
        assert preset(name).name == name

    def test_the_numbers_of_the_tender_law(self) -> None:
        cn = preset("cn")
        days = {name: (each.days, each.unit) for name, each in cn.periods.items()}
        assert days["submission"] == (20, Unit.CALENDAR)
        assert days["amendment"] == (15, Unit.CALENDAR)
        assert days["objectionLead"] == (10, Unit.CALENDAR)
        assert days["notice"] == (3, Unit.CALENDAR)
        assert days["complaintDecide"] == (30, Unit.WORKING)
        assert (cn.counts["bids"], cn.counts["prequalified"], cn.committee) == (3, 3, 5)
        assert cn.bonds == {"bid": Decimal("0.02"), "performance": Decimal("0.10")}
        assert cn.flags.needs_mailbox
        assert cn.period("submission").end is End.CLOCK

    def test_government_procurement_counts_the_qualified(self) -> None:
        gov = preset("cn-government-procurement")
        assert gov.counts["disclosed"] == 3
        assert gov.period("suspension").days == 30
        assert gov.period("objectionAnswer").unit is Unit.WORKING

    def test_elsewhere(self) -> None:
        found = {name: preset(name).period("submission").days for name in presets()}
        assert found["prozorro-above-threshold"] == 15
        assert found["prozorro-above-threshold-eu"] == 30
        assert found["prozorro-below-threshold"] == 2
        assert found["eu-2014-24"] == 30
        assert preset("prozorro-above-threshold-ua").flags.drops_stale_bids

    def test_every_number_says_where_it_stands(self) -> None:
        for name in presets():
            assert all(each.law for each in preset(name).periods.values())

    @pytest.mark.parametrize("name", ["", "xx", "../cn", "__init__"])
    def test_unknown_ones(self, name: str) -> None:
        with pytest.raises(TenderPresetUnknown):
            preset(name)

    def test_a_period_that_the_law_does_not_have(self) -> None:
        with pytest.raises(PeriodUnknown) as refused:
            preset("eu-2014-24").period("complaint")
        assert refused.value.period == "complaint"


class TestReadPolicy:
    def test_reads_what_it_is_given(self) -> None:
        read = read_policy(changed("periods.submission.days", 25))
        assert read.period("submission").days == 25

    @pytest.mark.parametrize(
        ("path", "value"),
        [
            ("periods.submission.days", 0),
            ("periods.submission.days", 20.5),
            ("periods.submission.unit", "weeks"),
            ("periods.submission.more", 1),
            ("periods.siesta", {"days": 1, "unit": "calendar", "end": "day", "law": "x"}),
            ("windows.list.least", 3_601),
            ("windows.release.most", 599),
            ("counts.threshold", 4),
            ("counts.trustees", 10),
            ("counts.disclosed", 4),
            ("flags.needsMailbox", 1),
            ("bonds.bid.ratio", 0.02),
            ("bonds.bid.ratio", "2.00"),
            ("calendar", "xx"),
            ("currency", "yuan"),
            ("v", 2),
            ("surprise", 1),
        ],
    )
    def test_refuses_and_says_where(self, path: str, value: Any) -> None:
        with pytest.raises(TenderPolicyInvalid) as refused:
            read_policy(changed(path, value))
        assert refused.value.path == "" or path.startswith(refused.value.path)

    @pytest.mark.parametrize("text", [b"", b"[]", b'{"v":1,"v":1}', b" " * (MAX_BYTES + 1)])
    def test_refuses_what_is_no_object(self, text: bytes) -> None:
        with pytest.raises(TenderPolicyInvalid):
            read_policy(text)

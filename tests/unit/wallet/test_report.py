"""What a person reads of a report."""

import pytest

from ledger.licences.catalogue import LANGUAGES
from ledger.values import Status
from tests.support.verification import ANCHORED_AT, AT, sample
from wallet.report import print_report

SAMPLE = sample()
LATER = ANCHORED_AT + 120
THEN = {
    "zh-Hans": "当时可知的状态：有效；",
    "zh-Hant": "當時可知的狀態：有效；",
    "en": "Known at that time: in force. The ledger learnt of the change later.",
    "pt": "Sabido nessa altura: em vigor.",
}


class TestPrintReport:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_says_what_was_known_then_where_the_change_came_later(
        self, language: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        annulled = SAMPLE.with_events(SAMPLE.event(Status.REVOKED, 311, AT - 60, effective_at=0))
        print_report(annulled.but(at=LATER).report(), language, AT)
        (line,) = [one for one in capsys.readouterr().out.splitlines() if THEN[language] in one]
        assert line.startswith("  ")

    @pytest.mark.parametrize("status", [Status.SUSPENDED, Status.REVOKED])
    def test_says_nothing_of_then_where_it_was_known(
        self, status: Status, capsys: pytest.CaptureFixture[str]
    ) -> None:
        reason = {Status.SUSPENDED: 102, Status.REVOKED: 331}[status]
        changed = SAMPLE.with_events(SAMPLE.event(status, reason, LATER - 60))
        report = changed.but(at=LATER).report()
        assert report.check("status").facts["knownThen"] == status.name
        print_report(report, "en", AT)
        assert "Known at that time" not in capsys.readouterr().out

    def test_says_nothing_of_then_about_now(self, capsys: pytest.CaptureFixture[str]) -> None:
        annulled = SAMPLE.with_events(SAMPLE.event(Status.REVOKED, 311, AT - 60, effective_at=0))
        print_report(annulled.report(), "en", AT)
        assert "Known at that time" not in capsys.readouterr().out

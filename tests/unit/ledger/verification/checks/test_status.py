"""Chain and list together: who counts, what is said of it, and what was known then."""

from dataclasses import replace

import pytest

from ledger.authority import DocumentKey
from ledger.status_list import StatusList
from ledger.values import Digest, KeyUsage, Status
from ledger.verification.check import Result
from ledger.verification.evidence import ListToken
from tests.support.licences import STRANGER_KEY
from tests.support.verification import (
    ANCHORED_AT,
    AT,
    DAY,
    KEY,
    Sample,
    list_token,
    sample,
    unreachable,
)

SAMPLE = sample()
LATER = ANCHORED_AT + 60


def suspended(until: int = 0) -> Sample:
    return SAMPLE.with_events(SAMPLE.event(Status.SUSPENDED, 102, LATER, until=until))


class TestChannels:
    @pytest.mark.parametrize(
        ("chain", "listed", "code"),
        [
            (Status.VALID, Status.VALID, "status.valid"),
            (Status.VALID, Status.REVOKED, "status.revoked"),
            (Status.REVOKED, Status.VALID, "status.revoked"),
            (Status.SUSPENDED, Status.REVOKED, "status.revoked"),
            (Status.SUPERSEDED, Status.SUSPENDED, "status.suspended"),
            (Status.SUSPENDED, Status.SUPERSEDED, "status.suspended"),
            (Status.VALID, Status.SUPERSEDED, "status.superseded"),
        ],
    )
    def test_the_worse_counts(self, chain: Status, listed: Status, code: str) -> None:
        report = SAMPLE.with_status(chain).with_list(listed).report()
        assert report.check("status").code == code
        warned = [warning.code for warning in report.warnings]
        assert warned == ([] if chain is listed else ["status.channels-differ"])

    def test_the_warning_says_who_said_what_and_when(self) -> None:
        report = SAMPLE.with_list(Status.SUSPENDED).report()
        (warning,) = report.warnings
        assert warning.facts == {
            "chain": "VALID",
            "chainAsOf": "2026-11-21T03:00:00Z",
            "list": "SUSPENDED",
            "listAsOf": "2026-11-21T02:59:00Z",
        }
        assert report.check("status").facts["channel"] == "list"

    def test_where_the_bits_agree_the_chain_knows_the_end(self) -> None:
        report = suspended(until=AT).with_list(Status.SUSPENDED).report()
        assert report.check("status").code == "status.suspension-ended"
        assert report.warnings == ()

    def test_the_list_alone_does_not_know_the_end(self) -> None:
        check = unreachable(suspended(until=AT)).with_list(Status.SUSPENDED).check("status")
        assert check.code == "status.suspended"
        assert "until" not in check.facts

    def test_the_list_alone_is_enough(self) -> None:
        check = unreachable(SAMPLE).with_list().check("status")
        assert (check.code, check.facts["channel"]) == ("status.valid", "list")

    def test_a_useless_list_does_not_spoil_the_chain(self) -> None:
        spoilt = SAMPLE.with_list(Status.REVOKED, signer=STRANGER_KEY)
        assert spoilt.check("status").code == "status.valid"
        assert spoilt.report().warnings == ()


class TestListToken:
    def test_good_until_the_second_before_its_end(self) -> None:
        patient = unreachable(SAMPLE).with_policy(max_evidence_age=DAY)
        assert patient.with_list(issued_at=AT - DAY + 1).check("status").code == "status.valid"
        assert patient.with_list(issued_at=AT - DAY).check("status").code == "status.list-stale"

    @pytest.mark.parametrize(
        "key",
        [
            None,
            replace(KEY, public_key=STRANGER_KEY.public_key),
            replace(KEY, usage=KeyUsage.DOCUMENTS),
            replace(KEY, frozen=True),
        ],
        ids=["none", "another", "usage", "frozen"],
    )
    def test_only_the_agencys_own_key_counts(self, key: DocumentKey | None) -> None:
        token = list_token(SAMPLE, Status.VALID).token
        listed = unreachable(SAMPLE).with_evidence(status_list=ListToken(token, key))
        assert listed.check("status").code == "status.list-untrusted"

    def test_the_list_of_another_number_says_nothing(self) -> None:
        other = list_token(sample(list=1), Status.VALID)
        listed = unreachable(SAMPLE).with_evidence(status_list=other)
        assert listed.check("status").code == "status.list-untrusted"

    def test_its_size_covers_every_index(self) -> None:
        last = unreachable(sample(index=2**20 - 1))
        assert StatusList.empty().size == 2**20
        assert last.with_list(Status.REVOKED).check("status").code == "status.revoked"
        assert last.with_list(Status.VALID).check("status").code == "status.valid"


class TestHistory:
    def test_tells_reason_start_and_end(self) -> None:
        check = suspended(until=AT + 5).check("status")
        assert check.facts == {
            "asOf": "2026-11-21T03:00:00Z",
            "channel": "chain",
            "reason": 102,
            "from": "2026-11-21T02:01:02Z",
            "until": "2026-11-21T03:00:05Z",
            "block": 9,
        }

    def test_a_bare_bit_is_suspended_without_an_end(self) -> None:
        check = SAMPLE.with_status(Status.SUSPENDED).check("status")
        assert check.code == "status.suspended"
        assert not {"reason", "from", "until"} & set(check.facts)

    def test_events_that_do_not_lead_to_the_bit_do_not_count(self) -> None:
        spoilt = SAMPLE.with_status(Status.REVOKED).with_evidence(history=())
        assert spoilt.check("status").code == "status.revoked"

    def test_an_event_newer_than_the_word_counts(self) -> None:
        newer = SAMPLE.event(Status.REVOKED, 320, AT - 1)
        assert SAMPLE.with_evidence(history=(newer,)).check("status").code == (
            "status.revoked-punitive"
        )

    def test_events_of_a_neighbour_do_not_count(self) -> None:
        mine = SAMPLE.event(Status.REVOKED, 320, LATER)
        neighbour = replace(mine, mask=mine.mask << 2)
        assert SAMPLE.with_evidence(history=(neighbour,)).check("status").code == "status.valid"

    def test_a_chain_whose_clock_runs_ahead_counts_at_once(self) -> None:
        ahead = SAMPLE.with_reading(block_time=AT + 60)
        revoked = ahead.with_events(SAMPLE.event(Status.REVOKED, 320, AT + 60))
        assert revoked.check("status").code == "status.revoked-punitive"

    @pytest.mark.parametrize(
        ("reason", "code"),
        [
            *((reason, "status.cancelled") for reason in (330, 331, 332, 333, 334, 335, 350)),
            (310, "status.annulled"),
            (320, "status.revoked-punitive"),
            (340, "status.withdrawn"),
            (399, "status.revoked"),
        ],
    )
    def test_every_reason_has_its_kind(self, reason: int, code: str) -> None:
        event = SAMPLE.event(Status.REVOKED, reason, LATER)
        assert SAMPLE.with_events(event).check("status").code == code

    def test_names_the_successor_where_it_is_known(self) -> None:
        replaced = SAMPLE.with_events(SAMPLE.event(Status.SUPERSEDED, 401, LATER))
        known = replaced.with_evidence(successor=Digest(b"\x0c" * 32))
        assert known.check("status").facts["successor"] == "0x" + "0c" * 32
        assert "successor" not in replaced.check("status").facts


class TestPast:
    """A question about a time before the evidence was read."""

    before, during = LATER - 1, LATER + 1

    def test_in_force_before_the_suspension(self) -> None:
        check = suspended().but(at=self.before).check("status")
        assert (check.code, check.facts["knownThen"]) == ("status.valid", "VALID")

    def test_suspended_during_it(self) -> None:
        lifted = SAMPLE.with_events(
            SAMPLE.event(Status.SUSPENDED, 102, LATER), SAMPLE.event(Status.VALID, 201, AT - 60)
        )
        assert lifted.check("status").code == "status.valid"
        assert lifted.but(at=self.during).check("status").code == "status.suspended"

    def test_an_annulment_reaches_back_but_was_not_known_then(self) -> None:
        annulled = SAMPLE.with_events(SAMPLE.event(Status.REVOKED, 311, AT - 60, effective_at=0))
        check = annulled.but(at=self.before).check("status")
        assert (check.code, check.facts["knownThen"]) == ("status.annulled", "VALID")

    def test_a_bare_bit_does_not_answer_for_the_past(self) -> None:
        check = SAMPLE.but(at=AT - 301).check("status")
        assert (check.result, check.code) == (Result.ERROR, "status.unreachable")
        assert check.facts["why"] == "history-missing"

    def test_a_bare_bit_answers_for_just_now(self) -> None:
        assert SAMPLE.but(at=AT - 300).check("status").code == "status.valid"

    def test_half_a_history_does_not_answer_for_the_past(self) -> None:
        spoilt = SAMPLE.with_status(Status.REVOKED).with_evidence(history=())
        check = spoilt.but(at=self.before).check("status")
        assert (check.code, check.facts["why"]) == ("status.unreachable", "history-incomplete")

    def test_nothing_is_said_of_a_time_before_the_anchor(self) -> None:
        check = suspended().but(at=ANCHORED_AT - 1).check("status")
        assert (check.code, check.facts["why"]) == ("status.unreachable", "before-anchor")

    def test_the_list_of_that_time_agrees_with_the_history_of_that_time(self) -> None:
        then = suspended().but(at=self.before).with_list(issued_at=self.before - 30)
        report = then.report()
        assert report.check("status").code == "status.valid"
        assert report.warnings == ()

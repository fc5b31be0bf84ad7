import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.licences.catalogue import LANGUAGES
from ledger.verification.check import (
    Check,
    Result,
    Verdict,
    local_day,
    rfc3339,
    verdict_of,
)
from tests.support.verification import LEDGER, sample, unreachable

SAMPLE = sample()


def checks(*results: Result) -> list[Check]:
    return [Check(number, result, "format.ok") for number, result in enumerate(results, 1)]


class TestVerdictOf:
    def test_invalid_outranks_error(self) -> None:
        assert verdict_of(checks(Result.ERROR, Result.INVALID)) is Verdict.INVALID

    def test_error_outranks_valid(self) -> None:
        assert verdict_of(checks(Result.VALID, Result.ERROR)) is Verdict.UNCONFIRMED

    def test_what_was_skipped_does_not_count(self) -> None:
        assert verdict_of(checks(Result.VALID, Result.SKIPPED)) is Verdict.VALID


class TestToJson:
    def test_is_json(self) -> None:
        assert orjson.loads(orjson.dumps(SAMPLE.report().to_json()))["verdict"] == "valid"

    def test_says_each_check_in_every_language(self) -> None:
        for check in SAMPLE.report().to_json()["checks"]:
            assert set(check) == {"number", "name", "result", "code", "facts", "sentence"}
            assert set(check["sentence"]) == set(LANGUAGES)
            assert len(set(check["sentence"].values())) > 1

    def test_says_it_in_one_language_when_asked(self) -> None:
        first = SAMPLE.report().to_json(["pt"])["checks"][0]
        assert first["sentence"] == {"pt": "O documento está bem formado."}

    def test_says_when_and_about_what(self) -> None:
        shown = SAMPLE.report().to_json()
        assert shown["at"] == "2026-11-21T03:00:00Z"
        assert shown["digest"] == "0x" + SAMPLE.licence.digest.hex()

    def test_says_where_it_was_read(self) -> None:
        assert SAMPLE.report().to_json()["evidence"] == {
            "source": "node",
            "ledger": {"chainId": LEDGER.chain_id, "address": LEDGER.address},
            "block": 9,
            "blockTime": "2026-11-21T02:59:55Z",
            "readAt": "2026-11-21T03:00:00Z",
        }

    def test_says_why_it_was_not_read(self) -> None:
        assert unreachable(SAMPLE).report().to_json()["evidence"] == {
            "source": None,
            "reason": "no-answer",
            "since": "2026-11-21T02:45:00Z",
        }

    def test_words_a_warning(self) -> None:
        (warning,) = SAMPLE.with_policy(warn_below=6).report().to_json(["en"])["warnings"]
        assert warning == {
            "code": "anchor.few-confirmations",
            "facts": {"n": 3, "m": 6},
            "sentence": {"en": "It was anchored only lately: 3 of 6 confirmations."},
        }


class TestTimes:
    def test_moments_are_utc(self) -> None:
        assert rfc3339(1_795_226_400) == "2026-11-21T02:00:00Z"

    @pytest.mark.parametrize(
        ("seconds", "day"),
        [
            (1_795_190_400, "2026-11-21"),
            (1_795_190_399, "2026-11-20"),
            (-28_801, "1969-12-31"),
            (-62_135_481_600, "0001-01-02"),
        ],
    )
    def test_days_are_local(self, seconds: int, day: str) -> None:
        assert local_day(seconds) == day

    @given(st.integers())
    def test_no_number_is_too_great(self, seconds: int) -> None:
        assert rfc3339(seconds)
        assert local_day(seconds)

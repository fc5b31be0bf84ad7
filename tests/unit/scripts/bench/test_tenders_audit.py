"""The sample whose audit is measured stays one that the audit finds nothing wrong with."""

import pytest

from scripts.bench.tenders_audit import bundle_of, report_about, why_void
from scripts.bench.tenders_sample import Sample, sample


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return sample(tmp_path_factory.mktemp("tender"), bids=3, mebibytes=1)


class TestSample:
    def test_is_valid_in_every_step_that_is_measured(self, made: Sample) -> None:
        assert why_void(report_about(made, bundle_of(made))) is None

    def test_each_bid_is_signed_so_that_the_opening_flags_nothing(self, made: Sample) -> None:
        shown = [each for each in made.papers.values() if b'"opening-record"' in each]
        assert len(shown) == 1
        assert shown[0].count(b'"flags":[]') == 3

    def test_without_a_file_it_is_void(self, made: Sample) -> None:
        """The verdict depends on the files: the row cannot be had without reading them."""
        bundle = bundle_of(made)
        bundle.holdings.files.popitem()
        assert why_void(report_about(made, bundle)) is not None

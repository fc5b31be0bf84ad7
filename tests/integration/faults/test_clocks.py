"""Our clock 400 days ahead and back, under the whole service."""

import pytest

from api.store.lists import ListStore, TokenRow
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import front
from tests.support.licences import AGENCY
from tests.support.office import Office

YEAR = 400 * 86_400
QUARTER = 900


class TestJump:
    @pytest.mark.parametrize("far", [YEAR, -YEAR])
    def test_and_back_leaves_nothing_behind(self, issuing: Office, far: int) -> None:
        """What was made at the wrong time does not wait for that time to come again."""
        place = issuing
        with front(place) as counter:
            before = counter.issue()
            place.work()
            place.parts.ahead = far
            for _ in range(2):
                place.worker.run_once()
            place.issue()
            place.parts.ahead = 0
        with front(place) as counter:  # whoever had signed in may have to do so again
            counter.issue()
            for _ in range(200):
                place.worker.run_once()
                if not place.batches.pending():
                    break
                place.stop.wait(0.02)
            assert place.batches.pending() == ()
            assert abs(newest_list(place).issued_at - place.parts.clock()) < QUARTER
            assert counter.verdict(before["document"]) == "valid"
        place.work()
        check_anchored_once(place, counter.digests())
        check_nonces(place)
        check_audit(place)


class TestAge:
    def test_of_what_was_seen_in_the_future_is_not_known(self, issuing: Office) -> None:
        """A clock that was ahead must not let old evidence pass for fresh when it is right."""
        place = issuing
        with front(place) as counter:
            document = counter.issue()["document"]
            place.parts.ahead = YEAR
            place.work()
            place.parts.ahead = 0
            assert counter.verdict(document) == "unconfirmed"
            assert counter.client.get("/readyz").status_code == 503
            place.work()
            assert counter.verdict(document) == "valid"
            assert counter.client.get("/readyz").status_code == 200


def newest_list(place: Office) -> TokenRow:
    """Return the list that whoever asks is given."""
    return ListStore(place.parts.database).latest(AGENCY.id, 0)

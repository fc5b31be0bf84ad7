"""Document keys frozen, or locked under a password that does not open them, while serving."""

import pytest

from ledger.chain import calls
from ledger.keys import PrivateKey
from ledger.keystore import KeyKind, lock
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.front import Front, front, is_outage
from tests.support.licences import AGENCY, AGENCY_KEY
from tests.support.office import CHEAP_WORK, PASSWORD, Office

KEY_ID = AGENCY_KEY.public_key.key_id


def check(place: Office, counter: Front) -> None:
    """Check what must hold in the end."""
    place.work()
    check_anchored_once(place, counter.digests())
    check_nonces(place)
    check_audit(place)


class TestFrozen:
    def test_issues_nothing_calls_nobody_a_forger_and_heals(self, issuing: Office) -> None:
        place, deployment = issuing, issuing.standing.deployment
        with front(place) as counter:
            document = counter.issue()["document"]
            place.work()
            waiting = counter.issue()["document"]
            place.standing.send(calls.freeze_key(deployment, AGENCY.id, KEY_ID))
            for _ in range(3):
                place.worker.run_once()  # lists cannot be signed; all else goes on
            key = counter.new_key()
            while (answer := counter.order(key)).status_code == 201:  # a permit lives for a moment
                key = counter.new_key()
            assert is_outage(answer)
            assert {counter.verdict(each) for each in (document, waiting)} == {"unconfirmed"}
            assert counter.client.get("/readyz").status_code == 200
            place.standing.send(calls.unfreeze_key(deployment, AGENCY.id, KEY_ID))
            place.work()
            while is_outage(answer := counter.order(key)):  # so does the look at the chain's head
                pass
            assert answer.status_code == 201
            assert {counter.verdict(each) for each in (document, waiting)} == {"valid"}
        check(place, counter)


class TestPassword:
    @pytest.mark.parametrize("text", ["", "{}", "another password"])
    def test_that_does_not_open_one_key_leaves_the_others(self, issuing: Office, text: str) -> None:
        """A file that cannot be opened is put beside the agency's key while it is in use."""
        place = issuing
        with front(place) as counter:
            counter.issue()
            other = place.settings.keys / "documents" / "0-comes-first.json"
            other.write_text(locked(text) if "password" in text else text)
            counter.issue()
            place.work()
            other.unlink()
            counter.issue()
        check(place, counter)

    def test_that_is_wrong_from_the_start_issues_nothing_until_it_is_right(
        self, issuing: Office
    ) -> None:
        place = issuing
        (path,) = (place.settings.keys / "documents").glob("*.json")
        right = path.read_text()
        path.write_text(locked("another password"))
        with front(place) as counter:
            key = counter.new_key()
            assert is_outage(counter.order(key))
            assert counter.client.get("/readyz").status_code == 200
            path.write_text(right)
            assert counter.order(key).status_code == 201
        check(place, counter)


def locked(password: str) -> str:
    """Return some key's file under a password."""
    assert password != PASSWORD
    secret = PrivateKey.from_secret((7).to_bytes(32)).secret.private_numbers().private_value
    return lock(secret.to_bytes(32), password, KeyKind.DOCUMENT, CHEAP_WORK)

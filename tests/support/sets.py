"""Change sets of an office, ordered and signed without HTTP."""

from collections.abc import Sequence

import orjson

from api.services.status import StatusRequest
from api.store.licences import LicenceRow
from api.store.selections import Selection
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.typed_data import cosign
from ledger.values import Role
from tests.support.licences import AGENCY
from tests.support.office import Office
from tests.support.standing import account
from wallet.commands.licence_status import read_request


def appoint(place: Office) -> Account:
    """Return the agency's second person."""
    approver = account(place.standing.anvil, 3)
    terms = (place.standing.deployment, AGENCY.id, Role.APPROVER, approver.address)
    place.standing.send(calls.grant_role(*terms))
    place.work()
    return approver


def propose(place: Office, rows: Sequence[LicenceRow], request: StatusRequest) -> bytes:
    """Preview an order over these licences; return the set."""
    wanted = Selection(digests=tuple(row.digest for row in rows))
    sets, by = place.parts.services().change_sets, place.standing.office.address
    made = sets.preview(AGENCY.id, wanted, request, by)
    assert made.size == len(rows)
    return made.row.id


def signatures_of(place: Office, id_: bytes, approver: Account) -> list[bytes]:
    """Return the second person's signature to each call of a set."""
    ledger, by = place.standing.deployment.ledger, place.standing.office.address
    signed = []
    for call in place.parts.services().change_sets.typed_data(id_, by):
        _, order, nonce, deadline = read_request(orjson.dumps(call))
        signed.append(cosign(ledger, order, nonce, deadline, approver.private_key).signature)
    return signed


def approve(place: Office, id_: bytes, approver: Account) -> None:
    """Have a set carried out with the second person's signatures."""
    sets, by = place.parts.services().change_sets, place.standing.office.address
    sets.approve(id_, approver.address, signatures_of(place, id_, approver), by)

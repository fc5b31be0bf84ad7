"""What is published of a tender: its releases, each through the gate, and the record of them."""

from collections.abc import Sequence
from typing import Final

from ledger.authority import Agency
from ledger.tenders.ocds.checks import require_publishable
from ledger.tenders.ocds.facts import OrganisationFacts
from ledger.tenders.ocds.packages import record, record_package, release_package
from ledger.tenders.ocds.parts import Json
from ledger.tenders.ocds.readings import organisation
from ledger.tenders.ocds.releases import Publication, release
from ledger.tenders.ocds.story import Told

UNREGISTERED: Final = "ocds-000000"
"""A prefix of the right form that Open Contracting gave to nobody: for trials."""


def releases(changes: Sequence[Told], publication: Publication) -> list[Json]:
    """Return a release for each change, oldest first.

    Raise `PublicationRefused` where one says what is not so, or what is not public yet.
    """
    found = []
    for change in changes:
        made = release(change.facts, publication)
        require_publishable(made, change.known)
        found.append(made)
    return found


def releases_of(changes: Sequence[Told], publication: Publication, uri: str) -> Json:
    """Return the package of all releases; raises as `releases`."""
    made = releases(changes, publication)
    return release_package(made, publication, uri=uri, at=changes[-1].facts.at)


def record_of(changes: Sequence[Told], publication: Publication, uri: str) -> Json:
    """Return the package of the tender's one record; raises as `releases`."""
    made = [record(releases(changes, publication))]
    return record_package(made, publication, uri=uri, at=changes[-1].facts.at)


def buyer_of(agency: Agency) -> OrganisationFacts:
    """Return the agency that tenders as an organisation."""
    return organisation(agency.code, agency.name)

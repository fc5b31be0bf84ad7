"""An office whose processes may be killed, over each kind of database."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ledger.chain.accounts import Account
from tests.support.anvil import anvil
from tests.support.front import accredit
from tests.support.kills import Nursery
from tests.support.node_proxy import NodeProxy, node_proxy
from tests.support.office import Office, office
from tests.support.sets import appoint


@pytest.fixture
def place(url: str, tmp_path: Path) -> Iterator[Office]:
    with anvil() as node, office(node, url, tmp_path) as made:
        yield made


@pytest.fixture
def nursery(place: Office) -> Nursery:
    return Nursery(place.settings)


@pytest.fixture
def approver(place: Office) -> Account:
    """The agency's second person."""
    return appoint(place)


@pytest.fixture
def is_thorough(url: str) -> bool:
    """Whether every point is passed: on SQLite; a part of them on PostgreSQL, to save time."""
    return url.startswith("sqlite")


@pytest.fixture
def issuing(place: Office) -> Office:
    """The office, its agency accredited for what is ordered."""
    accredit(place)
    return place


@pytest.fixture
def proxied(url: str, tmp_path: Path) -> Iterator[tuple[Office, NodeProxy]]:
    """An office that knows its node through a proxy alone."""
    with (
        anvil() as node,
        node_proxy(node.url) as proxy,
        office(replace(node, url=proxy.url), url, tmp_path) as made,
    ):
        accredit(made)
        yield made, proxy

"""A service that follows a town's chain, and the line over which wallets speak to it."""

from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.chain.follower import Follower
from ledger.chain.rpc import Node
from tests.support.databases import migrated_sqlite
from tests.support.service import BASE_URL, NO_LIMITS, World
from tests.support.tender_town import TenderTown


class Post:
    """The service at `url`; it takes in what the chain says before each answer."""

    url = BASE_URL

    def __init__(self, town: TenderTown, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.world = World(migrated_sqlite(folder), NO_LIMITS)
        self.world.clock.now = town.now
        self.world.another_store()  # as the policy wants
        self._node = Node([town.running.url], timeout_seconds=10)
        self._follower = Follower(self._node, town.deployment, self.world.projection)
        transport = httpx2.MockTransport(self._answer)
        plain = httpx2.Client

        def client(**given: Any) -> httpx2.Client:
            return plain(**{**given, "transport": transport})

        patch.setattr("wallet.service.httpx2.Client", client)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self._follower.catch_up()
        self.world.projection.seen(self.world.clock.now)
        found = self.world.client.request(
            request.method,
            request.url.raw_path.decode(),
            content=request.read(),
            headers={name: value for name, value in request.headers.items() if name != "host"},
        )
        return httpx2.Response(found.status_code, content=found.content)

    def close(self) -> None:
        self._node.close()
        self.world.database.close()

"""What a process of the service does once, done by importing this: lives forked after it need not.

The fork server imports it: routes, statements and interfaces are then at hand in every child.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from ledger.chain.abi import CONTRACTS, load_abi
from tests.support.databases import migrated_sqlite
from tests.support.service import world

for _name in CONTRACTS:
    load_abi(_name)
with TemporaryDirectory() as _folder, world(migrated_sqlite(Path(_folder))) as _world:
    _world.issue()

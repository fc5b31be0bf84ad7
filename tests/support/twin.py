"""A second node of one chain: it stands where the first stood, and from then on goes its own way.

Left alone it lags behind the first; let it mine, and it is on a fork.
"""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.chain.rpc import Node
from ledger.chain.wire import octets
from tests.support.anvil import Anvil, anvil


@contextmanager
def twin(node: Node, folder: Path, *options: str) -> Iterator[Anvil]:
    """Run a node with the blocks, receipts and state that `node` has now until the block ends.

    What is broadcast reaches it, too: only with `--no-mining` does it stand still.
    """
    state = folder / "twin.json"
    state.write_bytes(gzip.decompress(octets(node.call("anvil_dumpState"))))
    with anvil("--load-state", str(state), *options) as second:
        yield second

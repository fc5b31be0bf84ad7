"""The embedded chain's own clock, moved on instead of waited for."""

import time
from contextlib import closing
from typing import Final

from scripts.demo.stage import expect
from wallet.embedded import EmbeddedChain
from wallet.household import Household
from wallet.service import Service

_PATIENCE_SECONDS: Final = 60.0


def head_time(chain: EmbeddedChain) -> int:
    """Return when the last block was, in Unix seconds."""
    head = chain.ask("eth_getBlockByNumber", "latest", False)  # noqa: FBT003  # JSON-RPC
    return int(head["timestamp"], 16)


def head_number(chain: EmbeddedChain) -> int:
    """Return the number of the last block."""
    return int(str(chain.ask("eth_blockNumber")), 16)


def go(chain: EmbeddedChain, moment: int) -> None:
    """Mine a block at that time, in Unix seconds; at once where it is past."""
    chain.ask("evm_mine")  # its clock ran on since the last block
    chain.ask("evm_increaseTime", hex(max(moment - head_time(chain), 0)))
    chain.ask("evm_mine")


def until_known(household: Household, url: str) -> None:
    """Wait until the service has seen the present block."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    head = head_number(household.chain)
    with closing(Service(url)) as service:
        while service.get("/v1/agencies")["head"]["block"] < head:
            expect(time.monotonic() < deadline, "the service does not follow the chain")
            time.sleep(0.2)

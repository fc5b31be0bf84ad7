"""`make demo`: play the story, write var/demo/report.json, exit 0 only if every step came true."""

import os
import secrets
import shutil
import sys
import time
from pathlib import Path

from scripts.demo.recognition import AGO
from scripts.demo.stage import Stage
from scripts.demo.story import Story
from scripts.ports import free_ports
from scripts.steps import ROOT
from wallet.embedded import Clocks
from wallet.household import Household
from wallet.layout import Ports

HOME = ROOT / "var" / "demo"
HURRIED = {
    "SUIZHENG_REQUESTS_PER_ADDRESS": "0",
    "SUIZHENG_REQUESTS_PER_STRANGER": "0",
    "SUIZHENG_REQUESTS_PER_ACCOUNT": "0",
    "SUIZHENG_ALLOW_SEGMENT_SECONDS": "1",
    "SUIZHENG_GATE_BUNDLE_SECONDS": "1",
    "SUIZHENG_SCAN_BATCH_SECONDS": "1",
    "SUIZHENG_MAILBOX_SECONDS": "2",
}
"""A thousand travellers come from one address here, and nobody waits five minutes for a list."""


def household(home: Path) -> Household:
    """Return everything that one machine needs, its state below `home`."""
    clocks = Clocks(lambda: int(time.time()), time.monotonic, time.sleep)
    ports = Ports(*free_ports(2))
    house = Household(home, ports, clocks, secrets.token_bytes, os.environ | HURRIED, print)
    house.chain.begins_at = clocks.now() - AGO
    return house


def main() -> int:
    """Play the story on a stage of its own."""
    started = time.monotonic()
    shutil.rmtree(HOME, ignore_errors=True)
    vectors = os.environ.get("SUIZHENG_VECTORS")
    for name in [name for name in os.environ if name.startswith("SUIZHENG_")]:
        del os.environ[name]  # the story is told with its own settings
    stage = Stage(HOME / "report.json")
    house = household(HOME)
    os.environ["SUIZHENG_PASSWORD_FILE"] = str(house.layout.password)
    try:
        Story(house, HOME, None if vectors is None else Path(vectors)).play(stage)
    finally:
        house.stop()
        stage.write()
    verdict = "Every step came true" if stage.ok else "NOT every step came true"
    seconds = time.monotonic() - started
    print(f"\n{verdict}: {len(stage.steps)} steps in {seconds:.0f} s, {stage.report}")
    return 0 if stage.ok else 1


if __name__ == "__main__":
    sys.exit(main())

"""Run slither over the contracts; exit 1 when it finds anything.

Run as `python -m scripts.slither` after `make slither` has installed the tool in an environment of
its own. forge compiles into a folder of its own, so that the usual artefacts stay as they are.
slither.config.json leaves out dependencies, tests, and two detectors: `naming-convention` wants
immutables in mixedCase where forge's lint, and we, want UPPER_CASE; `unimplemented-functions` names
what a contract's abstract parts leave to one another, and the compiler makes no contract that lacks
a function. Other exceptions stand beside their line.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOL = ROOT / "var" / "slither" / "bin" / "slither"
FORGE = ROOT / "node_modules" / "@foundry-rs" / "forge-linux-amd64" / "bin"
OUT = "var/slither-out"


def main() -> int:
    """Return slither's own exit code, or 2 when it or forge is not installed."""
    for path in (TOOL, FORGE / "forge"):
        if not path.exists():
            print(f"{path.relative_to(ROOT)} is not installed: run make slither")
            return 2
    environment = {
        **os.environ,
        "PATH": f"{FORGE}{os.pathsep}{os.environ['PATH']}",
        "FOUNDRY_OUT": OUT,
        "FOUNDRY_CACHE_PATH": f"{OUT}/cache",
    }
    command = [str(TOOL), ".", "--config-file", "slither.config.json"]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())

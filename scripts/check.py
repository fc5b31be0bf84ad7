"""`make check`: what a machine can say about the code without running it, cheapest first."""

import sys

from scripts.steps import FORGE, Step, StepFailed, python, run, tool

STEPS = (
    Step("Python format", tool("ruff", "format", "--check", "--quiet", ".")),
    Step("Solidity format", [FORGE, "fmt", "--check"]),
    Step("Python lint", tool("ruff", "check", "--quiet", ".")),
    Step("Comments and locks", python("-m", "scripts.check_text")),
    Step("Layers", tool("lint-imports")),
    Step("Types", tool("mypy")),
    Step("Types of the pages", ["node_modules/.bin/tsc", "--noEmit", "--project", "web"]),
    Step("Contracts", [FORGE, "build", "--sizes"]),
    Step(
        "Solidity lint",
        ["node_modules/.bin/solhint", "--max-warnings", "0", "--noPoster", "contracts/**/*.sol"],
    ),
    Step("ABI is fresh", python("-m", "scripts.build", "--check")),
)


def main() -> int:
    """Run every step; 0 when all pass, 1 at the first that fails."""
    try:
        for step in STEPS:
            run(step)
    except StepFailed as failed:
        print(f"\nmake check: FAILED at {failed}", file=sys.stderr)
        return 1
    print("\nmake check: all passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

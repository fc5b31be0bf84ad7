"""Memory is that of a process and of all it started."""

import os
import subprocess
import sys

from scripts.bench.memory import tree, watched


class TestTree:
    def test_holds_children_of_children(self) -> None:
        inner = "import sys; print('here', flush=True); sys.stdin.read()"
        outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
        with subprocess.Popen(
            [sys.executable, "-c", outer], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"here\n"
            assert len(tree(process.pid)) == 2
            assert set(tree(process.pid)) < set(tree(os.getpid()))

    def test_of_one_that_is_gone_is_itself(self) -> None:
        assert tree(2**22 + 1) == [2**22 + 1]


class TestWatched:
    def test_looks_once_at_least(self) -> None:
        with watched(os.getpid()) as memory:
            pass
        assert memory.megabytes > 1

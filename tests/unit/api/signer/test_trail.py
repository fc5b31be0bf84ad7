import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from api.signer.trail import Entry, Trail, TrailUnavailable
from tests.support.signer import lines

ENTRY = Entry(1, "licence", "kid", "00", 1000, "signed")


class TestTrail:
    def test_adds_lines_and_keeps_old_ones(self, tmp_path: Path) -> None:
        path = tmp_path / "below" / "trail.jsonl"
        for _ in range(2):
            Trail(path).write([ENTRY])
        assert [line["outcome"] for line in lines(path)] == ["signed", "signed"]
        assert path.stat().st_mode & 0o777 == 0o600

    def test_ends_a_line_that_a_crash_cut(self, tmp_path: Path) -> None:
        path = tmp_path / "trail.jsonl"
        path.write_bytes(b'{"time":1,"purp')
        trail = Trail(path)
        trail.write([ENTRY])
        trail.write([ENTRY])
        cut, first, second = path.read_bytes().splitlines()
        assert cut == b'{"time":1,"purp'
        assert first == second

    def test_tells_what_was_signed_lately(self, tmp_path: Path) -> None:
        path = tmp_path / "trail.jsonl"
        trail = Trail(path)
        for time in (5, 6):
            for outcome in ("signed", "LimitReached:60"):
                trail.write([replace(ENTRY, time=time, outcome=outcome)])
        with path.open("ab") as file:
            file.write(b'{"time":7\n[]\n{}\n')
        assert list(trail.signed_since(6)) == [replace(ENTRY, time=6)]

    def test_loses_no_line_of_many_threads(self, tmp_path: Path) -> None:
        path = tmp_path / "trail.jsonl"
        trail = Trail(path)

        def write() -> None:
            for _ in range(20):
                trail.write([ENTRY])

        threads = [threading.Thread(target=write) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(lines(path)) == 160

    def test_says_so_where_it_cannot_be_opened(self, tmp_path: Path) -> None:
        with pytest.raises(TrailUnavailable):
            Trail(tmp_path)

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
    def test_says_so_where_the_disk_is_full(self) -> None:
        trail = Trail(Path(os.devnull).with_name("full"))
        with pytest.raises(TrailUnavailable):
            trail.write([ENTRY])

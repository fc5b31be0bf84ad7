"""The disk full, or failing at any write: no acknowledgement without the row, and it heals."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from tests.support.anvil import anvil
from tests.support.checks import check_anchored_once, check_audit, check_nonces
from tests.support.databases import migrated_sqlite
from tests.support.front import accredit, front, is_outage
from tests.support.office import Office, office

DISK_BYTES = 4 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB, of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0 or not mounted(folder):
        pytest.skip("only root, where it may, can mount a file system")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def on_small_disk(small_disk: Path, tmp_path: Path) -> Iterator[Office]:
    with anvil() as node, office(node, migrated_sqlite(small_disk), tmp_path) as made:
        accredit(made)
        yield made


class TestFull:
    def test_disk_acknowledges_nothing_that_it_does_not_hold(
        self, on_small_disk: Office, small_disk: Path
    ) -> None:
        place = on_small_disk
        with front(place) as counter:
            first = counter.issue()
            refused: list[Any] = []
            with filled(small_disk):
                while len(refused) < 3:  # what is free inside its files is used first
                    answer = counter.order()
                    if answer.status_code != 201:
                        refused.append(answer)
                assert all(is_outage(answer) for answer in refused)
                shown = counter.client.get(f"/v1/licences/{first['digest']}")
                assert shown.status_code == 200
                place.worker.run_once()
            assert counter.order().status_code == 201
            assert integrity(place) == "ok"
            assert licences_of(place) == len(counter.acknowledged)
        place.work()
        check_anchored_once(place, counter.digests())
        check_nonces(place)
        check_audit(place)


@contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Leave no byte free until the block ends."""
    path = folder / "filler"
    with path.open("wb", buffering=0) as file:
        size = 2**16
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2
    yield
    path.unlink()


def mounted(folder: Path) -> bool:
    command = ["/bin/mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def integrity(place: Office) -> str:
    with place.parts.database.read() as connection:
        return str(connection.execute(text("PRAGMA integrity_check")).scalar_one())


def licences_of(place: Office) -> int:
    with place.parts.database.read() as connection:
        return int(connection.execute(text("SELECT count(*) FROM licences")).scalar_one())

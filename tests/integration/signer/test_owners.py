"""The signer's keys are one owner's, whoever asks for signatures is another: the kernel between."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from api.signer.remote import RemoteKeys, SignerLine, SigningUnavailable
from ledger.licences.issuance import issue
from tests.support.licences import counted_bytes, draft, issuer
from tests.support.office import BASE_URL
from tests.support.signer import lines
from tests.support.signing import environment, socket_of, started, trail_of, wait_until_listening

SERVICE, STRANGER, GROUP, ANOTHER = 40_001, 40_002, 40_010, 40_011

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root may become somebody else")


@dataclass(frozen=True)
class Place:
    """The folder of the socket, for the group; the one of keys, password and book, for nobody."""

    door: Path
    private: Path

    def asked_by(self, uid: int, gid: int) -> tuple[str, list[str]]:
        """Return what a process of that owner is answered, and which private files it can read."""
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        files = [path for path in self.private.rglob("*") if path.is_file()]
        assert len(files) == 3
        arguments = (uid, gid, socket_of(self.door), message(), files, theirs)
        process = context.Process(target=_ask, args=arguments)
        process.start()
        theirs.close()
        answer, read = ours.recv()
        process.join()
        return answer, read


@pytest.fixture
def place() -> Iterator[Place]:
    """A signer that answers SERVICE, as SECURITY.md sets it up."""
    with TemporaryDirectory() as made:  # pytest's own folders let no other owner through
        top = Path(made)
        top.chmod(0o755)
        found = Place(top / "door", top / "private")
        found.private.mkdir(mode=0o700)
        found.door.mkdir()
        os.chown(found.door, -1, GROUP)
        found.door.chmod(0o2750)
        values = environment(
            found.private,
            SUIZHENG_SIGNER=f"unix:{socket_of(found.door)}",
            SUIZHENG_SIGNER_UIDS=str(SERVICE),
        )
        with started(values) as process:
            wait_until_listening(found.door, process)
            yield found


def message() -> bytes:
    """Return what is signed of a licence: its JWS signing input."""
    by = replace(issuer(), base_url=BASE_URL)
    document = issue(draft(issued_at=int(time.time())), by, counted_bytes()).document
    return document.partition("~")[0].rpartition(".")[0].encode()


def _ask(
    uid: int, gid: int, path: Path, wanted: bytes, files: list[Path], line: Connection
) -> None:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    try:
        (signer,) = RemoteKeys(SignerLine(path), lambda: 0.0).signers()
        answer = "signed" if signer.sign(wanted) else ""
    except SigningUnavailable as refused:
        answer = refused.reason
    line.send((answer, [each.name for each in files if os.access(each, os.R_OK)]))


class TestOwner:
    def test_on_the_list_has_documents_signed_and_reads_no_key(self, place: Place) -> None:
        assert place.asked_by(SERVICE, GROUP) == ("signed", [])
        (entry,) = lines(trail_of(place.private))
        assert (entry["outcome"], entry["uid"]) == ("signed", SERVICE)

    def test_of_the_group_alone_is_shown_out(self, place: Place) -> None:
        assert place.asked_by(STRANGER, GROUP) == ("the line was cut", [])
        assert lines(trail_of(place.private)) == []

    def test_on_the_list_alone_does_not_reach_the_socket(self, place: Place) -> None:
        assert place.asked_by(SERVICE, ANOTHER) == ("nobody listens there", [])

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.signer.remote import KEYS_SECONDS, RemoteKeys, SignerLine, SigningUnavailable
from api.signer.server import SignerServer, SocketRefused
from ledger.errors import Unavailable
from ledger.keys import Signer
from ledger.list_tokens import TOKEN_TYPE
from tests.support.licences import AGENCY_KEY, HOLDER_KEY
from tests.support.signer import BASE_URL, NOW, Ring, desk, licence_message, message


@dataclass
class Faulty(Ring):
    """A ring with a defect that can be switched on."""

    is_faulty: bool = False

    def signers(self) -> list[Signer]:
        if self.is_faulty:
            raise ZeroDivisionError
        return self.held


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ring() -> Faulty:
    return Faulty([AGENCY_KEY])


@pytest.fixture
def socket_path(tmp_path: Path, ring: Faulty) -> Iterator[Path]:
    """A signer that answers in this process."""
    path = tmp_path / "signer"
    at = desk(tmp_path / "trail", ring)
    with SignerServer(path, at, frozenset({os.getuid()})) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield path
        server.shutdown()
        thread.join()


@pytest.fixture
def keys(socket_path: Path) -> Iterator[tuple[RemoteKeys, Clock]]:
    clock = Clock()
    found = RemoteKeys(SignerLine(socket_path), clock)
    yield found, clock
    found.close()


class TestRemoteKeys:
    def test_asks_again_after_a_second_and_not_before(
        self, keys: tuple[RemoteKeys, Clock], ring: Faulty
    ) -> None:
        found, clock = keys
        assert [each.public_key for each in found.signers()] == [AGENCY_KEY.public_key]
        ring.held.append(HOLDER_KEY)
        clock.now = KEYS_SECONDS - 0.01
        assert len(found.signers()) == 1
        clock.now = KEYS_SECONDS
        assert len(found.signers()) == 2

    def test_signs_as_the_key_itself_does(self, keys: tuple[RemoteKeys, Clock]) -> None:
        (signer,) = keys[0].signers()
        signer.public_key.verify(licence_message(), signer.sign(licence_message()))

    @pytest.mark.parametrize("longest", [1, 2000, 10**6])
    def test_signs_many_in_their_order(
        self,
        keys: tuple[RemoteKeys, Clock],
        monkeypatch: pytest.MonkeyPatch,
        longest: int,
    ) -> None:
        monkeypatch.setattr("api.signer.remote.BATCH_BYTES", longest)
        monkeypatch.setattr("api.signer.remote.MAX_BATCH", 3)
        (signer,) = keys[0].signers()
        payload = {"sub": f"{BASE_URL}/status/1", "iat": NOW}
        messages = [message(TOKEN_TYPE, payload | {"exp": NOW + n}) for n in range(7)]
        for each, signature in zip(messages, signer.sign_all(messages), strict=True):
            signer.public_key.verify(each, signature)
        assert signer.sign_all([]) == []

    def test_tells_the_name_of_a_refusal(self, keys: tuple[RemoteKeys, Clock]) -> None:
        (signer,) = keys[0].signers()
        with pytest.raises(SigningUnavailable, match=r"PurposeRefused: .*part=form"):
            signer.sign_all([licence_message(), b"anything"])

    def test_a_defect_of_the_signer_is_no_answer(
        self, keys: tuple[RemoteKeys, Clock], ring: Faulty
    ) -> None:
        ring.is_faulty = True
        with pytest.raises(SigningUnavailable, match="cut"):
            keys[0].signers()
        ring.is_faulty = False
        assert len(keys[0].signers()) == 1

    def test_is_unavailable_where_nobody_listens(self, tmp_path: Path) -> None:
        for path in (tmp_path / "none", tmp_path / "no" / "folder", tmp_path):
            with pytest.raises(SigningUnavailable, match="nobody listens"):
                RemoteKeys(SignerLine(path), Clock()).signers()
        assert issubclass(SigningUnavailable, Unavailable)


class TestSignerServer:
    def test_leaves_a_file_that_is_in_the_way(self, tmp_path: Path) -> None:
        path = tmp_path / "signer"
        path.write_text("precious")
        with pytest.raises(SocketRefused):
            SignerServer(path, desk(tmp_path / "trail"), frozenset())
        assert path.read_text() == "precious"

    def test_listens_in_a_deep_folder(self, tmp_path: Path) -> None:
        folder = tmp_path.joinpath(*["deep" * 10] * 3)
        folder.mkdir(parents=True)
        SignerServer(folder / "signer", desk(tmp_path / "trail"), frozenset()).server_close()
        assert list(folder.iterdir()) == []

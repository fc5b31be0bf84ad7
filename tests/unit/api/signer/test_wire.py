import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.signer.wire import (
    MAX_BATCH,
    MAX_FRAME,
    Denied,
    FrameMalformed,
    SignRequest,
    denial,
    keys_answer,
    keys_request,
    parse_keys,
    parse_request,
    parse_signatures,
    receive_frame,
    send_frame,
    short_address,
    sign_request,
    signatures_answer,
)
from ledger.values import KeyId
from tests.support.licences import AGENCY_KEY, HOLDER_KEY


def one_signature(body: bytes) -> tuple[bytes, ...]:
    return parse_signatures(body, 1)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        one.settimeout(5)
        other.settimeout(5)
        yield one, other


class TestFrames:
    @pytest.mark.parametrize("body", [b"", b"K", b"x" * 50_000])
    def test_arrive_as_sent(self, ends: tuple[socket.socket, socket.socket], body: bytes) -> None:
        send_frame(ends[0], body)
        send_frame(ends[0], b"next")
        assert (receive_frame(ends[1]), receive_frame(ends[1])) == (body, b"next")

    def test_arrive_in_pieces(self, ends: tuple[socket.socket, socket.socket]) -> None:
        ends[0].sendall(b"\0\0")
        ends[0].sendall(b"\0\2a")
        ends[0].sendall(b"b")
        assert receive_frame(ends[1]) == b"ab"

    def test_end_with_the_line(self, ends: tuple[socket.socket, socket.socket]) -> None:
        ends[0].shutdown(socket.SHUT_WR)
        assert receive_frame(ends[1]) is None

    @pytest.mark.parametrize("start", [b"\0", b"\0\0\0\4", b"\0\0\0\4abc"])
    def test_cut_short_are_refused(
        self, ends: tuple[socket.socket, socket.socket], start: bytes
    ) -> None:
        ends[0].sendall(start)
        ends[0].shutdown(socket.SHUT_WR)
        with pytest.raises(FrameMalformed):
            receive_frame(ends[1])

    def test_too_long_are_refused_unread(self, ends: tuple[socket.socket, socket.socket]) -> None:
        ends[0].sendall((MAX_FRAME + 1).to_bytes(4))
        with pytest.raises(FrameMalformed):
            receive_frame(ends[1])


class TestWords:
    @given(
        st.binary(min_size=32, max_size=32),
        st.lists(st.binary(min_size=1), min_size=1).map(tuple),
    )
    def test_requests_are_read_as_written(self, key_id: bytes, messages: tuple[bytes, ...]) -> None:
        request = SignRequest(KeyId(key_id), messages)
        assert parse_request(sign_request(request)) == request
        assert parse_request(keys_request()) is None

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"X",
            b"K1",
            b"S",
            b"S" + bytes(31),
            b"S" + bytes(32),
            b"S" + bytes(32) + b"\0\0\0\0",
            b"S" + bytes(32) + b"\0\0\1",
            b"S" + bytes(32) + b"\0\0\0\2x",
            b"S" + bytes(32) + b"\0\0\0\1xy",
            b"s" + bytes(32) + b"\0\0\0\1x",
        ],
    )
    def test_other_requests_are_refused(self, body: bytes) -> None:
        with pytest.raises(FrameMalformed):
            parse_request(body)

    def test_a_request_has_a_bounded_number_of_messages(self) -> None:
        for count in (MAX_BATCH, MAX_BATCH + 1):
            body = sign_request(SignRequest(KeyId(bytes(32)), (b"x",) * count))
            if count > MAX_BATCH:
                with pytest.raises(FrameMalformed):
                    parse_request(body)
            else:
                found = parse_request(body)
                assert found is not None
                assert len(found.messages) == count

    def test_keys_are_read_as_written(self) -> None:
        keys = (AGENCY_KEY.public_key, HOLDER_KEY.public_key)
        assert parse_keys(keys_answer(keys)) == keys
        assert parse_keys(keys_answer(())) == ()

    def test_signatures_are_read_as_written(self) -> None:
        both = (bytes(64), b"x" * 64)
        assert parse_signatures(signatures_answer(both), 2) == both
        for count in (1, 3):
            with pytest.raises(FrameMalformed):
                parse_signatures(signatures_answer(both), count)

    @pytest.mark.parametrize(
        "body", [b"", b"X", b"K" + bytes(63), b"S" + bytes(63), b"S" + bytes(65)]
    )
    def test_other_answers_are_refused(self, body: bytes) -> None:
        for parse in (parse_keys, one_signature):
            with pytest.raises(FrameMalformed):
                parse(body)

    def test_a_no_carries_its_reason(self) -> None:
        for parse in (parse_keys, one_signature):
            with pytest.raises(Denied) as caught:
                parse(denial("不行"))
            assert caught.value.reason == "不行"


class TestShortAddress:
    def test_leads_to_a_deep_folder(self, tmp_path: Path) -> None:
        folder = tmp_path.joinpath(*["deep" * 10] * 3)
        folder.mkdir(parents=True)
        path = folder / "socket"
        with socket.socket(socket.AF_UNIX) as server, short_address(path) as address:
            server.bind(address)
        assert path.is_socket()

    def test_is_the_path_itself_where_that_fits(self) -> None:
        with short_address(Path("/run/signer")) as address:
            assert address == "/run/signer"

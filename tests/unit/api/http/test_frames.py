"""Messages of a line, whatever pieces they come in."""

from hypothesis import given
from hypothesis import strategies as st

from api.http.frames import Frames, framed

MESSAGES = st.lists(st.none() | st.binary() | st.tuples(st.integers(), st.text()), max_size=8)


class TestFrames:
    @given(messages=MESSAGES, size=st.integers(1, 40))
    def test_come_whole_and_in_order(self, messages: list[object], size: int) -> None:
        sent = b"".join(map(framed, messages))
        frames = Frames()
        pieces = [sent[at : at + size] for at in range(0, len(sent), size)]
        assert [found for piece in pieces for found in frames.feed(piece)] == messages

    def test_wait_for_their_last_byte(self) -> None:
        frames, sent = Frames(), framed("whole")
        assert list(frames.feed(sent[:-1])) == []
        assert list(frames.feed(sent[-1:])) == ["whole"]

    def test_are_kept_by_whoever_stops_reading(self) -> None:
        frames = Frames()
        assert next(frames.feed(framed(1) + framed(2))) == 1
        assert list(frames.feed(b"")) == [2]

"""How long each licence waited for its anchor."""

from scripts.bench.single import waits


def test_the_first_to_be_issued_is_the_first_anchored() -> None:
    anchors = [(10, 0.0), (12, 5.0), (14, 9.0)]
    assert waits([1.0, 2.0, 3.0, 4.0], 10, anchors) == [4.0, 3.0, 6.0, 5.0]

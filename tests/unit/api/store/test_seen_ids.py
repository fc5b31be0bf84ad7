from hypothesis import given
from hypothesis import strategies as st

from api.store.seen_ids import SeenIds


class TestRepeated:
    @given(st.lists(st.lists(st.text(max_size=2), max_size=6), max_size=4))
    def test_names_the_places_of_what_came_before(self, lots: list[list[str]]) -> None:
        before: set[str] = set()
        with SeenIds() as seen:
            for lot in lots:
                places = []
                for place, name in enumerate(lot):
                    if name in before:
                        places.append(place)
                    before.add(name)
                assert seen.repeated(lot) == places

    def test_tells_apart_what_differs_in_case_or_width_alone(self) -> None:
        with SeenIds() as seen:
            assert seen.repeated(["a", "A", "ａ", "\u00e9", "e\u0301", "a"]) == [5]

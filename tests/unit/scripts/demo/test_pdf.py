from ledger.tenders.collusion.documents import read
from scripts.demo.pdf import pdf


class TestPdf:
    def test_is_one_that_others_read(self) -> None:
        made = read(pdf("Plan", [f"line {n}" for n in range(61)]))
        assert made.unreadable is None
        assert {kind for kind, _ in made.makers} == {"producer"}

    def test_without_a_line_it_has_no_page(self) -> None:
        assert read(pdf("Plan", [])).text == ""

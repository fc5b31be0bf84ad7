"""Files dropped on the page, or chosen."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import Site
from tests.support.browser import Browser


def proof_of(site: Site, issued: dict[str, Any]) -> dict[str, Any]:
    proof: dict[str, Any] = site.world.client.get(f"/v1/proofs/{issued['digest']}").json()
    return proof


class TestDrop:
    def test_document_with_its_proof(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        proof = json.dumps(proof_of(site, issued))
        assert browser.open(f"{site.origin}/verify").verdict == "idle"
        files = [["a.proof.json", proof], ["a.sd-jwt", issued["document"] + "\n"]]
        seen = browser.then("drop", files=files)
        assert seen.verdict == "valid"
        assert "The key of the link" not in seen.text
        assert seen.complaints == ()

    def test_document_alone(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        browser.open(f"{site.origin}/verify")
        assert browser.then("drop", files=[["a.sd-jwt", issued["document"]]]).verdict == "valid"

    def test_proof_that_holds_the_document(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        whole = json.dumps({"document": issued["document"]} | proof_of(site, issued))
        browser.open(f"{site.origin}/verify")
        assert browser.then("drop", files=[["a.proof.json", whole]]).verdict == "valid"

    def test_wrong_proof_is_invalid(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        proof = proof_of(site, issued)
        proof["proof"] |= {"path": ["0x" + "00" * 32], "treeSize": 2}
        browser.open(f"{site.origin}/verify")
        files = [["a.sd-jwt", issued["document"]], ["a.proof.json", json.dumps(proof)]]
        seen = browser.then("drop", files=files)
        assert seen.verdict == "invalid"
        assert "The proof does not fit this document." in seen.status

    def test_forged_content_is_not_shown(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        header, payload, signature = issued["document"].split("~")[0].split(".")
        swapped = ("A" if signature[0] != "A" else "B") + signature[1:]
        forged = issued["document"].replace(signature, swapped)
        files = [["a.sd-jwt", forged], ["a.proof.json", json.dumps(proof_of(site, issued))]]
        browser.open(f"{site.origin}/verify")
        seen = browser.then("drop", files=files)
        assert seen.verdict == "invalid"
        assert header
        assert payload
        assert "示例市蓝鲸小吃店" not in seen.text
        assert "not confirmed" in browser.tell("evaluate", script="issuance.innerText")

    def test_markup_in_a_file_stays_text(self, site: Site, browser: Browser) -> None:
        browser.open(f"{site.origin}/verify")
        seen = browser.then("drop", files=[["a.sd-jwt", "<img src=x onerror=alert(1)>"]])
        assert seen.verdict == "invalid"
        assert seen.complaints == ()

    @pytest.mark.parametrize(
        ("files", "said"),
        [
            ([["a.json", "{"]], "neither a licence nor a proof file"),
            ([["a.json", "{}"]], "holds no licence"),
            ([["a.json", "{}"], ["a.sd-jwt", "x~"]], "neither a licence nor a proof file"),
            ([["a.sd-jwt", "x~"], ["b.sd-jwt", "y~"]], "one licence at a time"),
            ([["a.sd-jwt", "x" * (1 << 20)]], "neither a licence nor a proof file"),
        ],
    )
    def test_says_what_to_choose_instead(
        self, site: Site, browser: Browser, files: list[list[str]], said: str
    ) -> None:
        browser.open(f"{site.origin}/verify")
        seen = browser.then("drop", files=files)
        assert (seen.verdict, seen.heading) == ("unconfirmed", "Not checked")
        assert said in seen.status


class TestChoose:
    def test_files_from_the_disk(self, site: Site, browser: Browser, tmp_path: Path) -> None:
        issued = site.anchored()
        path = tmp_path / "a.sd-jwt"
        path.write_text(issued["document"])
        browser.open(f"{site.origin}/verify")
        assert browser.then("choose", paths=[str(path)]).verdict == "valid"

    def test_works_beside_a_link(self, site: Site, browser: Browser, tmp_path: Path) -> None:
        issued = site.anchored()
        path = tmp_path / "a.sd-jwt"
        path.write_text(issued["document"])
        browser.open(f"{site.origin}/v/AAAAAAAAAAAAAAAAAAAAAA#{'A' * 43}")
        assert browser.then("choose", paths=[str(path)]).verdict == "valid"

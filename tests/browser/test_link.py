"""What a phone shows for the link of a QR code, in a real browser against a real port."""

import re

import pytest

from ledger.values import Digest, Status
from tests.browser.conftest import Site
from tests.support.browser import Browser
from tests.support.licences import AGENCY

LANGUAGES = [
    ("zh-CN", "zh-Hans", "有效"),
    ("zh-SG", "zh-Hans", "有效"),
    ("zh-TW", "zh-Hant", "有效"),
    ("zh-Hant-MO", "zh-Hant", "有效"),
    ("en-GB", "en", "Valid"),
    ("pt-PT", "pt", "Válida"),
    ("fr-FR", "en", "Valid"),
]
SHAPES = (
    "[...document.querySelectorAll('.headline .outline')].map((each) => each.getAttribute('d'))"
)
BORDER = "getComputedStyle(document.getElementById('verdict')).borderTopStyle"


def digest_of(issued: dict[str, object]) -> Digest:
    return Digest(bytes.fromhex(str(issued["digest"])[2:]))


BROKEN_LABELS = r"""
[...document.querySelectorAll("dt, h2, h3")].flatMap((label) =>
  [...label.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).flatMap((node) =>
    [...node.data.matchAll(/\p{Script=Latin}+/gu)].filter(({ 0: word, index }) => {
      const range = document.createRange();
      range.setStart(node, index);
      range.setEnd(node, index + word.length);
      return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
    }).map(({ 0: word }) => word)))
"""
"""Words of labels that are on more lines than one."""
HASH_LINES = """
(() => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector("code"));
  return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size;
})()
"""
VALUE_STARTS = """
[...document.querySelectorAll("dl")].map((card) =>
  new Set([...card.querySelectorAll("dd")].map((value) =>
    Math.round(value.getBoundingClientRect().left))).size)
"""
"""How many columns the values of each card make."""


class TestValid:
    def test_shows_verdict_checks_issuer_and_anchor(self, site: Site, browser: Browser) -> None:
        seen = browser.open(site.link(site.anchored()))
        assert (seen.verdict, seen.heading) == ("valid", "Valid")
        assert seen.text.count("passed") == 7  # six checks, and the verdict's own sentence
        assert AGENCY.name in browser.tell("evaluate", script="issuance.innerText")
        assert "21 November 2026 at 10:00:01 (UTC+8)" in seen.text
        assert "示例市蓝鲸小吃店" in browser.tell("evaluate", script="licence.innerText")
        assert not re.search(r"\dT\d\d:", seen.text), "a moment was left as a machine writes it"

    def test_says_who_answered(self, site: Site, browser: Browser) -> None:
        link = site.link(site.anchored())
        site.world.clock.now += 40
        seen = browser.open(link)
        host = site.origin.removeprefix("http://")
        assert f"{host}, from its own copy of the ledger: block 3" in seen.text
        assert "confirmed 40 seconds ago (chain 31337)" in seen.text
        assert "suizheng verify" in seen.text

    def test_shows_only_what_the_holder_chose(self, site: Site, browser: Browser) -> None:
        seen = browser.open(site.link(site.anchored(), claims=["holder_name"]))
        assert "示例市蓝鲸小吃店" in seen.text
        assert "李样例" not in seen.text

    @pytest.mark.parametrize(("asked", "language", "heading"), LANGUAGES)
    def test_speaks_the_readers_language(
        self, site: Site, browser: Browser, asked: str, language: str, heading: str
    ) -> None:
        seen = browser.open(site.link(site.anchored()), asked)
        assert (seen.language, seen.heading) == (language, heading)
        assert seen.title.startswith(heading)

    def test_changes_language_without_asking_again(self, site: Site, browser: Browser) -> None:
        first = browser.open(site.link(site.anchored()), "en")
        headings = {first.heading}
        for language in ("zh-Hans", "zh-Hant", "pt", "en"):
            seen = browser.then("speak", language=language)
            assert seen.language == language
            assert seen.verdict == "valid"
            headings.add(seen.heading)
        assert headings == {"Valid", "有效", "Válida"}
        assert len(seen.requests) == len(first.requests)

    @pytest.mark.parametrize("language", ["zh-CN", "zh-HK", "en", "pt"])
    def test_fits_a_narrow_phone(self, site: Site, browser: Browser, language: str) -> None:
        assert browser.open(site.link(site.anchored()), language, width=320).width == 320

    @pytest.mark.parametrize("language", ["zh-CN", "zh-HK", "en", "pt"])
    @pytest.mark.parametrize("width", [320, 360, 390])
    def test_breaks_labels_between_words_and_hashes_anywhere(
        self, site: Site, browser: Browser, language: str, width: int
    ) -> None:
        seen = browser.open(site.link(site.anchored()), language, width=width)
        assert seen.width == width
        assert browser.tell("evaluate", script=BROKEN_LABELS) == []
        assert browser.tell("evaluate", script=HASH_LINES) > 1
        starts = browser.tell("evaluate", script=VALUE_STARTS)
        assert max(starts) == 1, "the values of a card stand in one column"

    def test_is_announced_and_reached_by_keyboard(self, site: Site, browser: Browser) -> None:
        browser.open(site.link(site.anchored()))
        script = "[verdict.getAttribute('role'), document.querySelectorAll('h1').length]"
        assert browser.tell("evaluate", script=script) == ["status", 1]
        focused = []
        for _ in range(2):
            browser.tell("press", keys=["Tab"])
            focused.append(browser.tell("evaluate", script="document.activeElement.id"))
        assert focused == ["language", "files"]

    def test_prints_the_report_without_controls(self, site: Site, browser: Browser) -> None:
        seen = browser.open(site.link(site.anchored()), media="print")
        assert "Valid" in seen.text
        assert "Choose files" not in seen.text


class TestNotValid:
    @pytest.mark.parametrize(
        ("status", "reason", "kind", "said"),
        [
            (Status.REVOKED, 331, "Cancelled", "(UTC+8): on request"),
            (Status.REVOKED, 320, "Revoked as a penalty", "Revoked as a penalty on"),
            (Status.REVOKED, 340, "Withdrawn", "Withdrawn on"),
            (Status.SUSPENDED, 102, "Suspended", "Under investigation"),
        ],
    )
    def test_names_kind_date_and_reason(
        self, site: Site, browser: Browser, status: Status, reason: int, kind: str, said: str
    ) -> None:
        issued = site.anchored()
        site.world.clock.now += 3600
        site.world.change(digest_of(issued), status, reason, site.world.clock.now)
        seen = browser.open(site.link(issued))
        assert (seen.verdict, seen.heading) == ("invalid", "Not valid")
        standing = browser.tell("evaluate", script="standing.innerText")
        assert kind in standing
        assert "21 November 2026 at 11:00:01" in standing
        assert said in seen.status

    def test_annulled_was_never_valid(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        site.world.change(digest_of(issued), Status.REVOKED, 311, 0)
        seen = browser.open(site.link(issued), "zh-CN")
        assert seen.heading == "无效"
        assert "以欺骗、贿赂等不正当手段取得" in seen.status
        assert "自始无效" in browser.tell("evaluate", script="standing.innerText")


class TestUnconfirmed:
    def test_offers_a_retry_that_asks_a_node(self, site: Site, browser: Browser) -> None:
        link = site.link(site.anchored())
        site.world.clock.now += 61
        seen = browser.open(link)
        assert (seen.verdict, seen.heading) == ("unconfirmed", "Cannot be confirmed")
        assert "no sign of a forgery" in seen.status
        assert site.world.live.asked == []
        site.world.projection.seen(site.world.clock.now)
        assert browser.then("click", selector="#retry").verdict == "valid"
        assert site.world.live.asked == [(site.world.clock.now, False)]

    def test_not_anchored_yet(self, site: Site, browser: Browser) -> None:
        seen = browser.open(site.link(site.world.issue()))
        assert seen.verdict == "unconfirmed"
        assert "not confirmed" in browser.tell("evaluate", script="issuance.innerText")

    def test_dead_node_stays_unconfirmed(self, site: Site, browser: Browser) -> None:
        link = site.link(site.anchored())
        site.world.clock.now += 61
        browser.open(link)
        site.world.live.is_up = False
        seen = browser.then("click", selector="#retry")
        assert seen.verdict == "unconfirmed"
        assert "It could not read the ledger" in seen.text

    def test_looks_unlike_the_other_verdicts(self, site: Site, browser: Browser) -> None:
        issued = site.anchored()
        link = site.link(issued)
        looks = {}
        for verdict in ("valid", "unconfirmed", "invalid"):
            assert browser.open(link).verdict == verdict
            shape = browser.tell("evaluate", script=SHAPES)
            assert len(shape) == 1
            looks[verdict] = (shape[0], browser.tell("evaluate", script=BORDER))
            if verdict == "valid":
                site.world.clock.now += 61
            else:
                site.world.change(digest_of(issued), Status.REVOKED, 331, 1)
        shapes, borders = zip(*looks.values(), strict=True)
        assert len(set(shapes)) == len(set(borders)) == 3


class TestNoReport:
    def test_wrong_key_says_nothing_about_the_licence(self, site: Site, browser: Browser) -> None:
        url, _, key = site.link(site.anchored()).partition("#")
        other = ("A" if key[0] != "A" else "B") + key[1:]
        seen = browser.open(f"{url}#{other}")
        assert (seen.verdict, seen.heading) == ("unconfirmed", "Not checked")
        assert "does not open the copy" in seen.status
        assert "nothing about the licence itself" in seen.status
        assert [each["method"] for each in seen.requests if each["method"] != "GET"] == []

    @pytest.mark.parametrize("fragment", ["", "#", "#AAAA", "#!"])
    def test_cut_link_asks_nobody(self, site: Site, browser: Browser, fragment: str) -> None:
        url = site.link(site.anchored()).partition("#")[0]
        seen = browser.open(url + fragment)
        assert "incomplete" in seen.status
        pages = [each for each in seen.requests if "/assets/" not in each["url"]]
        assert len(pages) == 1

    def test_unknown_link(self, site: Site, browser: Browser) -> None:
        key = site.link(site.anchored()).partition("#")[2]
        seen = browser.open(f"{site.origin}/v/AAAAAAAAAAAAAAAAAAAAAA#{key}")
        assert (seen.verdict, seen.heading) == ("unconfirmed", "Not checked")
        assert "expired or was withdrawn" in seen.status

    def test_a_new_key_in_the_address_is_tried(self, site: Site, browser: Browser) -> None:
        url, _, key = site.link(site.anchored()).partition("#")
        assert "incomplete" in browser.open(url).status
        browser.tell("evaluate", script=f"void (location.hash = '{key}')")
        seen = browser.then("await", verdict="valid")
        assert seen.heading == "Valid"


class TestSecrecy:
    def test_the_key_is_in_no_request(self, site: Site, browser: Browser) -> None:
        link = site.link(site.anchored())
        key = link.partition("#")[2]
        site.world.clock.now += 61
        browser.open(link)
        seen = browser.then("click", selector="#retry")
        assert len(seen.requests) > 5
        for request in seen.requests:
            assert key not in repr(request)
            assert not request["headers"].get("referer")
        assert any("eyJ" in request["body"] for request in seen.requests), "bodies are seen at all"

    def test_nobody_else_is_asked_and_nothing_kept(self, site: Site, browser: Browser) -> None:
        seen = browser.open(site.link(site.anchored()))
        assert {each["url"].startswith(site.origin + "/") for each in seen.requests} == {True}
        kept = "[document.cookie, localStorage.length, sessionStorage.length]"
        assert browser.tell("evaluate", script=kept) == ["", 0, 0]

    def test_keeps_to_its_policy(self, site: Site, browser: Browser) -> None:
        assert browser.open(site.link(site.anchored())).complaints == ()

    @pytest.mark.parametrize(
        "attack",
        [
            "document.head.append(document.createElement('style'))",
            "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.2:9/x.png'}))",
            "fetch('http://127.0.0.2:9/').catch(() => 0)",
            "try { document.body.innerHTML = '<p>x'; } catch {}",
            "document.body.setAttribute('style', 'color: red')",
        ],
    )
    def test_the_policy_stops_what_it_names(
        self, site: Site, browser: Browser, attack: str
    ) -> None:
        browser.open(site.link(site.anchored()))
        script = f"""new Promise((done) => {{
            addEventListener("securitypolicyviolation", (event) => done(event.disposition));
            setTimeout(() => done("nothing"), 3000);
            {attack};
        }})"""
        assert browser.tell("evaluate", script=script) == "enforce"

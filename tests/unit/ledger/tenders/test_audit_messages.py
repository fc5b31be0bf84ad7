"""Every code of an audit has its sentence in four languages, and no sentence is of nothing."""

import re
from pathlib import Path

from ledger.licences.catalogue import LANGUAGES
from ledger.tenders.audit.messages import texts_in
from ledger.tenders.audit.report import NAMES

SOURCE = Path("ledger/tenders/audit")


def codes() -> set[str]:
    found = {"skipped.earlier-check"}
    for path in SOURCE.glob("*.py"):
        text = path.read_text()
        for name in re.findall(r'judged\(\s*"(\w+)"', text):
            found |= {f"{name}.ok", f"{name}.differs"}
        found |= {
            f"{name}.{why}" for name, why in re.findall(r'skipped\("(\w+)", "([\w-]+)"', text)
        }
    return found


def test_every_code_is_said_in_every_language() -> None:
    assert len(codes()) > 2 * len(NAMES)
    first = texts_in("en")["sentences"]
    for language in LANGUAGES:
        said = texts_in(language)
        assert codes() <= set(said["sentences"])
        assert set(said["sentences"]) == set(first)
        assert list(said["steps"]) == list(NAMES)
        assert said["skipped"].strip()
        assert said["fewCopies"].strip()
        assert all(text.strip() for text in said["sentences"].values())
    assert {each for each in set(first) - codes() if not each.endswith(".unconfirmed")} == set()

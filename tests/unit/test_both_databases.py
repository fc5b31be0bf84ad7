"""Whatever keeps a database in an integration test runs on both kinds, or is named here.

The fixtures `url`, `empty_url` and `module_url` give each kind; whoever makes an SQLite file
instead has a reason.
"""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
FOLDERS = ("integration", "support")
MADE = re.compile(r"\b(?:migrated_sqlite|sqlite_url)\(|sqlite:///\{")
SQLITE_ALONE = {
    "integration/conftest.py": "makes both kinds",
    "integration/faults/test_disk.py": "fills the disk that holds the file",
    "integration/faults/test_durability.py": "lets each system call on the file fail",
    "integration/faults/test_handles.py": "bounds open files, and the size of the file",
    "integration/faults/test_restored.py": "puts an older copy of the file back",
    "integration/service/test_commands.py": "a command's refusal of a file never migrated",
    "integration/store/test_database.py": "what SQLite alone does with its file",
    "integration/store/test_outbox.py": "the fake's twin; PostgreSQL is asked for by name",
    "support/back_end.py": "several households, as `suizheng up` makes them",
    "support/databases.py": "makes both kinds",
    "support/tender_post.py": "a service that a wallet of tenders speaks to",
    "support/tender_service.py": "a service that a wallet of tenders speaks to",
    "support/warm.py": "asked for nothing; imports what children need",
}


def test_runs_on_both_or_says_why_not() -> None:
    found = {
        path.relative_to(TESTS).as_posix()
        for folder in FOLDERS
        for path in (TESTS / folder).rglob("*.py")
        if MADE.search(path.read_text())
    }
    assert found == SQLITE_ALONE.keys()

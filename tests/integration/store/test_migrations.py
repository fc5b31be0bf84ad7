"""Every revision, up and down, with a row in every table; new ones are tried of themselves."""

from collections.abc import Sequence

import pytest
from alembic.script import ScriptDirectory

from api.store.batches import BatchStore, Sealed
from api.store.database import MIGRATIONS, Database, head_revision, migrate
from api.store.licences import LicenceStore
from api.store.tables import metadata
from ledger.merkle import Tree
from ledger.values import Digest, RecordKind
from tests.support.issued import OFFICE, intent, row
from tests.support.schema import assert_kept, differences, fill, rows

REVISIONS = [
    script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions("base", "head")
]
"""From head to the first."""


def test_the_files_are_numbered_as_alembic_orders_them() -> None:
    assert head_revision() == REVISIONS[0]


def test_what_is_kept_of_a_tree_is_made_of_older_batches_too(url: str) -> None:
    migrate(url)
    database = Database.open(url)
    LicenceStore(database).add([row(number) for number in range(40)])
    store = BatchStore(database)
    batch = store.close(OFFICE, RecordKind.LICENCE, 40, 1, sealed)
    assert batch is not None
    kept = store.crown(batch.id)
    migrate(url, "0036")
    migrate(url)
    assert store.crown(batch.id) == kept
    assert len(kept.nodes) == (3 + 2) * 32
    database.close()


def sealed(digests: Sequence[Digest]) -> Sealed:
    return Sealed.of(Tree.of(digests), intent(1))


@pytest.mark.parametrize("revision", [*REVISIONS[1:], "base"])
class TestRevision:
    def test_is_gone_back_to_and_left_again_with_rows_in_every_table(
        self, url: str, revision: str
    ) -> None:
        filled = fill(url)
        assert set(filled) == {table.name for table in metadata.sorted_tables}
        migrate(url, revision)
        assert_kept(filled, rows(url))
        older = rows(url)
        if revision != "base":
            assert older
        migrate(url)
        assert_kept(older, rows(url))
        assert differences(url) == []

    def test_takes_rows_and_brings_them_to_head(self, url: str, revision: str) -> None:
        migrate(url, revision)
        filled = fill(url)
        migrate(url)
        assert_kept(filled, rows(url))
        assert differences(url) == []

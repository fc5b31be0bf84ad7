"""What the operator of a mailbox has before submitEnd: all rows, files, log lines and requests.

Three bids for one tender, and one for each of three tenders, leave the same behind.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson
import pytest

from ledger import jws
from tests.support.bid_desk import DESCRIPTION, FILES, Desk
from tests.support.eavesdropper import Heard
from tests.support.mailbox_town import MailboxTown, bidder, mailbox_town, submitted
from tests.support.tender_service import TenderService
from tests.support.tender_town import Sale
from wallet.home import write_file
from wallet.tenders.bids import StoreKey
from wallet.tenders.mailboxes import Letterbox

OF_BIDS: Final = frozenset({"bid_uploads", "mailbox_messages", "sessions"})
"""Tables that grow with what bidders send; all others follow the minutes, or nothing."""
Shape = tuple[object, ...]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailboxTown]:
    with mailbox_town(tmp_path_factory.mktemp("secrecy")) as made:
        yield made


@dataclass
class Left:
    """What an act left behind at the service."""

    rows: dict[str, list[dict[str, Any]]]
    files: list[str]
    log: list[str]
    heard: list[Heard]

    @property
    def octets(self) -> bytes:
        """All of it, but for what lies in the files: nobody can read it."""
        kept = repr(self.rows).encode() + "\n".join([*self.files, *self.log]).encode()
        raw = b"".join(
            value
            for rows in self.rows.values()
            for row in rows
            for value in row.values()
            if isinstance(value, bytes)
        )
        return kept + raw + b"\n".join(each.text for each in self.heard)

    def shapes(self, table: str) -> Counter[Shape]:
        return Counter(_shape(row) for row in self.rows.get(table, []))

    @property
    def requests(self) -> Counter[bytes]:
        """Which routes were asked, by what bids alone cause: waiting asks as often as it lasts."""
        asked = [each.head.partition(b"?")[0] for each in self.heard]
        return Counter(_template(each) for each in asked if not each.startswith(b"GET"))


def left_by(service: TenderService, act: Callable[[], object]) -> Left:
    before, heard, logged = _rows(service), len(service.app.heard), len(service.log.lines)
    files = _files(service)
    act()
    rows = {
        table: [row for row in rows if row not in before[table]]
        for table, rows in _rows(service).items()
    }
    return Left(
        rows={table: found for table, found in rows.items() if found},
        files=sorted(_files(service) - files),
        log=service.log.lines[logged:],
        heard=service.app.heard[heard:],
    )


def _rows(service: TenderService) -> dict[str, list[dict[str, Any]]]:
    with service.parts.database.engine.connect() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        return {
            name: [
                dict(row._mapping)  # noqa: SLF001  # SQLAlchemy's documented way
                for row in connection.exec_driver_sql(f'SELECT * FROM "{name}"')  # noqa: S608  # its own names
            ]
            for name in tables.scalars()
        }


def _files(service: TenderService) -> set[str]:
    folder = service.database.parent / "blobs"
    return {path.name for path in folder.rglob("*") if path.is_file()}


def _shape(row: dict[str, Any]) -> Shape:
    """What a row says beside its own random numbers, its place and its time."""
    return tuple(sorted((name, _kind(name, value)) for name, value in row.items()))


def _kind(name: str, value: Any) -> object:
    if name in ("agency", "chunk_bytes", "state", "kind", "size_class"):
        return value
    if name == "size":
        return f"{value >> 20} MiB"
    if isinstance(value, str) and value.count(".") == 2:
        return _told(jws.parse(value, "bid-receipt+jwt").payload)
    if isinstance(value, bytes | str):
        return f"{type(value).__name__} {len(value)}"
    return type(value).__name__


def _told(said: dict[str, Any]) -> str:
    """The members of a receipt; of files their number alone."""
    return f"{sorted(said)} {len(said['files'])} {said['state']} {said['iss']}"


def _template(head: bytes) -> bytes:
    return b"/".join(
        b"*" if each.startswith(b"0x") or each.isdigit() else each for each in head.split(b"/")
    )


def secrets_of(desk: Desk, sale: Sale) -> dict[str, bytes]:
    """What would tell the operator which bid it is, or for which tender."""
    kept = desk.store.find(sale.id, 0)
    signed = kept.newest()
    message = signed.message
    key = desk.terminal.outside.keyring.account(kept.key_name, "correct horse")
    posted = Letterbox(kept).posted(message.version)
    assert posted is not None
    found = {
        "tender": message.tender,
        "docs": message.docs,
        "bidder": bytes.fromhex(message.bidder[2:]),
        "digest": signed.digest,
        "identity": message.identity,
        "blind": posted.blind,
        "signature": signed.signature,
        "shares": signed.shares,
    }
    for number, held in enumerate(kept.secrets(message.version, StoreKey.of(key.private_key)), 1):
        part = message.parts[number - 1]
        found |= {f"s_b {number}": held.s_b, f"s_c {number}": held.s_c, f"c_b {number}": part.c_b}
    return found


def with_prices_apart(desk: Desk) -> Desk:
    """The bidder's folder for a tender with two envelopes."""
    described = orjson.loads((desk.folder / "bid.json").read_bytes())
    desk.describe(described | {"parts": DESCRIPTION["parts"] * 2})
    for path, octets in FILES.items():
        write_file(desk.folder / path.replace("part-1", "part-2"), octets)
    return desk


def bids(town: MailboxTown, *given: tuple[Sale, str]) -> tuple[Left, list[Desk]]:
    desks = [bidder(sale, town, name) for sale, name in given]
    left = left_by(town.place, lambda: [submitted(desk, town) for desk in desks])
    return left, desks


class TestOperator:
    def test_cannot_tell_how_many_bid_for_which_tender(self, town: MailboxTown) -> None:
        sales = [town.sell(name) for name in ("first", "second", "third")]
        one, alone = bids(town, (sales[0], "甲"))
        same, together = bids(town, *((sales[0], name) for name in "乙丙丁"))
        apart, scattered = bids(town, *((sale, "戊") for sale in sales))
        assert set(one.rows) == set(same.rows) == set(apart.rows)
        for table in one.rows.keys() & OF_BIDS:
            assert same.shapes(table) == apart.shapes(table), table
            assert {each: 3 * n for each, n in one.shapes(table).items()} == same.shapes(table)
        for table in one.rows.keys() - OF_BIDS - {"heads", "headers"}:
            assert set(same.shapes(table)) == set(apart.shapes(table)), table
        assert same.requests == apart.requests
        assert len(same.files) == len(apart.files) == 3 * len(one.files) == 3
        for left, desks, of in (
            (one, alone, sales[:1]),
            (same, together, sales[:1] * 3),
            (apart, scattered, sales),
        ):
            self._says_nothing_of(left, desks, of)

    def _says_nothing_of(self, left: Left, desks: list[Desk], sales: list[Sale]) -> None:
        held = left.octets.lower()
        for desk, sale in zip(desks, sales, strict=True):
            for name, secret in secrets_of(desk, sale).items():
                for spelt in (secret, secret.hex().encode(), repr(secret)[2:-1].encode()):
                    assert spelt.lower() not in held, name

    def test_cannot_tell_that_two_files_are_one_bids(self, town: MailboxTown) -> None:
        double = town.sell("two envelopes", parts=2)
        single = town.sell("one envelope")
        desk = with_prices_apart(bidder(double, town, "甲"))
        both = left_by(town.place, lambda: submitted(desk, town))
        each, _ = bids(town, (single, "甲"), (single, "乙"))
        uploads = both.rows["bid_uploads"]
        assert len(uploads) == 2
        assert both.shapes("bid_uploads") == each.shapes("bid_uploads")
        assert all(row["tender"] is row["lot"] is row["part"] is None for row in uploads)
        for column in ("id", "owner", "digest"):
            assert len({row[column] for row in uploads}) == 2
        assert len({row["address"] for row in both.rows["sessions"]}) == 2
        self._has_lines_of_their_own(both)
        self._says_nothing_of(both, [desk], [double])

    def _has_lines_of_their_own(self, left: Left) -> None:
        """No connection carries two keys, and none that carries a file carries the message too."""
        owners = [row["owner"].lower().encode() for row in left.rows["bid_uploads"]]
        tokens: dict[int, set[bytes]] = {}
        for each in left.heard:
            said = {owner for owner in owners if owner in each.text.lower()}
            said |= {b"message"} if b"/v1/mailbox/messages" in each.head else set()
            said |= {line for line in each.head.split(b"\n") if line.startswith(b"authorization")}
            tokens.setdefault(each.line, set()).update(said)
        assert tokens
        assert all(len(said) <= 1 for said in tokens.values())


class TestBidder:
    def test_keeps_the_receipt_for_each_file(self, town: MailboxTown) -> None:
        sale = town.sell("receipted")
        desk = bidder(sale, town, "甲")
        submitted(desk, town)
        kept = desk.store.find(sale.id, 0)
        token = kept.said(1, "file-1-receipt")
        assert token is not None
        (file,) = jws.parse(token, "bid-receipt+jwt").payload["files"]
        assert file["sha256"].endswith(kept.newest().message.parts[0].file.hex())
        assert not any(desk.terminal.outside.sessions._load())  # noqa: SLF001  # nothing is left of the keys

"""Service, agency, every trustee and the chain put all they have together, and cannot read a bid.

What the bidder alone has is s_b. With it the same file opens, so that nothing here fails to open
for another reason.
"""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ledger.age import SealedForAnother
from ledger.age_stream import opened
from ledger.chain import calls
from ledger.chain.accounts import Account
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.tenders import envelopes
from ledger.tenders.events import Phase
from ledger.tenders.file_keys import file_key
from ledger.tenders.ids import Context
from ledger.tenders.sealing import PartSecrets
from ledger.tenders.shares import join
from ledger.tenders.signed_bids import SignedBid
from ledger.values import Role
from tests.support.anvil import anvil
from tests.support.award_office import bidders, disclose, release
from tests.support.bid_desk import Desk
from tests.support.mailbox_town import MailboxTown
from tests.support.standing import account
from tests.support.tender_service import OPERATOR, relaying
from tests.support.tender_town import Sale, sent
from tests.support.watcher import Patient
from wallet.tenders.bids import BidPlace, StoreKey

LOTS = [{"lot": lot, "title": f"{lot + 1}"} for lot in range(2)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailboxTown]:
    with anvil() as running, closing(Node([running.url], timeout_seconds=10)) as node:
        council = account(running, 0)
        deployment = deploy(node, council.private_key, council.address)
        made = MailboxTown(tmp_path_factory.mktemp("coalition"), running, deployment, council)
        operator = Account(OPERATOR).address
        made.send(calls.grant_role(deployment, made.agency, Role.ISSUER, operator))
        with relaying(made, made.folder / "service") as made.place:
            yield made


@dataclass(frozen=True)
class Sealed:
    """A bid as its bidder keeps it; the secrets are what the others lack."""

    kept: BidPlace
    signed: SignedBid
    secrets: list[PartSecrets]

    @classmethod
    def of(cls, desk: Desk, sale: Sale, lot: int = 0) -> "Sealed":
        kept = desk.store.find(sale.id, lot)
        key = desk.terminal.outside.keyring.account(kept.key_name, "correct horse")
        signed = kept.newest()
        secrets = kept.secrets(signed.message.version, StoreKey.of(key.private_key))
        return cls(kept, signed, secrets)

    def context(self, part: int) -> Context:
        message = self.signed.message
        return message.place(self.signed.ledger).context(part, message.version)

    def file(self, part: int) -> Path:
        return self.kept.part_file(self.signed.message.version, part)


@dataclass(frozen=True)
class Coalition:
    """Everybody but the bidders: the service, the chain, and the trustees of `sale`."""

    town: MailboxTown
    sale: Sale

    def held(self) -> bytes:
        """All files of the service, all that it logged, and all that was ever sent to the chain."""
        place = self.town.place
        files = (each for each in place.database.parent.rglob("*") if each.is_file())
        return b"\n".join(
            [*(each.read_bytes() for each in files), *_sent(self.town), *_lines(place.log.lines)]
        )

    def trustee(self, index: int, part: int) -> bytes:
        wallet = self.sale.trustees[index - 1]
        (name,) = (
            each["name"]
            for each in wallet.json("trustee", "status")
            if each["part"] == part and each["tender"] == "0x" + self.sale.known.tender.hex()
        )
        return wallet.outside.keyring.account(name, "correct horse").private_key

    def s_c(self, bid: Sealed, part: int) -> bytes:
        """What any two trustees find together."""
        sealed = envelopes.cut(bid.signed.envelopes_of(part, 3), 3, part)
        context = bid.context(part)
        shares = {
            index: envelopes.open_(sealed[index - 1], self.trustee(index, part), context, index)
            for index in (1, 2, 3)
        }
        found = join({index: shares[index] for index in (1, 2)})
        assert found == join({index: shares[index] for index in (2, 3)})
        return found

    def cannot_read(self, bid: Sealed, part: int = 1, *also: bytes) -> None:
        """They have s_b in no spelling, nor is it anything that was told or could be guessed."""
        secrets, held = bid.secrets[part - 1], self.held()
        for each in _spelt(secrets.s_b):
            assert each not in held
        s_c, context = self.s_c(bid, part), bid.context(part)
        assert s_c == secrets.s_c
        for guess in (*also, *_guesses(bid, part, s_c)):
            assert guess != secrets.s_b
            assert not opens(bid.file(part), file_key(guess, s_c, context))
        assert opens(bid.file(part), file_key(secrets.s_b, s_c, context))


def opens(path: Path, identity: bytes) -> bool:
    with path.open("rb") as file:
        try:
            return sum(map(len, opened(file, identity))) > 0
        except SealedForAnother:
            return False


def _spelt(secret: bytes) -> tuple[bytes, ...]:
    plain = urlsafe_b64encode(secret).rstrip(b"=")
    return (secret, secret.hex().encode(), secret.hex().upper().encode(), plain)


def _guesses(bid: Sealed, part: int, s_c: bytes) -> list[bytes]:
    message = bid.signed.message
    own = message.parts[part - 1]
    return [bytes(32), s_c, own.c_b, own.c_c, own.file, own.shares, own.manifest, message.identity,
            bid.signed.digest]  # fmt: skip


def _lines(lines: list[str]) -> list[bytes]:
    return [each.encode() for each in lines]


def _sent(town: MailboxTown) -> Iterator[bytes]:
    """What every transaction of the chain carried, and the secrets that it says."""
    with town.node() as node:
        head = int(str(node.call("eth_blockNumber")), 16)
        asked = [("eth_getBlockByNumber", [hex(number), True]) for number in range(head + 1)]
        for block in node.batch(asked):
            yield from (bytes.fromhex(each["input"][2:]) for each in block["transactions"])


class TestBeforeListEnd:
    def test_a_bid_that_the_service_sent(self, town: MailboxTown) -> None:
        sale = town.publish("plain")
        town.place.work()
        desk = sale.bidder("plain")
        desk.terminal = Patient(desk.terminal, town.place.work)
        desk.seal()
        desk.terminal.json("bid", "submit", desk.documents, "--service", town.place.url)
        bid, coalition = Sealed.of(desk, sale), Coalition(town, sale)
        assert bid.signed.message.parts[0].c_b in coalition.held()
        coalition.cannot_read(bid)

    def test_a_bid_in_a_mailbox(self, town: MailboxTown) -> None:
        """Till it is listed they do not even have the message, nor know whose file it is."""
        sale = town.sell("mailbox")
        desk = sale.bidder("mailbox")
        desk.terminal = Patient(desk.terminal, town.work)
        words = ("bid", "submit", desk.documents, desk.folder, "--service", town.place.url)
        desk.terminal.json(*sent(words))
        bid, coalition = Sealed.of(desk, sale), Coalition(town, sale)
        held = coalition.held()
        assert bid.file(1).read_bytes() in held
        part = bid.signed.message.parts[0]
        for each in (
            part.c_b,
            part.c_c,
            bid.signed.digest,
            bid.signed.signature,
            bid.signed.shares,
        ):
            assert each not in held
            assert each.hex().encode() not in held
        town.go(sale.ends[0])
        desk.terminal.json(*sent(("bid", "list", sale.id)))
        assert bid.signed.shares in coalition.held()
        coalition.cannot_read(bid)


class TestPartTwo:
    def test_prices_after_part_one_was_opened_with_all_secrets(self, town: MailboxTown) -> None:
        """Every trustee's key of part one is public, and those of part two conspire as well."""
        sale = town.publish("two parts", parts=2)
        desks = bidders(sale, "技术甲", "技术乙")
        bids, coalition = [Sealed.of(desk, sale) for desk in desks], Coalition(town, sale)
        _opened(town, sale, desks)
        for bid in bids:
            assert bid.secrets[0].s_b in coalition.held()
            known = bid.secrets[0]
            context, own = bid.context(1), bid.file(1)
            assert opens(own, file_key(known.s_b, coalition.s_c(bid, 1), context))
            self._first_keys_are_no_use(coalition, bid)
            coalition.cannot_read(
                bid, 2, known.s_b, known.s_c, *(each.secrets[0].s_b for each in bids)
            )

    def _first_keys_are_no_use(self, coalition: Coalition, bid: Sealed) -> None:
        """Nobody opens an envelope of part two by what part one made public."""
        sealed = envelopes.cut(bid.signed.envelopes_of(2, 3), 3, 2)
        for index in (1, 2, 3):
            key = coalition.trustee(index, 1)
            with pytest.raises(envelopes.EnvelopeBroken):
                envelopes.open_(sealed[index - 1], key, bid.context(2), index)


class TestLots:
    def test_bids_of_a_lot_that_failed_beside_one_that_opened(self, town: MailboxTown) -> None:
        """Trustees' keys are per tender; s_b is what a failed lot never asks for."""

        def change(told: dict[str, Any]) -> None:
            told["lots"] = len(LOTS)

        sale = town.publish("lots", change, lots=LOTS)
        desks = bidders(sale, "标段甲", "标段乙")
        alone = desks[0]
        words = ("bid", "submit", alone.documents, alone.folder, "--lot", 1)
        alone.terminal.json(*sent(words))
        bid, coalition = Sealed.of(alone, sale, 1), Coalition(town, sale)
        _opened(town, sale, desks)
        refused = alone.terminal.json(*sent(("bid", "disclose", sale.id, "--lot", 1)), code=1)
        assert refused["error"] in ("TooFewBids", "WindowClosed")
        first = Sealed.of(alone, sale)
        assert first.secrets[0].s_b in coalition.held()
        assert first.signed.message.bidder != bid.signed.message.bidder
        shown = alone.terminal.json("bid", "status", sale.id, "--lot", 1)
        assert shown["phase"] == Phase.FAILED_FEW.name
        coalition.cannot_read(bid, 1, first.secrets[0].s_b, first.secrets[0].s_c)


def _opened(town: MailboxTown, sale: Sale, desks: list[Desk]) -> None:
    """Let part 1 of lot 0 be opened, every trustee speaking."""
    town.go(sale.ends[1])
    disclose(sale, desks)
    town.go(sale.ends[2])
    release(sale, 1, 2, 3)
    town.place.work()

"""Whether anything personal of the whole story is on the chain or in the service's logs."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from ledger.canonical import parse_object
from ledger.health import consents, passes, signed, transfers
from ledger.keys import PublicKey
from scripts.demo.crowd import Traveller
from scripts.demo.leaks import Net, spellings
from scripts.demo.stage import expect
from wallet.commands.health_convert import FOLDER as CONVERSIONS
from wallet.commands.health_pass import FOLDER as PASSES
from wallet.embedded import EmbeddedChain
from wallet.health.conversions import ConversionFolder
from wallet.health.passes import PassFolder, read_pass
from wallet.keyring import Keyring
from wallet.surroundings import KEYS

_PERSONAL: Final = (
    *("name", "birthDate", "documentNumber"),
    *("holder_name", "holder_code", "birth_date", "licence_number", "qualification_number"),
)


def look(
    net: Net,
    chain: EmbeddedChain,
    logs: Path,
    planted: str,
    answers: Mapping[str, bytes] = MappingProxyType({}),
) -> str:
    """Say what was looked through; raise `NotAsTold` for anything personal.

    `answers` is what else is looked through, by its place. `planted` is one of the values: the net
    has to find it in each of its spellings first.
    """
    for spelling, text in spellings(planted):
        expect(net.leaks_in(b"..." + text + b"..."), f"the net has a hole: {spelling}")
    told = {"calldata": b"", "events": b""}
    blocks = int(str(chain.ask("eth_blockNumber")), 16)
    for number in range(blocks + 1):
        block = chain.ask("eth_getBlockByNumber", hex(number), True)  # noqa: FBT003  # JSON-RPC
        told["calldata"] += b"|".join(_octets(each["input"]) for each in block["transactions"])
    everything = {"fromBlock": "0x0", "toBlock": hex(blocks)}
    told["events"] = b"|".join(map(_event, chain.ask("eth_getLogs", everything)))
    told |= answers
    told |= {path.name: path.read_bytes() for path in sorted(logs.glob("*.log"))}
    expect(told["calldata"] and told["events"] and told["serve.log"], "there is nothing to look at")
    for place, text in told.items():
        expect(not (found := net.leaks_in(text)), f"{place}: {found}")
    size = sum(map(len, told.values()))
    return f"{net.size:,} spellings in {size:,} bytes of {', '.join(told)}: none"


def of_person(form: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what a form says of a person, by its kind; types and countries are everybody's."""
    return ((name, str(form[name])) for name in _PERSONAL if name in form)


def of_travellers(crowd: Iterable[Traveller]) -> Iterator[tuple[str, str | bytes | int]]:
    """Yield what is personal of travellers and their codes, by its kind."""
    for each in crowd:
        yield from of_person(each.person.form)
        yield from of_key("holder", each.holder.public_key)
        yield from of_key("pass", each.key.public_key)
        if each.digest:  # who stole a key has no transfer
            yield "transfer", bytes.fromhex(each.digest.removeprefix("0x"))
        if each.transfer:
            yield from of_transfer(each.transfer)
        if each.receipt:
            yield from of_receipt(each.receipt)
        yield from of_pass(each.encoded)


def of_transfer(transfer: bytes) -> Iterator[tuple[str, bytes | int]]:
    """Yield what a transfer has of a person beside the form: its name, and when a sample was taken.

    A driver's sample is of the minute of the scan, which logs have by right.
    """
    content = transfers.read(signed.read(transfer))
    yield "transfer id", content.cti
    yield "sampled at", content.test.sampled_at


def of_receipt(receipt: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the name of a consent, and the digest of its receipt."""
    yield "consent id", bytes.fromhex(str(parse_object(receipt)["id"]).removeprefix("0x"))
    yield "consent", consents.digest_of(receipt)


def of_wallet(wallet: Path) -> Iterator[tuple[str, str | bytes]]:
    """Yield what is personal of a traveller's own wallet: its keys, passes and consents."""
    for entry in Keyring(wallet / KEYS).list():
        if entry.public_key is not None:
            yield from of_key("holder", entry.public_key)
    for held in PassFolder(wallet / PASSES).all():
        yield from of_pass(held.encoded)
    for terms in ConversionFolder(wallet / CONVERSIONS).all():
        for receipt in terms.consents:
            yield from of_receipt(receipt.encode())


def of_key(name: str, key: PublicKey) -> Iterator[tuple[str, bytes]]:
    """Yield a key's coordinates and id."""
    yield f"{name} key x", key.x
    yield f"{name} key y", key.y
    yield f"{name} key id", key.key_id


def of_pass(encoded: bytes) -> Iterator[tuple[str, str | bytes]]:
    """Yield what is personal of a pass: its names, its key, and what it tells of the holder."""
    content = read_pass(encoded)
    yield "code", passes.to_text(encoded)
    yield "pass id", content.cti
    yield "pass", signed.read(encoded).digest
    if content.holder is not None:
        yield from of_key("pass", content.holder)
    if content.hint is not None:
        yield "hint", content.hint
    if content.binding is not None:
        yield "binding", content.binding


def _octets(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _event(log: Mapping[str, Any]) -> bytes:
    return b"".join([*map(_octets, log["topics"]), _octets(log["data"])])

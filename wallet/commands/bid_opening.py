"""`suizheng bid open`, `open-confidential`: bids out of their files, without the service."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ledger.age import recipient_of
from ledger.bech32 import Bech32Malformed, decode
from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.tenders import envelopes, manifest
from ledger.tenders.documents import Documents
from ledger.tenders.errors import DocumentsOutdated
from ledger.tenders.joining import Joined, join_recovered, join_released
from ledger.tenders.releases import require_released
from ledger.tenders.signed_bids import SignedBid
from ledger.tenders.unsealing import Opened, open_confidential, open_part
from wallet.commands.options import FILE, FOLDER, json_option, ledger_options
from wallet.commands.tender_officers import ledger_client
from wallet.console import print_json, print_table, say, waiting
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings
from wallet.tenders.archive import reading
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import read_manifest
from wallet.tenders.licences_again import judged_paper
from wallet.tenders.unpacking import unpacking

_SECRET_BYTES = 32
_IDENTITY = "age-secret-key-"


@dataclass(eq=False)
class SecretsMalformed(Refused):
    """The file of secrets lacks something. See suizheng bid open --help."""

    path: str


class IdentityMalformed(Refused):
    """The file holds no age identity. Give one with AGE-SECRET-KEY-1… on a line of its own."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What was published about one part: s_b, the trustees' secrets, and s_c if recovered."""

    s_b: bytes
    s_c: bytes | None
    released: Mapping[int, bytes]

    @classmethod
    def read(cls, path: Path) -> "Secrets":
        """Return the secrets in a file; raise `SecretsMalformed`."""
        try:
            value = parse_object(read_file(path))
            released = {int(each): _octets(value["released"][each]) for each in value["released"]}
            s_c = _octets(value["s_c"]) if "s_c" in value else None
            return cls(_octets(value["s_b"]), s_c, released)
        except (JsonMalformed, KeyError, TypeError, ValueError, AttributeError) as exc:
            raise SecretsMalformed(str(path)) from exc


@click.command(name="open", cls=TenderCommand)
@click.argument("bid", type=FILE)
@click.argument("file", type=FILE)
@click.argument("out", type=FOLDER)
@click.option("--documents", type=FOLDER, required=True, help="The tender's documents.")
@click.option("--secrets", "published", type=FILE, required=True, help="s_b, released, s_c.")
@click.option("--part", type=click.IntRange(1, 2), default=1, show_default=True)
@json_option
def open_(bid: Path, file: Path, out: Path, **given: Any) -> None:
    """Open the FILE of the signed BID into the folder OUT, and judge it as the opening does.

    --secrets is JSON: s_b, released with the trustees' secrets by number, and s_c if the bidder
    recovered it, each 0x and 64 digits, as they stand on chain. Everything is held against what the
    bid committed itself to; OUT appears only when all of it is right.
    """
    known = read_manifest(given["documents"])
    signed = SignedBid.read(read_file(bid))
    part = given["part"]
    signed.require_good(known.parts, len(known.of_part(1)))
    joined = _joined(known, signed, part, Secrets.read(given["published"]))
    with waiting("Opening"), unpacking(out) as taken, reading(file) as source:
        opened = open_part(source, joined.key, signed.ledger, signed.message, part, taken.receive)
        taken.finish(opened.files)
    said = opened.manifest
    if given["as_json"]:
        print_json({**_shown(opened), "brokenShares": list(joined.broken)})
        return
    say(f"{said['identity']['name']}, {said['identity']['code']}")
    if said["price"]:
        say(f"{said['price']['amount']} {said['price']['currency']}")
    print_table(("FILE", "BYTES"), ((each.path, each.size) for each in opened.files.values()))


@click.command(name="open-confidential", cls=TenderCommand)
@click.argument("folder", type=FOLDER)
@click.argument("out", type=FOLDER)
@click.option("--identity", type=FILE, required=True, help="Your age identity, as age writes it.")
@click.option("--documents", type=FOLDER, help="The tender's documents: judge people's licences.")
@click.option("--licences", type=FILE, help="Verdicts to write, for suizheng tender report.")
@ledger_options
@json_option
@click.pass_obj
def open_confidential_files(
    outside: Surroundings, /, folder: Path, out: Path, **given: Any
) -> None:
    """For those who evaluate: open what is confidential of the opened bid in FOLDER into OUT.

    With --documents the licences below licences/ (SD-JWT or proof file each) are judged as of the
    deadline against what the tender wants of people. --licences writes verdicts and codes alone:
    who the people are stays in OUT.
    """
    if given["licences"] is not None and given["documents"] is None:
        raise click.UsageError("--licences goes with --documents.")
    key = read_identity(given["identity"])
    said = parse_object(read_file(folder / manifest.MANIFEST))
    ctx = said.get("ctx", "")
    with (
        waiting("Opening"),
        unpacking(out) as taken,
        reading(folder / manifest.CONFIDENTIAL) as source,
    ):
        opened = open_confidential(source, key, str(ctx), taken.receive)
        taken.finish(opened.files)
    told = {**_shown(opened), "recipient": recipient_of(key)}
    if given["documents"] is not None:
        told["licences"] = _judged(outside, said, out, given)
    if given["as_json"]:
        print_json(told)
        return
    print_table(("FILE", "BYTES"), ((each.path, each.size) for each in opened.files.values()))
    for each in told.get("licences", ()):
        say(" ".join((each["requirement"], each["verdict"], *each["reasons"])))


def _judged(
    outside: Surroundings, said: dict[str, Any], out: Path, given: dict[str, Any]
) -> list[dict[str, Any]]:
    """Judge people's licences, write the verdicts where that is asked for, and return them."""
    known = read_manifest(given["documents"])
    with ledger_client(outside, given) as client:
        made = judged_paper(outside, client, (known, given["documents"]), said, out)
    if given["licences"] is not None:
        write_file(given["licences"], made)
    results: list[dict[str, Any]] = parse_object(made)["results"]
    return results


def _joined(known: Documents, signed: SignedBid, part: int, secrets: Secrets) -> Joined:
    """Return the part's key, by the trustees' secrets or by the bidder's own s_c."""
    message = signed.message
    if message.docs != known.digest:
        raise DocumentsOutdated(known.digest)
    committed = message.parts[part - 1]
    context = message.place(signed.ledger).context(part, message.version)
    if secrets.s_c is not None:
        key = join_recovered(committed, context, secrets.s_b, secrets.s_c)
        return Joined(secrets.s_c, key, ())
    trustees = {each.index: each for each in known.of_part(part)}
    released = {index: each for index, each in secrets.released.items() if index in trustees}
    for index, secret in released.items():
        require_released(secret, trustees[index].key, part, index)
    sealed = envelopes.cut(signed.envelopes_of(part, len(trustees)), len(trustees), part)
    return join_released(part, committed, context, sealed, released, known.threshold, secrets.s_b)


def _shown(opened: Opened) -> dict[str, Any]:
    return {
        "manifest": dict(opened.manifest),
        "files": [
            {"path": each.path, "size": each.size, "sha256": "0x" + each.sha256.hex()}
            for each in opened.files.values()
        ],
    }


def read_identity(path: Path) -> bytes:
    """Return the secret key in a file of identities, comments passed over."""
    for line in read_file(path).decode("utf-8", "replace").splitlines():
        if line and not line.startswith("#"):
            try:
                return decode(_IDENTITY, line.strip().lower())
            except Bech32Malformed as exc:
                raise IdentityMalformed from exc
    raise IdentityMalformed


def _octets(text: str) -> bytes:
    raw = bytes.fromhex(text.removeprefix("0x"))
    if len(raw) != _SECRET_BYTES:
        raise ValueError(text)
    return raw

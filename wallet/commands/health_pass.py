"""`suizheng health pass`: ask for passes, keep them, show them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from ledger.errors import Refused
from ledger.health import passes, presentations, qr_text
from ledger.health.passes import Mode
from wallet.code_sources import codes_of
from wallet.commands.options import FILE, json_option, password_option
from wallet.console import note, print_json, print_table, say, when
from wallet.drawing import PAPER
from wallet.health.choice import FEW, next_of, showable, together, unseen
from wallet.health.one_time import SALT_BYTES, one_time_key
from wallet.health.pages import pages_of
from wallet.health.passes import HeldPass, PassFolder
from wallet.health.screen import Screen, put
from wallet.health.signing import signer_of
from wallet.home import write_file
from wallet.keyring import KeyOfAnotherPurpose, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings

FOLDER = "passes"


@dataclass(eq=False)
class NoPassThere(Refused):
    """There is no pass in it. Give the picture or text of a pass, as its issuer gave it."""

    source: str


@click.group(name="pass")
def pass_group() -> None:
    """Passes: ask for them, keep them, show them."""


def folder_of(outside: Surroundings) -> PassFolder:
    """Return the passes of this wallet."""
    return PassFolder(outside.home / FOLDER)


@pass_group.command()
@click.argument("key")
@click.option("--count", type=click.IntRange(0, 256), default=8, show_default=True)
@click.option("--out", type=FILE, help="File to write; else standard output.")
@password_option
@click.pass_obj
def request(
    outside: Surroundings, key: str, count: int, out: Path | None, passwords: Passwords
) -> None:
    """Write the keys for COUNT one-time passes of holder KEY, for a health authority.

    With --count 0 the passes are bound to KEY itself: so are those of children and elders, which
    one person shows as a group.
    """
    entry = outside.keyring.entry(key)
    if entry.purpose is not Purpose.HOLDER or entry.public_key is None:
        raise KeyOfAnotherPurpose(key, entry.purpose, "holder")
    keys = [entry.public_key]
    if count:
        holder = outside.keyring.signer(key, passwords.of(key))
        salts = [outside.randomness(SALT_BYTES) for _ in range(count)]
        keys = [one_time_key(holder, salt).public_key for salt in salts]
        folder_of(outside).ask(key, zip(keys, salts, strict=True))
    asked = {"holderKey": entry.public_key.jwk(), "keys": [each.jwk() for each in keys]}
    text = orjson.dumps(asked, option=orjson.OPT_INDENT_2) + b"\n"
    if out is None:
        click.echo(text, nl=False)
    else:
        write_file(out, text)


@pass_group.command()
@click.argument("sources", metavar="FILE…", nargs=-1, required=True)
@json_option
@click.pass_obj
def add(outside: Surroundings, sources: tuple[str, ...], *, as_json: bool) -> None:
    """Keep the passes in pictures or text files; - reads lines of standard input."""
    keys, folder = outside.keyring.list(), folder_of(outside)
    texts = [text for source in sources for text in _passes_in(source)]
    kept = [folder.add(qr_text.decode(passes.PREFIX, text), keys) for text in texts]
    if as_json:
        print_json([held.to_json(outside.now()) for held in kept])
        return
    for held in kept:
        content = held.content
        ends = f"{when(content.not_before)} to {when(content.expires_at)}"
        say(f"Kept 0x{held.digest.hex()[:16]} of {content.jurisdiction}, good from {ends}")


@pass_group.command(name="list")
@json_option
@click.pass_obj
def list_passes(outside: Surroundings, *, as_json: bool) -> None:
    """List the passes of this wallet, those that end first in front."""
    rows = [held.to_json(outside.now()) for held in folder_of(outside).all()]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            ("DIGEST", "ISSUER", "FROM", "GRADE", "HINT", "BEGINS", "ENDS", "SHOWN", "KEY"),
            (_cells(row) for row in rows),
        )
    else:
        say("No passes yet. Keep one: suizheng health pass add FILE")


@pass_group.command()
@click.argument("names", metavar="DIGEST…", nargs=-1)
@click.option("--key", help="Show a pass of this holder key.")
@click.option("--paper", is_flag=True, help="As it is, for paper; the gate compares the document.")
@click.option("--once", is_flag=True, help="Do not renew it.")
@click.option("--out", type=FILE, help="Picture to write (.png or .svg).")
@password_option
@json_option
@click.pass_obj
def show(outside: Surroundings, /, names: tuple[str, ...], **given: Any) -> None:
    """Show a pass at a gate, renewed every half minute until Ctrl-C.

    Without DIGEST the next new pass is taken, so that two gates cannot join what they saw. Several
    DIGESTs of one key are shown as a group, for children and elders, in pages that turn where
    one code would be too dense: the gate reads each. --json prints one value a page.
    """
    mode = Mode.PAPER if given["paper"] else Mode.DYNAMIC
    chosen = choose(outside, names, given["key"], mode)
    if mode is Mode.PAPER:
        texts: Iterator[str] = (passes.to_text(held.encoded) for held in chosen)
        put(outside, texts, given["out"], PAPER, as_json=given["as_json"])
        return
    signer = signer_of(outside, together(chosen), given["passwords"])
    encoded = [held.encoded for held in chosen]

    def nonce() -> bytes:
        return outside.randomness(presentations.NONCE_BYTES)

    def stamped() -> list[str]:
        return pages_of(encoded, outside.now(), nonce, signer)

    is_lasting = not (given["once"] or given["as_json"] or given["out"])
    Screen(outside).show(stamped, given["out"], is_lasting=is_lasting, as_json=given["as_json"])


def choose(
    outside: Surroundings, names: Sequence[str], key: str | None, mode: Mode
) -> list[HeldPass]:
    """Return the passes named, or the one whose turn it is, and remember that they are shown.

    Raises as `PassFolder.find`, `showable` and `next_of` do.
    """
    folder, now = folder_of(outside), outside.now()
    if names:
        named = [folder.find(name) for name in dict.fromkeys(names)]
        chosen = [next_of(showable([held], mode, now, key), mode) for held in named]
    else:
        found = showable(folder.all(), mode, now, key)
        chosen = [next_of(found, mode)]
        if mode is not Mode.PAPER:
            _say_what_is_left(chosen[0], unseen(found))
    for held in chosen:
        folder.show(held, now)
    return chosen


def _say_what_is_left(chosen: HeldPass, new: int) -> None:
    if chosen.shown_at is not None:
        note("This pass was shown before: both gates can tell that it was you. Ask for new ones.")
    left = max(new - 1, 0)
    if left < FEW:
        note(f"New passes left after this: {left}. Ask for more: suizheng health pass request")


def _passes_in(source: str) -> list[str]:
    found = [text for text in codes_of(source) if text.startswith(passes.PREFIX)]
    if not found:
        raise NoPassThere(source)
    return found


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    names = ("issuer", "from", "grade", "hint")
    shown = "new" if row["shownAt"] is None else when(row["shownAt"])
    cells = ("" if row[name] is None else row[name] for name in names)
    times = (when(row["notBefore"]), when(row["expiresAt"]))
    return (row["digest"][:18], *cells, *times, shown, row["key"] or "paper")

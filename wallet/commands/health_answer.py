"""`suizheng health answer`: a gate asks, proves who it is, and is answered if the holder agrees."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ledger.errors import Refused
from ledger.health import presentations, readers
from ledger.health.passes import Mode
from ledger.health.presentations import Challenge, PresentationMalformed
from ledger.health.readers import Reader, Voucher
from ledger.health.signed import SignedMalformed, read
from wallet.code_sources import codes_of
from wallet.commands.health_pass import choose
from wallet.commands.options import FILE, json_option, ledger_options, password_option
from wallet.console import note, print_json
from wallet.drawing import SCREEN
from wallet.health import vouchers
from wallet.health.answered import Answered, AnsweredGates
from wallet.health.choice import together
from wallet.health.pages import pages_of
from wallet.health.screen import note_pages, put
from wallet.health.signing import signer_of
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings


@dataclass(eq=False)
class NoChallengeThere(Refused):
    """There is no gate's challenge in it. Scan the code that the gate shows."""

    source: str


@dataclass(eq=False)
class ConsentNotAsked(Refused):
    """Nobody is here to ask whether the gate may see the pass. Agree with --yes."""

    checkpoint: str


@click.command()
@click.argument("challenge", metavar="FILE|TEXT")
@click.argument("names", metavar="DIGEST…", nargs=-1)
@click.option("--key", help="Answer with a pass of this holder key.")
@click.option("--offline", "bundle", type=FILE, help="Signed bundle to use in place of a node.")
@click.option("--yes", is_flag=True, help="Agree without being asked.")
@click.option("--out", type=FILE, help="Picture to write (.png or .svg).")
@ledger_options
@password_option
@json_option
@click.pass_obj
def answer(outside: Surroundings, /, challenge: str, names: tuple[str, ...], **given: Any) -> None:
    """Answer a gate's CHALLENGE: a picture, a file, - or its text (SZ3:…).

    The gate must prove by its agency's certificate who it is and what it may ask; then it is you
    who decides. The answer is good for this gate and this minute alone. A group too dense for one
    code answers in pages, of which the gate reads each; --json prints one value a page.
    """
    asked = presentations.read_challenge(_text_of(challenge))
    known = _vouchers(outside, asked, given["bundle"], given["deployment"], given["nodes"])
    reader = readers.check(asked, known, outside.now())
    _agreed(reader, asked.purpose, is_agreed=given["yes"])
    chosen = choose(outside, names, given["key"], Mode.CHALLENGE)
    signer = signer_of(outside, together(chosen), given["passwords"])
    now = outside.now()
    texts = pages_of([held.encoded for held in chosen], now, lambda: asked.answer, signer)
    AnsweredGates(outside.home).keep(Answered.of(reader, asked.purpose, now))
    if given["as_json"]:
        for text in texts:
            print_json({"text": text, "gate": _told(reader, asked.purpose)})
    else:
        put(outside, texts, given["out"], SCREEN, as_json=False)
        note_pages(texts)


def _text_of(source: str) -> str:
    if source.startswith(presentations.CHALLENGE):
        return source
    found = (text for text in codes_of(source) if text.startswith(presentations.CHALLENGE))
    text = next(found, None)
    if text is None:
        raise NoChallengeThere(source)
    return text


def _vouchers(
    outside: Surroundings,
    asked: Challenge,
    bundle: Path | None,
    deployment: Path | None,
    nodes: tuple[str, ...],
) -> list[Voucher]:
    if bundle is not None:
        return vouchers.from_bundle(bundle, outside.trust, outside.now())
    try:
        kid = read(asked.certificate).kid
    except SignedMalformed as exc:
        raise PresentationMalformed("certificate") from exc
    with open_ledger(chosen_ledger(outside.trust.load(), deployment, nodes)) as client:
        return vouchers.from_node(client, kid)


def _agreed(reader: Reader, purpose: int, *, is_agreed: bool) -> None:
    note(
        f"Checkpoint {reader.checkpoint}, lane {reader.lane}, of {reader.agency} in "
        f"{reader.jurisdiction} asks to see a pass for purpose {purpose}. Its certificate is good."
    )
    if is_agreed:
        return
    if not sys.stdin.isatty():
        raise ConsentNotAsked(reader.checkpoint)
    click.confirm("Show it?", abort=True, err=True)


def _told(reader: Reader, purpose: int) -> dict[str, Any]:
    return {
        "jurisdiction": reader.jurisdiction,
        "agency": reader.agency,
        "checkpoint": reader.checkpoint,
        "lane": reader.lane,
        "purpose": purpose,
    }

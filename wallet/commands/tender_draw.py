"""`suizheng tender draw`: experts by chance that nobody bends and everybody recomputes."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import canonical_json, parse_object
from ledger.chain.accounts import Account
from ledger.chain.client import LedgerClient
from ledger.finality import FINALIZED
from ledger.secp256k1 import private_key
from ledger.tenders import draw as rules
from ledger.tenders import draw_papers
from ledger.tenders.draw_papers import Drawing
from ledger.tenders.events import DrawState
from ledger.tenders.feldman import MAX_SHARES
from ledger.tenders.ids import TenderId
from ledger.tenders.papers import PaperRole
from ledger.tenders.sealing import draw_key
from wallet.commands.options import (
    FILE,
    FOLDER,
    HASH,
    json_option,
    ledger_options,
    password_option,
)
from wallet.commands.tender_bringing import bring_first, bring_option, tell_next
from wallet.commands.tender_officers import (
    TENDERER,
    acts,
    ledger_client,
    require_taken,
    sent,
    tell,
)
from wallet.console import print_json, print_table, say
from wallet.home import read_file, write_file
from wallet.keyring import Purpose
from wallet.surroundings import Surroundings
from wallet.tenders.draw_ledger import DrawLedger, DrawNotAsAnchored
from wallet.tenders.draws import SETTING, SHARE, DrawFolder, KeptDeals
from wallet.tenders.exits import TenderCommands

_DECLINED: Final = click.option(
    "--declined", type=HASH, multiple=True, help="Entry of one who cannot come."
)


_confirmations: Final = click.option(
    "--confirmations",
    type=click.IntRange(min=1),
    default=None,
    help="Blocks that make a step final; else what the chain calls finalized.",
)


def _watching(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the ledger, and how deep a block must lie there."""
    return click.pass_obj(_confirmations(ledger_options(json_option(command))))


def _drawer(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the draw's folder and which drawer acts, beside the ledger."""
    command = _watching(password_option(command))
    command = click.option(
        "--drawer", type=click.IntRange(1, MAX_SHARES), required=True, help="Your number, from 1."
    )(command)
    return click.argument("folder", type=FOLDER)(command)


@click.group(cls=TenderCommands)
def draw() -> None:
    """Draw experts: begin, join, deal, acknowledge, reveal, result, committee, in one FOLDER.

    After each of begin, join, acknowledge and reveal the buyer's `anchor` tells the chain, and
    nobody goes on before that is final: so outsiders see that the pool was fixed before any key,
    and every share good before any secret was out. Who speaks last cannot bend the result, since t
    drawers rebuild what one withholds. A drawer who deals badly, or not, is replaced by beginning
    anew, in another folder with the next round; once the deals are anchored nothing begins anew.
    """


@draw.command()
@click.argument("folder", type=FOLDER)
@click.argument("pools", type=FILE)
@json_option
def begin(folder: Path, pools: Path, *, as_json: bool) -> None:
    """Fix from whom is drawn, before anybody draws: POOLS becomes the draw's setting in FOLDER.

    POOLS is JSON: tender, lot, round, drawers, threshold, quotas (specialty, count, and pool:
    sorted SHA-256 of salt and expert), recused (such entries).
    """
    said = parse_object(read_file(pools)) | {"type": "draw-setting"}
    roots = dict.fromkeys(("poolRoot", "recusalRoot", "quotaDigest"), "")
    drawing = Drawing.of(canonical_json(roots | said))
    rules.check_setting(drawing.setting)
    DrawFolder(folder).put(SETTING, drawing.to_bytes())
    told = parse_object(drawing.to_bytes())
    if as_json:
        print_json({name: told[name] for name in roots})
        return
    print_table(("ANCHOR", "DIGEST"), ((name, told[name]) for name in roots))


@draw.command()
@_drawer
def join(outside: Surroundings, folder: Path, drawer: int, **given: Any) -> None:
    """Make your key of this draw; its secret is what you will reveal. One for each draw.

    The setting has to be anchored: else the pool could be chosen once your secret is known.
    """
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.BEGUN, given)
    name = _name(papers, drawer)
    if any(each.name == name for each in outside.keyring.list()):  # it broke off here before
        password = given["passwords"].of(name)
    else:
        password = given["passwords"].new(name)
        outside.keyring.new(name, Purpose.ACCOUNT, password, outside.randomness)
    account = outside.keyring.account(name, password)
    papers.put_key(drawer, private_key(account.private_key).public_key.format())
    _tell(f"You draw with {account.address}.", {"address": account.address}, given)


@draw.command()
@_drawer
def deal(outside: Surroundings, folder: Path, drawer: int, **given: Any) -> None:
    """Share your secret to the others, once all keys are anchored."""
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.JOINED, given)
    drawing, keys = papers.drawing, [key for key, _ in papers.drawers()]
    own = _unlocked(outside, papers, drawer, given).private_key
    others = [draw_key(outside.randomness) for _ in range(drawing.threshold - 1)]
    ephemeral = [draw_key(outside.randomness) for _ in keys]
    dealt = draw_papers.seal_deal(drawing, drawer, (own, *others), ephemeral, keys)
    papers.put(f"deals/{drawer}.json", dealt.to_bytes())
    _tell("Your deal is made.", {"drawer": drawer}, given)


@draw.command()
@_drawer
def acknowledge(outside: Surroundings, folder: Path, drawer: int, **given: Any) -> None:
    """Check your share of every deal, and sign for those that are good; a bad dealer is named."""
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.JOINED, given)
    drawing, deals = papers.drawing, papers.deals()
    own = _unlocked(outside, papers, drawer, given).private_key
    others = {dealer: dealt for dealer, dealt in enumerate(deals, 1) if dealer != drawer}
    signed = {}
    for dealer, dealt in others.items():
        draw_papers.open_share(drawing, dealer, dealt, drawer, own)
        signed[dealer] = draw_papers.acknowledge(drawing, dealt, drawer, own)
    _kept(outside, papers, drawer).keep(others)
    papers.put(f"acknowledgements/{drawer}.json", draw_papers.write_signatures(signed))
    _tell("Every share is good.", {"dealers": sorted(signed)}, given)


@draw.command()
@_drawer
def reveal(outside: Surroundings, folder: Path, drawer: int, **given: Any) -> None:
    """Reveal your scalar, once it is anchored that everybody acknowledged everybody's share."""
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.DEALT, given)
    own = _unlocked(outside, papers, drawer, given).private_key
    papers.put_scalar(drawer, own)
    _tell("Your scalar is out.", {"drawer": drawer}, given)


@draw.command()
@_drawer
@click.option("--withheld", type=click.IntRange(1, MAX_SHARES), required=True, help="By whom.")
def share(outside: Surroundings, folder: Path, drawer: int, withheld: int, **given: Any) -> None:
    """Hand out your share of a scalar that another drawer withholds."""
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.DEALT, given)
    own = _unlocked(outside, papers, drawer, given).private_key
    dealt = _kept(outside, papers, drawer).find(withheld)
    found = draw_papers.open_share(papers.drawing, withheld, dealt, drawer, own)
    path = f"shares/{withheld}-{drawer}.json"
    papers.put(path, draw_papers.write_scalar(SHARE, found))
    _tell("Your share is out.", {"withheld": withheld}, given)


@draw.command()
@click.argument("folder", type=FOLDER)
@click.argument("withheld", type=click.IntRange(1, MAX_SHARES))
@json_option
def recover(folder: Path, withheld: int, *, as_json: bool) -> None:
    """Rebuild the scalar that drawer WITHHELD keeps, from shares of the others. Anybody."""
    papers = DrawFolder(folder)
    scalar = papers.rebuilt(withheld)
    papers.put_scalar(withheld, scalar)
    _tell("The scalar is rebuilt.", {"withheld": withheld}, {"as_json": as_json})


@draw.command()
@click.argument("folder", type=FOLDER)
@bring_option
@_confirmations
@acts(TENDERER)
def anchor(outside: Surroundings, folder: Path, **given: Any) -> None:
    """Tell the chain what is next: the setting, all keys, all deals, or the scalars that are out.

    The buyer's to send; scalars are anybody's. What comes before has to be final.
    """
    papers = DrawFolder(folder)
    with ledger_client(outside, given) as client:
        step = _ledger(client, papers, given).next_step()
        told: dict[str, Any] = {"step": step.state.name}
        brought = [(PaperRole.DRAW, each) for each in papers.papers_of(step.state)]
        tender = TenderId(papers.drawing.setting.tender_id)
        require_taken(outside, client, step.calls[0], given)
        told |= bring_first(outside, tender, brought, given)
        receipts = [sent(outside, client, call, given) for call in step.calls]
    tell(f"The chain knows: {step.state.name}.", told, receipts[-1], given)
    tell_next(tender, brought, given)


@draw.command()
@click.argument("folder", type=FOLDER)
@_DECLINED
@_watching
def result(outside: Surroundings, folder: Path, declined: tuple[bytes, ...], **given: Any) -> None:
    """Draw, from all scalars: who was drawn, in order, and who replaces those who declined."""
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.REVEALED, given)
    setting = papers.drawing.setting
    seed = rules.seed_of(setting.head, papers.scalars())
    drawn = rules.draw(setting, seed, declined)
    told = [
        {
            "entry": "0x" + each.entry.hex(),
            "specialty": each.specialty,
            "replaces": None if each.replaces is None else "0x" + each.replaces.hex(),
        }
        for each in drawn
    ]
    if given["as_json"]:
        print_json({"seed": "0x" + seed.hex(), "drawn": told})
        return
    print_table(("EXPERT", "SPECIALTY"), ((each["entry"], each["specialty"]) for each in told))
    say("Whoever has the folder gets the same; `committee` writes its paper.")


@draw.command()
@click.argument("folder", type=FOLDER)
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@_DECLINED
@click.option(
    "--representative",
    "representatives",
    type=HASH,
    multiple=True,
    help="SHA-256 of salt and name of a member whom the buyer sends; not drawn.",
)
@_watching
def committee(
    outside: Surroundings,
    folder: Path,
    out: Path,
    declined: tuple[bytes, ...],
    representatives: tuple[bytes, ...],
    **given: Any,
) -> None:
    """Write OUT, the committee's paper with the whole draw, for `suizheng tender committee`.

    Outsiders draw again from it, so it holds hashes and no names.
    """
    papers = DrawFolder(folder)
    _require(outside, papers, DrawState.REVEALED, given)
    made = papers.committee(declined, representatives)
    encoded = made.to_bytes()
    write_file(out, encoded)
    seats = len(made.members) + len(made.representatives)
    facts = {"digest": "0x" + sha256(encoded).hexdigest(), "seats": seats}
    said = f"Commit it: suizheng tender committee … {out} --seats {seats}"
    _tell(said, facts, given)


def _require(
    outside: Surroundings, papers: DrawFolder, state: DrawState, given: dict[str, Any]
) -> None:
    """Raise as `DrawLedger.require`."""
    with ledger_client(outside, given) as client:
        _ledger(client, papers, given).require(state)


def _ledger(client: LedgerClient, papers: DrawFolder, given: dict[str, Any]) -> DrawLedger:
    return DrawLedger(client, papers, given["confirmations"] or FINALIZED)


def _name(papers: DrawFolder, drawer: int) -> str:
    setting = papers.drawing.setting
    return f"draw-{setting.tender_id.hex()[:16]}-{setting.lot}-{setting.round}-{drawer}"


def _kept(outside: Surroundings, papers: DrawFolder, drawer: int) -> KeptDeals:
    return KeptDeals(outside.home / "draws" / _name(papers, drawer))


def _unlocked(
    outside: Surroundings, papers: DrawFolder, drawer: int, given: dict[str, Any]
) -> Account:
    """Return a drawer's own key; raise `DrawNotAsAnchored` where another stands in its place."""
    name = _name(papers, drawer)
    own = outside.keyring.account(name, given["passwords"].of(name))
    if papers.drawers()[drawer - 1][1] != own.address:
        raise DrawNotAsAnchored("keys")
    return own


def _tell(said: str, facts: dict[str, Any], given: dict[str, Any]) -> None:
    if given["as_json"]:
        print_json(facts)
    else:
        say(said)

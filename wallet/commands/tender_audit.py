"""`suizheng tender audit`, `verify`: the whole procedure taken again, with nobody's word for it."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain.archived_documents import with_documents
from ledger.chain.client import LedgerClient
from ledger.chain.deployments import Deployment
from ledger.chain.tender_archive import gather, read
from ledger.chain.tender_reading import TenderReader
from ledger.errors import Refused
from ledger.licences.catalogue import LANGUAGES
from ledger.tenders.audit import messages
from ledger.tenders.audit.report import NAMES, AuditReport
from ledger.tenders.ids import TenderId
from ledger.values import LedgerRef
from ledger.verification.check import Result, Verdict
from ledger.verification.evidence import Query
from wallet.advice import spoken
from wallet.commands.options import FOLDER, HASH, PATH, json_option, ledger_options
from wallet.console import print_json, say
from wallet.exits import EXIT_INVALID, EXIT_OK, EXIT_UNCONFIRMED, UnavailableFailure
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.report import MARKS, STYLES, WORDS
from wallet.service import Service
from wallet.surroundings import Surroundings
from wallet.tenders.archived_bench import noting
from wallet.tenders.bundles import Bundle, open_bundle, write_bundle
from wallet.tenders.downloads import download
from wallet.tenders.holdings import Holdings
from wallet.tenders.judging import by_head, by_nobody, by_node, judge
from wallet.tenders.lines import OtherTenderLedger, tender_ledger
from wallet.tenders.opening import bench_of
from wallet.tenders.signers import key_ids
from wallet.trust import TrustedLedger

EXITS: Final = {
    Verdict.VALID: EXIT_OK,
    Verdict.INVALID: EXIT_INVALID,
    Verdict.UNCONFIRMED: EXIT_UNCONFIRMED,
}
_ALL: Final = "all"
_language: Final = click.option(
    "--language", type=click.Choice(LANGUAGES), help="Language of the sentences."
)
_require: Final = click.option(
    "--require",
    "required",
    type=click.Choice((*NAMES, _ALL)),
    multiple=True,
    help="Step that has to be taken: skipped, it leaves the verdict unconfirmed; repeat it.",
)


class VerdictCommand(click.Command):
    """A command whose exit code 1 is a verdict and nothing else: what cannot be read ends in 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """@inheritdoc."""
        try:
            return super().invoke(ctx)
        except Refused as exc:
            raise UnavailableFailure(spoken(exc)) from exc


@click.command(cls=VerdictCommand)
@click.argument("tender", type=HASH)
@click.option(
    "--archive",
    "archives",
    type=FOLDER,
    multiple=True,
    help="Folder with papers, sealed files, receipts, record.json; repeat it for several.",
)
@click.option("--service", "service_url", metavar="URL", help="Service to fetch all that from.")
@click.option("--out", type=PATH, help="Folder, or file ending in .tar, to write the bundle to.")
@_require
@_language
@ledger_options
@json_option
@click.pass_context
def audit(ctx: click.Context, /, tender: bytes, **given: Any) -> None:
    """Take TENDER again from publication to award: exit code 0 valid, 1 invalid, 2 unconfirmed.

    The events come from a node, with the receipts and headers that prove them; papers and sealed
    files from an archive or a service, found by their digests; without --service none is asked.
    Steps for which something is lacking are skipped, and named beside the verdict, which speaks of
    the others; --require asks for some, or for all. With --out everything is kept for suizheng
    tender verify.
    """
    with _gathered(given, tender) as holdings:
        _audit(ctx, TenderId(tender), holdings, given)


def _audit(ctx: click.Context, tender: TenderId, holdings: Holdings, given: dict[str, Any]) -> None:
    outside: Surroundings = ctx.obj
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with open_ledger(ledger) as client:
        keys, roots = key_ids(holdings), holdings.roots()
        archive = gather(client.node, client.deployment, tender, keys, roots)
        bundle = Bundle(archive, holdings)
        shown: set[Query] = set()
        report = _by_node(outside, client, bundle, shown)
        if given["out"] is not None and shown:
            buyer = read(archive, client.deployment).buyer
            assert buyer is not None  # the archive has the tender's publication
            archive = with_documents(client.node, client.deployment, archive, shown, buyer, keys)
    if given["out"] is not None:
        events = read(archive, ledger.deployment).events
        write_bundle(given["out"], archive, holdings.named_by(events))
    head = archive.head
    _tell(ctx, report, given, {"block": head.block, "hash": "0x" + head.hash.hex()})


@contextmanager
def _gathered(given: dict[str, Any], tender: bytes) -> Iterator[Holdings]:
    """Give what the archives hold, and what a service gave out, which is gone afterwards."""
    holdings = Holdings()
    for folder in given["archives"]:
        holdings.take(folder)
    if given["service_url"] is None:
        yield holdings
        return
    with (
        tempfile.TemporaryDirectory() as name,
        closing(Service(given["service_url"])) as service,
    ):
        download(service, tender, Path(name))
        holdings.take(Path(name))
        yield holdings


@click.command(cls=VerdictCommand)
@click.argument("bundle", type=PATH)
@click.option("--head", type=HASH, help="Hash of the bundle's last block, from whom you believe.")
@_require
@_language
@ledger_options
@json_option
@click.pass_context
def verify(ctx: click.Context, /, bundle: Path, **given: Any) -> None:
    """Judge a BUNDLE (folder or tar) off line: exit code 0 valid, 1 invalid, 2 unconfirmed.

    Nothing is asked of any network, unless --node is given. The contracts are those of a ledger
    that is trusted here, or of --deployment. Whose chain the blocks are of, somebody has to say: a
    node, or --head, the hash of the last block; else the verdict is unconfirmed at best. Steps are
    skipped and required as in suizheng tender audit.
    """
    outside: Surroundings = ctx.obj
    with open_bundle(bundle) as opened:
        ledger = _ledger_of(outside, opened.archive.ledger, given["deployment"])
        if given["nodes"]:
            with open_ledger(TrustedLedger(ledger, given["nodes"])) as client:
                report = _by_node(outside, client, opened)
        else:
            vouch = by_nobody if given["head"] is None else by_head(given["head"])
            report = judge(opened, ledger, vouch, outside.now())
        head = opened.archive.head
    _tell(ctx, report, given, {"block": head.block, "hash": "0x" + head.hash.hex()})


def _by_node(
    outside: Surroundings, client: LedgerClient, bundle: Bundle, shown: set[Query] | None = None
) -> AuditReport:
    """Judge with a node, which vouches for blocks and says what became of licences.

    What it was asked about is put into `shown`.
    """
    buyer = TenderReader(client.node, client.deployment).agency(bundle.archive.tender)
    bench = bench_of((), outside, client, buyer)
    bench = noting(bench, client.deployment, set() if shown is None else shown)
    return judge(bundle, client.deployment, by_node(client.node), outside.now(), bench)


def _ledger_of(outside: Surroundings, wanted: LedgerRef, file: Path | None) -> Deployment:
    """Return the deployment that the bundle is of; raise `OtherTenderLedger`, `NoLedgerTrusted`."""
    trust = outside.trust.load()
    known = [each.deployment for each in trust.ledgers if file is None]
    fitting = next((each for each in known if tender_ledger(each) == wanted), None)
    found = fitting or chosen_ledger(trust, file, ()).deployment
    if tender_ledger(found) != wanted:
        raise OtherTenderLedger(wanted.address, found.tenders.ledger)
    return found


def _tell(
    ctx: click.Context, report: AuditReport, given: dict[str, Any], head: dict[str, Any]
) -> None:
    required = given["required"]
    report = report.requiring(NAMES if _ALL in required else required)
    if given["as_json"]:
        print_json(report.to_json() | {"head": head})
    else:
        outside: Surroundings = ctx.obj
        _print(report, given["language"] or outside.language)
        say(f"# {head['block']} {head['hash']}", style="dim")
    ctx.exit(EXITS[report.verdict])


def _print(report: AuditReport, language: str) -> None:
    say(WORDS[language][report.verdict], style=STYLES[report.verdict])
    if report.skipped:
        titles = ", ".join(messages.step(name, language) for name in report.skipped)
        say(f"{MARKS[Result.SKIPPED]} {messages.skipped(language)}: {titles}")
    for name, check in zip(NAMES, report.checks, strict=True):
        said = messages.sentence(check.code, language)
        title = messages.step(name, language)
        say(f"{MARKS[check.result]} {check.number:>2} {title}: {said} [{check.code}]")
        if check.facts.get("notJudged"):
            say(f"     {messages.skipped(language)}: {', '.join(check.facts['notJudged'])}")
        _print_co_signers(check.facts, language)
        _print_few_copies(check.facts, language)
        for each in (*check.facts.get("faults", ()), *check.facts.get("open", ())):
            say("     " + ", ".join(f"{key} {value}" for key, value in each.items()))


def _print_co_signers(facts: Mapping[str, Any], language: str) -> None:
    for name in ("coSigned", "notCoSigned"):
        for each in facts.get(name, ()):
            title = messages.co_signed(language, is_signed=name == "coSigned")
            told = (each["capacity"], each.get("name"), each.get("signer"))
            place = f"{each['lot']}-{each['part']}"
            say(f"     {title} {place}: {', '.join(str(part) for part in told if part)}")


def _print_few_copies(facts: Mapping[str, Any], language: str) -> None:
    for each in facts.get("copies", ()):
        if each.get("isEnough") is False:
            place = f"{each['lot']}-{each['part']} {each['bidder']}"
            numbers = f"{each['copies']} < {each['wanted']} ({each['signedBy']})"
            say(f"     {messages.few_copies(language)}: {place}, {numbers}")

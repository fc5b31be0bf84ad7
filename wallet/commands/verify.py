"""`suizheng verify`: is this licence, or this decision about one, good? Needs no service."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from ledger.errors import Refused
from ledger.licences.catalogue import LANGUAGES, load_catalogue
from ledger.values import LedgerRef
from ledger.verification.check import Verdict
from ledger.verification.decision import is_decision
from ledger.verification.evidence import Evidence, Unreachable
from ledger.verification.policy import HolderRequest, Policy
from ledger.verification.proof_file import ProofFile
from ledger.verification.records import OpenedRecord, open_record, report_on
from wallet import evidence, links
from wallet.advice import spoken
from wallet.commands.options import FILE, MOMENT, json_option, ledger_options
from wallet.console import print_json
from wallet.documents import Held, read_held
from wallet.exits import EXIT_INVALID, EXIT_OK, EXIT_UNCONFIRMED, UnavailableFailure
from wallet.ledgers import chosen_ledger
from wallet.report import print_report
from wallet.surroundings import Surroundings
from wallet.trust import NoLedgerTrusted, Trust

NODE_AGE_SECONDS: Final = 300
BUNDLE_AGE_SECONDS: Final = 86_400
"""How old a bundle may be and still say that nothing was revoked (proposed: as a status list)."""
_EXITS: Final = {
    Verdict.VALID: EXIT_OK,
    Verdict.INVALID: EXIT_INVALID,
    Verdict.UNCONFIRMED: EXIT_UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the evidence shall come from."""

    bundle: Path | None
    nodes: tuple[str, ...]
    deployment: Path | None
    max_age: int | None


@click.command()
@click.argument("document", metavar="FILE|URL")
@click.option("--proof", type=FILE, help="Proof file; else the one beside FILE or inside it.")
@click.option("--licence", type=FILE, help="The licence that a decision is about.")
@click.option("--offline", "bundle", type=FILE, help="Signed bundle to use in place of a node.")
@click.option("--at", type=MOMENT, help="Judge for this time; else for now.")
@click.option("--audience", help="Ask for the holder's proof made for this audience.")
@click.option("--nonce", help="The nonce of that request; goes with --audience.")
@click.option("--max-age", type=click.IntRange(1), help="Oldest evidence taken, in seconds.")
@click.option(
    "--recognised", multiple=True, metavar="JURISDICTION", help="Accept licences of these alone."
)
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the sentences.")
@ledger_options
@json_option
@click.pass_context
def verify(ctx: click.Context, /, document: str, **given: Any) -> None:
    """Verify a licence or a decision: exit code 0 valid, 1 invalid, 2 unconfirmed.

    FILE is an SD-JWT with its proof beside it (name.sd-jwt, name.proof.json), or a proof file with
    the document inside. URL is the link of a QR code. FILE may be a decision as well (name.jwt);
    with --licence the ledger is also asked whether it did what the decision says. The verdict comes
    from a ledger, read through a node or from a signed bundle; the service is not asked. Exit code
    1 is a verdict and nothing else: what cannot be read for another reason than the document itself
    ends in 2.
    """
    outside: Surroundings = ctx.obj
    holder = _holder(given["audience"], given["nonce"])
    sources = Sources(given["bundle"], given["nodes"], given["deployment"], given["max_age"])
    now = outside.now()
    at = now if given["at"] is None else int(given["at"])
    try:
        held = _read(document, given["proof"])
        record = _opened(held, given["licence"], holder)
        gathered, ledgers = gather(outside, record, held.proof, sources, now=now, past=at < now)
    except Refused as exc:  # 1 is the verdict *invalid*: a wrong path says nothing about a licence
        raise UnavailableFailure(spoken(exc)) from exc
    policy = Policy(
        ledgers=ledgers,
        max_evidence_age=sources.max_age
        or (NODE_AGE_SECONDS if sources.bundle is None else BUNDLE_AGE_SECONDS),
        holder=holder,
        recognised=frozenset(given["recognised"]) or None,
    )
    report = report_on(record, gathered, policy, at, load_catalogue())
    if given["as_json"]:
        print_json(report.to_json())
    else:
        print_report(report, given["language"] or outside.language, now)
    ctx.exit(_EXITS[report.verdict])


def gather(
    outside: Surroundings,
    record: OpenedRecord,
    proof: ProofFile | None,
    sources: Sources,
    *,
    now: int,
    past: bool,
) -> tuple[Evidence, frozenset[LedgerRef]]:
    """Return the evidence from the source that was named, and the ledgers that are trusted."""
    trust = outside.trust.load()
    ledgers = {known.deployment.ledger for known in trust.ledgers}
    wanted = None if proof is None else proof.ledger
    if sources.bundle is not None:
        gathered = evidence.from_bundle(record, proof, sources.bundle, outside.trust, now=now)
        return gathered, frozenset(ledgers | _named(trust, sources))
    try:
        ledger = chosen_ledger(trust, sources.deployment, sources.nodes, wanted)
    except NoLedgerTrusted as exc:
        return Evidence(proof, Unreachable(str(exc))), frozenset()
    gathered = evidence.from_node(record, proof, ledger, now=now, past=past)
    return gathered, frozenset(ledgers | {ledger.deployment.ledger})


def _named(trust: Trust, sources: Sources) -> set[LedgerRef]:
    if sources.deployment is None:
        return set()
    return {chosen_ledger(trust, sources.deployment, ()).deployment.ledger}


def _read(document: str, proof: Path | None) -> Held:
    if links.is_link(document):
        return links.fetch(links.parse_link(document))
    return read_held(Path(document), proof)


def _opened(held: Held, licence: Path | None, holder: HolderRequest | None) -> OpenedRecord:
    if is_decision(held.document):
        if holder is not None:
            raise click.UsageError("A decision has no holder: leave --audience and --nonce out.")
        return open_record(held.document, None if licence is None else read_held(licence).document)
    if licence is not None:
        raise click.UsageError("--licence goes with a decision.")
    return open_record(held.document)


def _holder(audience: str | None, nonce: str | None) -> HolderRequest | None:
    if (audience is None) != (nonce is None):
        raise click.UsageError("--audience and --nonce go together.")
    if audience is None or nonce is None:
        return None
    return HolderRequest(audience, nonce)

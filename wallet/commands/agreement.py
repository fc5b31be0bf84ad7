"""`suizheng agreement`: what one jurisdiction recognises of another. Sent straight to the chain."""

import hashlib
from pathlib import Path
from typing import Any, Final

import click

from ledger.agreements.policy import AgreementPolicy
from ledger.agreements.terms import require_signed, sign_terms, terms_digest
from ledger.chain import agreement_calls as calls
from ledger.errors import TermsSignatureInvalid
from ledger.values import LedgerRef, Scope, Window, jurisdiction_id
from wallet.agreements import (
    SignedTerms,
    read_policy_file,
    read_signed_terms,
    require_policy,
    terms_of,
)
from wallet.commands.agreement_bundle import write_bundle
from wallet.commands.agreement_options import (
    AGREEMENT,
    BUNDLE,
    SCOPE,
    AgreementName,
    bundle_hash,
    require_scope,
)
from wallet.commands.agreement_reading import READING_COMMANDS
from wallet.commands.options import (
    FILE,
    MOMENT,
    Command,
    account_option,
    json_option,
    ledger_options,
    password_option,
)
from wallet.commands.sending import acting, send
from wallet.commands.serving import opened, serving
from wallet.console import note, print_json, say, when
from wallet.home import read_file, write_file
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings

_CAUSES: Final = 2**16 - 1
_POLICY: Final = click.argument("policy", type=FILE)
_BUNDLE: Final = click.option(
    "--bundle",
    type=BUNDLE,
    help="Manifest of rules and texts: file or SHA-256. About licences there is none.",
)
_VERSION: Final = click.argument("version", type=click.IntRange(1, 2**32 - 1))
_AGREEMENT: Final = click.argument("agreement", type=AGREEMENT)
_PARTY: Final = click.option(
    "--as", "party", required=True, metavar="JURISDICTION", help="The party that acts."
)


@click.group()
def agreement() -> None:
    """Agreements between two jurisdictions, by supervisors: TO recognises documents of FROM.

    AGREEMENT is FROM/TO/TYPE, such as MO/CN-GD/pass or MO/CN-GD/licence:cn.business-licence; POLICY
    is the policy document's file.
    """


def _window(command: Command) -> Command:
    """Add --from and --until, when the version is in force."""
    command = click.option(
        "--until", type=MOMENT, required=True, help="First second at which it is over."
    )(command)
    return click.option(
        "--from",
        "start",
        type=MOMENT,
        required=True,
        help="First second in force: 2 to 14 days on.",
    )(command)


@agreement.command()
@_POLICY
@_BUNDLE
@_window
@_PARTY
@acting("supervisor")
def propose(  # one parameter an option
    outside: Surroundings,
    policy: Path,
    bundle: bytes | None,
    start: int,
    until: int,
    party: str,
    **given: Any,
) -> None:
    """Propose the version that POLICY is. Supervisor of either party."""
    read = _announced(policy)
    terms = terms_of(read, bundle_hash(read, bundle), Window(start, until))
    proposer = jurisdiction_id(_party_of(read, party))
    send(outside, lambda d: calls.propose(d, terms, proposer), given)


@agreement.command(name="sign-terms")
@_POLICY
@_BUNDLE
@_window
@click.option("--out", type=FILE, required=True, help="File for the other party.")
@json_option
@password_option
@ledger_options
@account_option("supervisor")
@click.pass_obj
def sign_offline(  # one parameter an option
    outside: Surroundings,
    /,
    policy: Path,
    bundle: bytes | None,
    start: int,
    until: int,
    out: Path,
    **given: Any,
) -> None:
    """Sign POLICY's terms off line, so that the other party agrees in one step."""
    read = _announced(policy)
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    contract = LedgerRef(ledger.deployment.chain_id, ledger.deployment.recognition)
    terms = terms_of(read, bundle_hash(read, bundle), Window(start, until))
    account = outside.keyring.account(given["account"], given["passwords"].of(given["account"]))
    signed = SignedTerms(contract, terms, sign_terms(contract, terms, account.private_key))
    write_file(out, signed.to_json())
    if given["as_json"]:
        print_json({"signer": signed.signed.signer, "file": str(out)})
    else:
        say(f"{out}: signed by {signed.signed.signer}; hand it to the other party with the policy.")


@agreement.command()
@_POLICY
@click.argument("signed", type=FILE)
@_PARTY
@acting("supervisor")
def agree(outside: Surroundings, policy: Path, signed: Path, party: str, **given: Any) -> None:
    """Propose POLICY with the terms SIGNED by the other party: it is agreed in one step."""
    read = _announced(policy)
    offered = read_signed_terms(signed)
    require_policy(offered, read)
    _require_signed(outside, offered, given)
    terms = offered.terms
    note(f"In force from {when(terms.valid_from)} until {when(terms.valid_to)}")
    proposer = jurisdiction_id(_party_of(read, party))
    send(outside, lambda d: calls.agree(d, terms, proposer, offered.signed), given)


@agreement.command()
@_POLICY
@_BUNDLE
@acting("supervisor")
def sign(outside: Surroundings, policy: Path, bundle: bytes | None, **given: Any) -> None:
    """Sign the proposal that POLICY is of. Supervisor of the party that did not propose."""
    read = _announced(policy)
    terms = terms_of(read, bundle_hash(read, bundle), Window(0, 0))
    name = AgreementName(read.document["from"], read.document["to"], terms.record_type)
    hashes = (terms.policy_hash, terms.bundle_hash)
    send(outside, lambda d: calls.sign(d, name.id, terms.version, *hashes), given)


@agreement.command()
@_AGREEMENT
@_VERSION
@acting("supervisor")
def withdraw(outside: Surroundings, agreement: AgreementName, version: int, **given: Any) -> None:
    """Take a proposed VERSION back, for good. Supervisor of its proposer."""
    send(outside, lambda d: calls.withdraw(d, agreement.id, version), given)


@agreement.command()
@_AGREEMENT
@_VERSION
@_PARTY
@acting("supervisor")
def cancel(
    outside: Surroundings, agreement: AgreementName, version: int, party: str, **given: Any
) -> None:
    """Cancel a VERSION before it comes into force, for good. Supervisor of either party."""
    by = jurisdiction_id(_one_of(agreement.from_, agreement.to, party))
    send(outside, lambda d: calls.cancel(d, agreement.id, version, by), given)


@agreement.command()
@_AGREEMENT
@_VERSION
@click.option("--cause", type=click.IntRange(0, _CAUSES), required=True, help="Cause, a number.")
@click.option(
    "--until", type=MOMENT, required=True, help="When it ends of itself: 30 days at most."
)
@click.option("--scope", type=SCOPE, default="all", show_default=True, help="What it covers.")
@acting("supervisor")
def suspend(  # one parameter an option
    outside: Surroundings,
    agreement: AgreementName,
    version: int,
    cause: int,
    until: int,
    scope: tuple[Scope, bytes],
    **given: Any,
) -> None:
    """Suspend a VERSION at once. Supervisor of TO alone.

    Scopes: all, key:KID, agency:JURISDICTION/CODE; grade:CODE and port:NAME for health documents.
    """
    require_scope(agreement, scope[0])
    send(outside, lambda d: calls.suspend(d, agreement.id, version, cause, until, *scope), given)


@agreement.command()
@_AGREEMENT
@_VERSION
@click.argument("index", type=click.IntRange(0))
@acting("supervisor")
def lift(
    outside: Surroundings, agreement: AgreementName, version: int, index: int, **given: Any
) -> None:
    """End the suspension INDEX, as `show` numbers it. Supervisor of TO alone."""
    send(outside, lambda d: calls.lift(d, agreement.id, version, index), given)


@agreement.command()
@_AGREEMENT
@_VERSION
@click.option("--at", type=MOMENT, help="Its end; not asked for while it is suspended.")
@_PARTY
@acting("supervisor")
def terminate(  # one parameter an option
    outside: Surroundings,
    agreement: AgreementName,
    version: int,
    at: int | None,
    party: str,
    **given: Any,
) -> None:
    """End a VERSION after its notice, or at once while it is suspended. Either supervisor."""
    by = jurisdiction_id(_one_of(agreement.from_, agreement.to, party))
    send(outside, lambda d: calls.terminate(d, agreement.id, version, by, at or 0), given)


@agreement.command()
@click.argument("files", type=FILE, nargs=-1, required=True)
@serving
def publish(outside: Surroundings, /, files: tuple[Path, ...], **given: Any) -> None:
    """Give the service the documents of an agreement: policy, manifest of the bundle, its files.

    A policy may be published before anybody signs it, the manifest once it is proposed, and then
    the files that it names. A policy from a jurisdiction to itself is for its own passes, and comes
    from its supervisor. Supervisors and administrators.
    """
    kept = []
    with opened(outside, given) as service:
        for path in files:
            content = read_file(path)
            digest = "0x" + hashlib.sha256(content).hexdigest()
            answer = service.put(f"/v1/policies/{digest}", content, "application/octet-stream")
            kept.append({"file": str(path), "digest": digest, "kind": answer.get("kind")})
    if given["as_json"]:
        print_json(kept)
    else:
        for each in kept:
            say(f"{each['file']}: kept as {each['digest']} ({each['kind']})")


for _command in (*READING_COMMANDS, write_bundle):
    agreement.add_command(_command)


def _announced(path: Path) -> AgreementPolicy:
    """Read a policy and say beside the result what it is about to be acted on."""
    policy = read_policy_file(path)
    about = policy.document
    note(
        f"Policy 0x{policy.digest.hex()}: {about['to']} recognises {about['recordType']} "
        f"of {about['from']}, version {about['version']}"
    )
    return policy


def _require_signed(outside: Surroundings, offered: SignedTerms, given: dict[str, Any]) -> None:
    """Raise `TermsSignatureInvalid` before a transaction is paid for that would be refused.

    What no key of the signer's own made may be a contract's signature, which that contract judges.
    """
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    contract = LedgerRef(ledger.deployment.chain_id, ledger.deployment.recognition)
    signed = offered.signed
    try:
        require_signed(contract, offered.terms, signed)
    except TermsSignatureInvalid:
        digest = terms_digest(contract, offered.terms)
        with open_ledger(ledger) as client:
            if not client.accepts_signature(signed.signer, digest, signed.signature):
                raise


def _party_of(policy: AgreementPolicy, party: str) -> str:
    return _one_of(policy.document["from"], policy.document["to"], party)


def _one_of(from_: str, to: str, party: str) -> str:
    if party not in {from_, to}:
        raise click.BadParameter(f"{party!r} is neither {from_} nor {to}.", param_hint="--as")
    return party

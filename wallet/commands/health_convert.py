"""`suizheng health convert`: what a traveller carries becomes passes of the other side."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from ledger.agreements.health_policy import Policy
from ledger.canonical import b64url_encode
from ledger.chain.recognition import RecognitionClient
from ledger.errors import Refused
from ledger.health import passes, qr_text
from ledger.health.hcert import envelope
from ledger.keys import PrivateKey, PublicKey
from ledger.licences.catalogue import LANGUAGES
from ledger.values import jurisdiction_id
from wallet.agreements import read_health_policy_file
from wallet.code_sources import codes_of
from wallet.commands.health_pass import folder_of
from wallet.commands.options import (
    AGENCY,
    FILE,
    AgencyName,
    json_option,
    ledger_options,
    password_option,
    service_option,
)
from wallet.console import note, print_json, say, waiting
from wallet.health.conversions import (
    Asked,
    Brought,
    Carried,
    ConversionFolder,
    Invitation,
    Terms,
    receipts_of,
    sealed_application,
    sealed_visit,
)
from wallet.health.one_time import SALT_BYTES, one_time_key
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.service import AnswerMalformed, Service, ServiceRefused, new_key
from wallet.surroundings import Surroundings

FOLDER = "conversions"
_WAITS = "TransferNotAnchored"
"""A refusal that may pass by itself: the same is sent again."""


@dataclass(eq=False)
class PolicyNotInForce(Refused):
    """The ledger does not name this policy as the one in force. Get the present one."""

    policy_hash: bytes


@dataclass(eq=False)
class NotOneCode(Refused):
    """The file does not hold exactly one code that begins with HC1:. Give the file of one code."""

    found: int


@dataclass(eq=False)
class TransferToAnother(Refused):
    """The transfer is for another agreement than the policy is of. Get one for this agreement."""

    target: str
    version: int


def conversions_of(outside: Surroundings) -> ConversionFolder:
    """Return the conversions of this wallet."""
    return ConversionFolder(outside.home / FOLDER)


@click.command()
@click.argument("transfer", type=FILE, required=False)
@click.option("--code", metavar="FILE", help="A foreign code instead: picture, or text file.")
@click.option("--person", type=FILE, help="With --code: your travel document, as JSON.")
@click.option("--agency", type=AGENCY, help="The health authority that is to issue the passes.")
@click.option("--policy", type=FILE, help="The agreement's policy document.")
@click.option("--key", default="me", show_default=True, help="Holder key of the transfer.")
@click.option("--purpose", "purposes", multiple=True, help="What you consent to; may be repeated.")
@click.option("--count", type=click.IntRange(0, 64), default=8, show_default=True)
@click.option("--port", help="Where you mean to cross, if the agreement has quotas.")
@click.option("--language", type=click.Choice(LANGUAGES), help="Language of the consent text.")
@click.option("--yes", is_flag=True, help="Consent without being asked.")
@click.option("--resume", is_flag=True, help="Ask again for the answer to the last one.")
@service_option
@ledger_options
@password_option
@json_option
@click.pass_obj
def convert(outside: Surroundings, /, transfer: Path | None, **given: Any) -> None:
    """Convert a TRANSFER of your home authority into passes of another jurisdiction.

    You see what is handed to whom, for how long, and the grade to expect; only then is your consent
    signed, one for each purpose, and all is sealed to that authority. The two authorities do not
    speak to each other. --count 0 asks for one pass on paper.

    With --code a visitor's code of another country (HC1:) becomes passes bound to the passport that
    --person tells: name as in its machine-readable zone (SURNAME<<GIVEN<NAMES), birthDate,
    documentType, documentIssuer, documentNumber.
    """
    folder = conversions_of(outside)
    if given["resume"]:
        _finish(outside, folder, as_json=given["as_json"])
        return
    if given["agency"] is None or given["policy"] is None:
        raise click.UsageError("TRANSFER or --code, --agency and --policy are needed.")
    folder.check_free()
    carried, policy = _carried(transfer, given), read_health_policy_file(given["policy"])
    _check_in_force(outside, policy, given)
    purposes = _purposes(policy, given["purposes"])
    language = given["language"] or outside.language
    _show_terms(carried, policy, purposes, language)
    if not given["yes"]:
        click.confirm("Do you consent?", abort=True, err=True)
    signer = outside.keyring.signer(given["key"], given["passwords"].of(given["key"]))
    _ask(outside, folder, (carried, policy, purposes, language), signer, given)
    _finish(outside, folder, as_json=given["as_json"])


def _purposes(policy: Policy, asked: tuple[str, ...]) -> tuple[str, ...]:
    """Return what is consented to: as asked, or the first that the policy knows."""
    known = tuple(policy.document["purposes"].values())
    if unknown := [each for each in asked if each not in known]:
        told = f"{', '.join(unknown)}: the policy knows {', '.join(known)}."
        raise click.BadParameter(told, param_hint="--purpose")
    return asked or known[:1]


def _carried(transfer: Path | None, given: Mapping[str, Any]) -> Carried | Brought:
    """Return what is to be converted; fail unless it is one of the two."""
    code, person = given["code"], given["person"]
    if transfer is not None and code is None and person is None:
        return Carried.read(transfer)
    if transfer is not None or code is None or person is None:
        raise click.UsageError("Give either TRANSFER, or --code with --person.")
    found = [text for text in codes_of(code) if text.startswith(envelope.PREFIX)]
    if len(found) != 1:
        raise NotOneCode(len(found))
    return Brought.read(found[0], person)


def new_keys(
    outside: Surroundings, name: str, holder: PrivateKey, count: int
) -> Sequence[PublicKey]:
    """Return fresh one-time keys, remembered for the passes that will come back."""
    salts = [outside.randomness(SALT_BYTES) for _ in range(count)]
    keys = [one_time_key(holder, salt).public_key for salt in salts]
    folder_of(outside).ask(name, zip(keys, salts, strict=True))
    return keys


def keep_passes(outside: Surroundings, answer: Mapping[str, Any], url: str) -> int:
    """Keep the passes of an answer; return how many. Raises `AnswerMalformed`."""
    known, folder = outside.keyring.list(), folder_of(outside)
    try:
        texts = [str(each["code"]) for each in answer["passes"]]
    except (KeyError, TypeError) as exc:
        raise AnswerMalformed(url) from exc
    for text in texts:
        folder.add(qr_text.decode(passes.PREFIX, text), known)
    return len(texts)


def invited(service: Service, agency: str, port: str | None) -> Invitation:
    """Return a nonce of the authority's, and whom to seal to; raise `AnswerMalformed`."""
    found = service.post("/v1/health/conversions/nonces", {"agency": named(agency)})
    try:
        nonce = bytes.fromhex(found["nonce"].removeprefix("0x"))
        return Invitation(nonce, str(found["recipient"]), str(found["jurisdiction"]), port)
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def named(agency: str) -> dict[str, str]:
    """Return an agency as the service reads it."""
    jurisdiction, _, code = agency.partition("/")
    return {"jurisdiction": jurisdiction, "code": code}


def _check_in_force(outside: Surroundings, policy: Policy, given: dict[str, Any]) -> None:
    document = policy.document
    parties = jurisdiction_id(document["from"]), jurisdiction_id(document["to"])
    chosen = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with waiting("Asking the ledger"), open_ledger(chosen) as client:
        known = RecognitionClient(client.node, client.deployment)
        found = known.in_force_at(*parties, policy.record_type, outside.now()).in_force
    if found is None or found.version.policy_hash != policy.digest:
        raise PolicyNotInForce(policy.digest)


def _show_terms(
    carried: Carried | Brought, policy: Policy, purposes: Sequence[str], language: str
) -> None:
    document = policy.document
    grade = policy.grade_for(_grade_of(carried, policy))
    scale = {each["code"]: each["texts"][language] for each in document["grades"]["to"]}
    note(f"Agreement {document['from']} to {document['to']}, version {document['version']}")
    note(f"Handed over: {', '.join(document['consent']['fields'])}")
    note(f"To: {', '.join(document['consent']['recipients'])}")
    note(f"Kept for: {document['retention']['consent']}")
    note(f"For: {', '.join(purposes)}")
    note(f"Grade to expect: {'none, it will be refused' if grade is None else scale[grade]}")


def _grade_of(carried: Carried | Brought, policy: Policy) -> int:
    """Return FROM's grade of what is carried; a foreign code counts as the best."""
    document = policy.document
    if isinstance(carried, Brought) != (document["recordType"] == "health:hcert"):
        raise TransferToAnother(document["to"], document["version"])
    if isinstance(carried, Brought):
        return int(min(document["grades"]["from"], key=lambda grade: grade["order"])["code"])
    content = carried.content
    parties = (content.source, content.target, content.version)
    if parties != (document["from"], document["to"], document["version"]):
        raise TransferToAnother(content.target, content.version)
    return content.grade


def _ask(
    outside: Surroundings,
    folder: ConversionFolder,
    terms: tuple[Carried | Brought, Policy, Sequence[str], str],
    signer: PrivateKey,
    given: dict[str, Any],
) -> None:
    carried, policy, purposes, language = terms
    agency: AgencyName = given["agency"]
    now, randomness = outside.now(), outside.randomness
    receipts = receipts_of(policy, purposes, language, signer, now, randomness)
    with closing(Service(given["service_url"], wait=outside.clocks.pause)) as service:
        invitation = invited(service, str(agency), given["port"])
    keys = new_keys(outside, given["key"], signer, given["count"])
    made = (receipts, keys, invitation, signer, now, randomness)
    if isinstance(carried, Brought):
        sealed = sealed_visit(carried, *made)
    else:
        sealed = sealed_application(carried, *made)
    consents = tuple(each.document.decode() for each in receipts)
    asked = Asked(given["service_url"], str(agency), new_key(), given["key"], sealed, consents)
    folder.ask(asked)


def _finish(outside: Surroundings, folder: ConversionFolder, *, as_json: bool) -> None:
    """Send what is pending, and keep what comes of it; one that is refused is forgotten."""
    asked = folder.pending()
    form = {"agency": named(asked.agency), "sealed": b64url_encode(asked.sealed)}
    with closing(Service(asked.service, wait=outside.clocks.pause)) as service:
        try:
            answer = service.post("/v1/health/conversions", form, asked.key)
        except ServiceRefused as refused:
            if refused.name != _WAITS:
                folder.drop()
            raise
    count = keep_passes(outside, answer, asked.service)
    try:
        holder, ends_at = str(answer["holder"]).removeprefix("0x"), str(answer["endsAt"])
    except KeyError as exc:
        raise AnswerMalformed(asked.service) from exc
    terms = Terms(holder, asked.service, asked.agency, asked.holder, ends_at, asked.consents)
    folder.keep(terms)
    written = answer.get("hcert")
    path = folder.keep_certificate(terms, written) if isinstance(written, str) else None
    if as_json:
        kept = None if path is None else str(path)
        print_json({"name": holder, "passes": count, "endsAt": ends_at, "hcert": kept})
        return
    say(f"{count} passes kept. Show one: suizheng health pass show --key {asked.holder}")
    if path is not None:
        say(f"Your certificate, written anew for other countries' readers, is in {path}.")

"""`suizheng tender publish`, `amend`, `bring`: documents onto the chain and to the service."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import astuple, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import click

from ledger.chain import publication_calls
from ledger.chain.client import LedgerClient
from ledger.chain.tender_reading import TenderReader
from ledger.keys import PublicKey
from ledger.licences.catalogue import load_catalogue
from ledger.tenders.contract_errors import PolicyNotRegistered
from ledger.tenders.documents import Documents
from ledger.tenders.documents import read as read_documents
from ledger.tenders.ids import TenderId, ref_of
from ledger.tenders.papers import PaperRole
from ledger.tenders.policy.document import TenderPolicy
from ledger.tenders.policy.ends import Ends, legal_lead
from ledger.tenders.policy.terms import terms_of
from ledger.values import KeyId, KeyState, KeyUsage, jurisdiction_id
from wallet.commands.options import FILE, FOLDER, HASH, MOMENT, service_option
from wallet.commands.serving import opened, serving
from wallet.commands.tender_officers import (
    TENDERER,
    acts,
    ledger_client,
    require_taken,
    sent,
    tell,
    tender_argument,
)
from wallet.console import note, print_json, print_table, say
from wallet.home import write_file
from wallet.service import Service, ServiceRefused
from wallet.surroundings import Surroundings
from wallet.tenders.deadlines import END_NAMES, ends_of_amendment, ends_of_publication
from wallet.tenders.drafts import Draft, NamedFile, read_draft
from wallet.tenders.exits import TenderCommand
from wallet.tenders.folders import DOCUMENTS
from wallet.tenders.paper_desk import bring, read
from wallet.tenders.published import require_replicas, require_same_tender
from wallet.tenders.standing_request import Requesting, audience_of, with_request
from wallet.uploads import UploadBody

_JSON: Final = "application/json"
_BROUGHT: Final = [each.value for each in PaperRole if each is not PaperRole.COSIGNATURE]
"""Roles of papers that officers bring; co-signatures come by suizheng tender cosign."""
_LEAD: Final = "objectionLead"
_NOT_FOUND: Final = 404
_submit_end = click.option(
    "--submit-end", type=MOMENT, help="Deadline for bids; else the earliest that is lawful."
)

_sign_with = click.option(
    "--sign-with",
    metavar="KEY",
    help="Agency's key of usage requests that makes the standing request for licences.",
)


@click.command(cls=TenderCommand)
@click.argument("folder", type=FOLDER)
@_submit_end
@_sign_with
@service_option
@acts(TENDERER)
def publish(outside: Surroundings, folder: Path, submit_end: int | None, **given: Any) -> None:
    """Publish the tender in FOLDER: documents to the service, their digest onto the chain.

    FOLDER holds tender.json: agency (JURISDICTION/CODE), number, title, lots (their titles), policy
    (a preset's name, or a file's), threshold, evaluators (name, recipient); and where there are
    any parts, trusteeNames, bondAuthority, requirements, criteria, ceiling (amount, currency),
    bond that each bid brings and estimate that the law bounds it by (the same members, and the
    smallest lot's where there are several), performanceBond (share of the contract's price),
    mailbox (JURISDICTION/CODE), previous, coSigners of the opening record (supervisor: true;
    notary: name, key). Trustees' statements lie below trustees/, and every other
    file is one of the documents. Requirements come with a standing request that bidders'
    presentations answer, standing-request.jwt: made by --sign-with where it is not there, and
    refused where it is not the agency's, for this tender, its requirements and its deadline.

    Deadlines are counted by the policy's calendar; nothing is sent that falls short of the law, nor
    to a service that keeps sealed files on fewer stores than the policy wants.
    FOLDER gets documents.json. The same folder serves bidders: suizheng tender fetch.
    """
    draft = read_draft(folder)
    with ledger_client(outside, given) as client:
        reader = TenderReader(client.node, client.deployment)
        _require_registered(reader, draft)
        with closing(Service(given["service_url"])) as service:
            require_replicas(service, draft.policy)
        at = client.head().time
        ends = ends_of_publication(draft.policy, at, submit_end, mailbox=draft.has_mailbox)
        draft = with_request(draft, folder, _requesting(outside, client, draft, ends, given))
        encoded, found = _documents(outside, draft, reader, 1, at)
        call = publication_calls.publish(client.deployment, draft.announcement(found, ends))
        require_taken(outside, client, call, given)
        write_file(folder / DOCUMENTS, encoded)
        _bring_all(outside, folder, draft, given)
        receipt = sent(outside, client, call, given)
    _show_ends(draft.policy, ends, given)
    tell(f"Tender 0x{draft.tender.hex()} is published.", _facts(draft, found, ends), receipt, given)


@click.command(cls=TenderCommand)
@click.argument("folder", type=FOLDER)
@click.option("--affects-bids/--clarifies", required=True, help="Whether bids must change.")
@_submit_end
@_sign_with
@service_option
@acts(TENDERER)
def amend(  # one parameter an option
    outside: Surroundings, folder: Path, *, affects_bids: bool, submit_end: int | None, **given: Any
) -> None:
    """Replace the documents of a published tender by those in FOLDER, before the deadline.

    What affects bids moves the deadline so far that bidders have the law's time. No end ever moves
    earlier, and trustees, lots and policy stay what they are. A later deadline wants a new standing
    request for licences (--sign-with).
    """
    draft = read_draft(folder)
    with ledger_client(outside, given) as client:
        reader = TenderReader(client.node, client.deployment)
        stored, at = reader.tender(draft.tender), client.head().time
        present = reader.ends(draft.tender, 1)
        ends = ends_of_amendment(draft.policy, at, present, submit_end, affects_bids=affects_bids)
        asking = _requesting(outside, client, draft, ends, given)
        former = _former_audience(outside, draft.tender, stored.docs, given)
        draft = with_request(draft, folder, replace(asking, former=former))
        encoded, found = _documents(outside, draft, reader, stored.version + 1, at)
        require_same_tender(found, reader)
        call = publication_calls.amend(
            client.deployment, draft.tender, found.digest, ends, affects_bids=affects_bids
        )
        require_taken(outside, client, call, given)
        write_file(folder / DOCUMENTS, encoded)
        _bring_all(outside, folder, draft, given)
        receipt = sent(outside, client, call, given)
    _show_ends(draft.policy, ends, given)
    said = f"Version {stored.version + 1} of the documents is published."
    tell(said, _facts(draft, found, ends), receipt, given)


@click.command(name="bring", cls=TenderCommand)
@tender_argument
@click.argument("role", type=click.Choice(_BROUGHT))
@click.argument("papers", type=FILE, nargs=-1, required=True)
@click.option("--media-type", default="application/octet-stream", show_default=True)
@click.option("--number", help="Project number, for a tender that is not published yet.")
@click.option(
    "--lot",
    "lots",
    type=click.IntRange(0, 63),
    multiple=True,
    help="A lot that a paper of role supervision or bond-return tells of.",
)
@click.option("--filing", type=HASH, help="What was filed that it answers, or refuses to take up.")
@serving
def bring_papers(  # one parameter an option
    outside: Surroundings, /, tender: bytes, role: str, papers: Sequence[Path], **given: Any
) -> None:
    """Give the service PAPERS of TENDER, which all may read once the chain has their digests.

    Objections and complaints stay with the officers, score sheets until the report, the names of
    the committee until the award. An answer to what was filed at the service and never came onto
    the chain, or its refusal, names it by --filing: a question's is of role answer, an objection's
    answer-to-objection, a complaint's decision, which the supervisor brings.
    """
    told: dict[str, str | Sequence[int]] = {"mediaType": given["media_type"], "lot": given["lots"]}
    if given["filing"]:
        told["filing"] = "0x" + given["filing"].hex()
    if given["number"]:
        told["ref"] = "0x" + ref_of(given["number"]).hex()
    with opened(outside, given) as service:
        kept = [
            bring(service, TenderId(tender), PaperRole(role), UploadBody(path), told)
            for path in papers
        ]
    if given["as_json"]:
        print_json(kept)
        return
    for path, each in zip(papers, kept, strict=True):
        say(f"{path}: kept as {each['sha256']}")


def _require_registered(reader: TenderReader, draft: Draft) -> None:
    """Raise `PolicyNotRegistered` before anything is made that nobody could publish."""
    terms = terms_of(draft.policy)
    if reader.terms(terms.id) != terms:
        place = jurisdiction_id(draft.said["agency"].partition("/")[0])
        raise PolicyNotRegistered(place, terms.id)


def _requesting(
    outside: Surroundings, client: LedgerClient, draft: Draft, ends: Ends, given: Mapping[str, Any]
) -> Requesting:
    name, at = given["sign_with"], client.head().time

    def key_of(key_id: bytes) -> PublicKey | None:
        found = client.key(draft.agency, KeyId(key_id))
        if found is None or found.frozen or found.state_at(at) is not KeyState.ACTIVE:
            return None
        return found.public_key if KeyUsage.REQUESTS in found.usage else None

    return Requesting(
        key_of=key_of,
        catalogue=load_catalogue(),
        signer=outside.keyring.signer(name, given["passwords"].of(name)) if name else None,
        issuer=f"{given['service_url'].rstrip('/')}/agencies/{draft.said['agency']}",
        at=at,
        submit_end=ends.submit_end,
    )


def _former_audience(
    outside: Surroundings, tender: TenderId, docs: bytes, given: Mapping[str, Any]
) -> str | None:
    """Return whom presentations to the present documents are made for; None where none are."""
    try:
        with opened(outside, dict(given)) as service:
            present = read_documents(read(service, tender, docs))
            return audience_of(present, lambda digest: read(service, tender, digest))
    except ServiceRefused as exc:
        if exc.status != _NOT_FOUND:
            raise
        note("The service lacks the present documents: nobody compared whom licences are shown to.")
        return None


def _documents(
    outside: Surroundings, draft: Draft, reader: TenderReader, version: int, at: int
) -> tuple[bytes, Documents]:
    created = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return draft.documents(reader.ledger, version, created, outside.randomness)


def _bring_all(outside: Surroundings, folder: Path, draft: Draft, given: Mapping[str, Any]) -> None:
    """Bring the manifest's files, then the manifest."""
    ref = "0x" + draft.ref.hex()
    manifest = NamedFile(folder / DOCUMENTS, {"mediaType": _JSON})
    wanted = [(PaperRole.FILE, each) for each in draft.files] + [(PaperRole.DOCS, manifest)]
    with opened(outside, dict(given)) as service:
        for role, each in wanted:
            told = {"mediaType": each.named["mediaType"], "ref": ref}
            bring(service, draft.tender, role, UploadBody(each.path), told)
    note(f"{len(wanted)} papers are at {given['service_url']}")


def _show_ends(policy: TenderPolicy, ends: Ends, given: Mapping[str, Any]) -> None:
    if given["as_json"]:
        return
    moments = dict(zip(END_NAMES, astuple(ends), strict=True)) | _objections(policy, ends)
    shown = {name: policy.calendar.shown(at, is_end=True) for name, at in moments.items()}
    rows = (
        (name, f"{each.day} {each.clock} {each.zone}", each.utc) for name, each in shown.items()
    )
    print_table(("END", "LOCAL", "UTC"), rows)


def _objections(policy: TenderPolicy, ends: Ends) -> dict[str, int]:
    """Return until when the documents may be objected to, where the law says that (R22)."""
    if _LEAD not in policy.periods:
        return {}
    return {"objectionsUntil": legal_lead(policy, _LEAD, ends.submit_end).at}


def _facts(draft: Draft, found: Documents, ends: Ends) -> dict[str, Any]:
    return {
        "tender": "0x" + draft.tender.hex(),
        "docs": "0x" + found.digest.hex(),
        "policy": "0x" + terms_of(draft.policy).id.hex(),
        "ends": dict(zip(END_NAMES, astuple(ends), strict=True)),
        **_objections(draft.policy, ends),
    }

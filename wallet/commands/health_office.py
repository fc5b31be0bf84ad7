"""`suizheng health transfer`, `issue`, `counts`: what a health authority asks of its service."""

from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import b64url_decode, parse_object
from ledger.health.scan_counts import hour_of
from ledger.verification.check import rfc3339
from ledger.verification.proof_file import ProofFile
from wallet.commands.counts import SCAN_COUNTS, show_counts
from wallet.commands.options import AGENCY, FILE, MOMENT, AgencyName
from wallet.commands.serving import (
    POLL_SECONDS,
    WAIT_SECONDS,
    StillUnderWay,
    opened,
    proof_of,
    serving,
)
from wallet.console import print_json, say, waiting
from wallet.health.conversions import Carried
from wallet.home import read_file, write_file
from wallet.service import AnswerMalformed, Service
from wallet.surroundings import Surroundings

_DAY: Final = 86_400


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("form", type=FILE)
@click.option("--out", type=FILE, default="transfer.json", show_default=True)
@serving
def transfer(
    outside: Surroundings, /, agency: AgencyName, form: Path, out: Path, **given: Any
) -> None:
    """Sign a transfer for a traveller, as AGENCY of their home, and wait for its anchor.

    FORM is JSON of target, version, grade, holderKey, person and test, as /v1/health/transfers
    takes it. The file written is for the traveller to convert within ten minutes.
    """
    body = parse_object(read_file(form)) | {"agency": _named(agency)}
    with opened(outside, given) as service:
        answer = service.post("/v1/health/transfers", body)
        try:
            document, digest = b64url_decode(answer["transfer"]), str(answer["digest"])
        except KeyError as exc:
            raise AnswerMalformed(service.base_url) from exc
        carried = Carried(document, _anchored(outside, service, digest))
    write_file(out, carried.to_json())
    if given["as_json"]:
        print_json({"digest": digest, "expiresAt": answer.get("expiresAt"), "file": str(out)})
    else:
        say(f"{out} is for the traveller, to be converted by {answer.get('expiresAt')}.")


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("form", type=FILE)
@click.option("--out", type=FILE, default="passes.txt", show_default=True)
@serving
def issue(
    outside: Surroundings, /, agency: AgencyName, form: Path, out: Path, **given: Any
) -> None:
    """Issue passes of AGENCY, as FORM has terms and recipients; write their codes, one a line.

    FORM is JSON of terms and recipients as /v1/health/passes takes it; a recipient's keys are those
    of `suizheng health pass request`, and none for a pass on paper.
    """
    body = parse_object(read_file(form)) | {"agency": _named(agency)}
    with opened(outside, given) as service:
        answer = service.post("/v1/health/passes", body)
        try:
            codes = [each["code"] for holder in answer["holders"] for each in holder["passes"]]
        except (KeyError, TypeError) as exc:
            raise AnswerMalformed(service.base_url) from exc
    write_file(out, "".join(f"{code}\n" for code in codes).encode())
    if given["as_json"]:
        print_json({"passes": len(codes), "file": str(out)})
    else:
        say(f"{len(codes)} passes are in {out}. Keep them: suizheng health pass add {out}")


@click.command(name="trust-list")
@click.argument("agency", type=AGENCY)
@click.argument("form", type=FILE)
@serving
def trust_list(outside: Surroundings, /, agency: AgencyName, form: Path, **given: Any) -> None:
    """Bring a trust list of others' codes, as a registrar of AGENCY, for its gates.

    FORM is JSON of source, sequence, issuedAt, authorities and certificates, as
    /v1/health/trust-lists takes it. What is left out, and keys to look at, are told.
    """
    body = parse_object(read_file(form)) | {"agency": _named(agency)}
    with opened(outside, given) as service:
        told = service.post("/v1/health/trust-lists", body)
    if given["as_json"]:
        print_json(told)
        return
    say(f"{told.get('source')}: {told.get('keys')} keys, sequence {told.get('sequence')}")
    for each in told.get("leftOut", ()):
        say(f"  left out {each['sha256']}: {each['reason']}")
    for each in told.get("successors", ()):
        say(f"  look at {each['kid']}: {', '.join(each['faults'])}")


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("form", type=FILE)
@serving
def revocations(outside: Surroundings, /, agency: AgencyName, form: Path, **given: Any) -> None:
    """Bring lists of withdrawn foreign codes, as a registrar of AGENCY, for its gates.

    FORM is JSON of sequence, asOf and lists, as /v1/health/revocations takes it.
    """
    body = parse_object(read_file(form)) | {"agency": _named(agency)}
    with opened(outside, given) as service:
        told = service.post("/v1/health/revocations", body)
    if given["as_json"]:
        print_json(told)
    else:
        say(f"Revocation lists of {told.get('asOf')}: {len(told.get('kids', ()))} keys")


@click.command()
@click.argument("agency", type=AGENCY)
@click.option("--since", type=MOMENT, help="Leave earlier hours out; else the last day.")
@click.option("--until", type=MOMENT, help="Leave hours that begin from then on out.")
@click.option("--port", help="Tell of this port alone.")
@serving
def counts(outside: Surroundings, /, agency: AgencyName, port: str | None, **given: Any) -> None:
    """Say how many people the gates of AGENCY answered how, by hour, port and reason.

    For accounts of the agency; of what its gates handed over (suizheng gate log push). Nobody is in
    it by more than a number. ACCEPT with a reason is an officer's word, and DENY without one.
    """
    since = hour_of(outside.now() - _DAY) if given["since"] is None else given["since"]
    span = {"from": rfc3339(since)}
    if given["until"] is not None:
        span["to"] = rfc3339(given["until"])
    told: list[dict[str, Any]] = []
    with opened(outside, given) as service:
        cursor, is_first = None, True
        while is_first or cursor is not None:
            page = service.get(SCAN_COUNTS, agency=str(agency), cursor=cursor, **span)
            told += _flat(service, page, port)
            cursor, is_first = page.get("nextCursor"), False
    if given["as_json"]:
        print_json(told)
    else:
        show_counts(told)


def _flat(service: Service, page: dict[str, Any], port: str | None) -> list[dict[str, Any]]:
    try:
        return [
            {"hour": each["hour"], "port": each["port"]} | count
            for each in page["hours"]
            if port is None or each["port"] == port
            for count in each["counts"]
        ]
    except (KeyError, TypeError) as exc:
        raise AnswerMalformed(service.base_url) from exc


def _anchored(outside: Surroundings, service: Service, digest: str) -> ProofFile:
    """Return the proof once there is one; raise `StillUnderWay` after a minute."""
    deadline = outside.clocks.monotonic() + WAIT_SECONDS
    with waiting("Waiting for the block"):
        while (proof := proof_of(service, digest)) is None:
            if outside.clocks.monotonic() > deadline:
                raise StillUnderWay("issued")
            outside.clocks.pause(POLL_SECONDS)
    return proof


def _named(agency: AgencyName) -> dict[str, str]:
    return {"jurisdiction": agency.jurisdiction, "code": agency.code}

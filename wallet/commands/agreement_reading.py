"""`suizheng agreement list`, `show` and `check-policy`: what stands, and what would."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click

from ledger.agreements.agreement import Agreement, Suspension, Version
from ledger.agreements.history import AgreementUnknown
from ledger.agreements.policy import AgreementPolicy
from ledger.chain.recognition import RecognitionClient
from ledger.values import HEALTH_KIND, AgreementState, JurisdictionId, Scope
from ledger.verification.check import rfc3339
from wallet.agreements import canonical_policy, known_policy, read_policy_file, type_name
from wallet.commands.agreement_options import AGREEMENT, AgreementName
from wallet.commands.options import FILE, MOMENT, json_option, ledger_options
from wallet.console import print_json, print_table, say, when
from wallet.home import write_file
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings

_AT: Final = click.option("--at", type=MOMENT, help="States as of then; else now.")


@click.command(name="list")
@_AT
@ledger_options
@json_option
@click.pass_obj
def list_agreements(
    outside: Surroundings, /, at: int | None, *, as_json: bool, **given: Any
) -> None:
    """List all agreements that were ever proposed, and what is in force."""
    found, codes = _read(outside, given)
    moment = outside.now() if at is None else at
    if as_json:
        print_json([_json(each, codes, moment) for each in found])
        return
    rows = (
        (_name(each, codes), *_standing(each, moment), ", ".join(_states(each, moment)))
        for each in found
    )
    print_table(("AGREEMENT", "IN FORCE", "STATE", "VERSIONS"), rows)


@click.command()
@click.argument("agreement", type=AGREEMENT)
@_AT
@ledger_options
@json_option
@click.pass_obj
def show(
    outside: Surroundings,
    /,
    agreement: AgreementName,
    at: int | None,
    *,
    as_json: bool,
    **given: Any,
) -> None:
    """Show AGREEMENT (FROM/TO/TYPE) with all versions and suspensions."""
    every, codes = _read(outside, given)
    found = next((each for each in every if each.id == agreement.id), None)
    if found is None:
        raise AgreementUnknown(agreement.id)
    moment = outside.now() if at is None else at
    if as_json:
        print_json(_json(found, codes, moment))
    else:
        _print(found, codes, moment)


@click.command()
@click.argument("policy", type=FILE)
@click.option("--write", type=FILE, help="Write the canonical form here, whatever POLICY's is.")
@json_option
def check_policy(policy: Path, *, write: Path | None, as_json: bool) -> None:
    """Check the policy document POLICY and show its digest; needs no chain.

    Both parties sign one spelling (RFC 8785): --write makes it from what was written by hand.
    """
    if write is None:
        read = read_policy_file(policy)
    else:
        content = canonical_policy(policy)
        read = known_policy(content)
        write_file(write, content)
    about = _about(read)
    if as_json:
        print_json(about)
        return
    say(f"Policy 0x{read.digest.hex()}", style="bold")
    from_, to = about["from"], about["to"]
    say(f"{to} recognises {about['recordType']} of {from_}, version {about['version']}")
    for grade, became in about.get("gradeMap", {}).items():
        say(f"  grade {grade} of {from_} becomes {became}")


READING_COMMANDS: Final = (list_agreements, show, check_policy)


def _read(
    outside: Surroundings, given: Mapping[str, Any]
) -> tuple[tuple[Agreement, ...], dict[JurisdictionId, str]]:
    """Return all agreements, and the codes of their parties."""
    ledger = chosen_ledger(outside.trust.load(), given["deployment"], given["nodes"])
    with open_ledger(ledger) as client:
        found = tuple(RecognitionClient(client.node, client.deployment).agreements())
        parties = {party for each in found for party in (each.source, each.target)}
        return found, {party: client.jurisdiction(party) or "?" for party in parties}


def _name(agreement: Agreement, codes: Mapping[JurisdictionId, str]) -> str:
    type_ = type_name(agreement.record_type).removeprefix(HEALTH_KIND)
    return f"{codes[agreement.source]}/{codes[agreement.target]}/{type_}"


def _standing(agreement: Agreement, at: int) -> tuple[str, str]:
    held = agreement.in_force_at(at)
    return ("none", "") if held is None else (str(held.version.number), _spelt(held.state))


def _states(agreement: Agreement, at: int) -> list[str]:
    return [
        f"{each.number} {_spelt(agreement.state_at(each.number, at))}"
        for each in agreement.versions
    ]


def _spelt(state: AgreementState | Scope) -> str:
    return state.name.lower().replace("_", "-")


def _about(policy: AgreementPolicy) -> dict[str, Any]:
    document = policy.document
    shown = ("from", "to", "recordType", "version", "gradeMap", "notice")
    known = {name: document[name] for name in shown if name in document}
    return {"digest": policy.digest, **known}


def _json(agreement: Agreement, codes: Mapping[JurisdictionId, str], at: int) -> dict[str, Any]:
    held = agreement.in_force_at(at)
    return {
        "id": agreement.id,
        "from": codes[agreement.source],
        "to": codes[agreement.target],
        "recordType": type_name(agreement.record_type),
        "at": rfc3339(at),
        "inForce": None if held is None else held.version.number,
        "versions": [_version_json(agreement, each, codes, at) for each in agreement.versions],
    }


def _version_json(
    agreement: Agreement, version: Version, codes: Mapping[JurisdictionId, str], at: int
) -> dict[str, Any]:
    times = ("proposed_at", "signed_at", "ended_at", "notice_at", "terminates_at")
    names = ("proposedAt", "signedAt", "endedAt", "noticeAt", "terminatesAt")
    acts = agreement.suspensions.get(version.number, ())
    return {
        "version": version.number,
        "state": _spelt(agreement.state_at(version.number, at)),
        "policyHash": version.policy_hash,
        "bundleHash": version.bundle_hash,
        "proposer": codes.get(version.proposer, "?"),
        "validFrom": rfc3339(version.valid_from),
        "validTo": rfc3339(version.valid_to),
        "noticeSeconds": version.notice,
        **{
            name: rfc3339(moment) if (moment := getattr(version, time)) else None
            for time, name in zip(times, names, strict=True)
        },
        "suspensions": [_suspension_json(number, act, at) for number, act in enumerate(acts)],
    }


def _suspension_json(index: int, act: Suspension, at: int) -> dict[str, Any]:
    return {
        "index": index,
        "start": rfc3339(act.start),
        "end": rfc3339(act.end),
        "cause": act.cause,
        "scopeKind": _spelt(act.scope_kind),
        "scope": None if act.scope_kind is Scope.ALL else act.scope,
        "inEffect": act.is_in_effect(at),
    }


def _print(agreement: Agreement, codes: Mapping[JurisdictionId, str], at: int) -> None:
    number, state = _standing(agreement, at)
    say(_name(agreement, codes), style="bold")
    say(f"in force at {when(at)}: {number} {state}".rstrip())
    say()
    print_table(
        ("VERSION", "STATE", "FROM", "UNTIL", "POLICY"),
        (
            (
                version.number,
                _spelt(agreement.state_at(version.number, at)),
                when(version.valid_from),
                when(version.valid_to),
                "0x" + version.policy_hash.hex(),
            )
            for version in agreement.versions
        ),
    )
    acts = [
        (number, index, act)
        for number, all_acts in agreement.suspensions.items()
        for index, act in enumerate(all_acts)
    ]
    if acts:
        say()
        print_table(
            ("VERSION", "SUSPENSION", "SCOPE", "CAUSE", "FROM", "UNTIL"),
            (
                (number, index, _spelt(act.scope_kind), act.cause, when(act.start), when(act.end))
                for number, index, act in acts
            ),
        )

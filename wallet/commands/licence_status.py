"""`suizheng licence suspend`, `reinstate`, `revoke`, and the second person's signature."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import click
import orjson

from ledger.canonical import JsonMalformed, parse_object
from ledger.errors import Refused
from ledger.licences.reasons import REASONS
from ledger.typed_data import StatusOrder, WordChange, co_signature_typed_data, cosign
from ledger.values import Address, AgencyId, LedgerRef, Status
from ledger.verification.check import rfc3339
from wallet.commands.options import (
    FILE,
    MOMENT,
    account_option,
    json_option,
    password_option,
)
from wallet.commands.serving import opened, serving, wait_for_block, wait_option
from wallet.console import print_json, print_table, say, when
from wallet.home import read_file, write_file
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings

DEADLINE_SECONDS: Final = 3 * 86_400
"""How long a second person has to sign, unless told otherwise."""
_NONCE_BYTES: Final = 6
_MEMBERS: Final = {
    "number": "number",
    "legal_basis": "legalBasis",
    "text": "text",
    "appeal": "appeal",
}
"""The parts of a decision's wording: option and JSON member."""
_STATUS_NAMES: Final = {
    Status.SUSPENDED: "suspended",
    Status.VALID: "valid",
    Status.REVOKED: "revoked",
}


@dataclass(eq=False)
class RequestMalformed(Refused):
    """This is no request for a co-signature. Ask for a new file."""

    reason: str


def changing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a status change."""
    return click.option("--co-signature", type=FILE, help="File of the second person's signature.")(
        deciding(ordering(wait_option(serving(command))))
    )


def deciding(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the wording of the decision document; 310, 311, 320 and 340 need all of it."""
    for name, help_ in (
        ("appeal", "Where and until when to object."),
        ("text", "What is decided, and why."),
        ("legal-basis", "The article it rests on."),
        ("number", "The decision's 文号."),
    ):
        command = click.option(f"--{name}", metavar="TEXT", help=help_)(command)
    return command


def ordering(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the time from which a change counts."""
    return click.option("--effective-at", type=MOMENT, help="From when it counts; else now.")(
        command
    )


@click.command()
@click.argument("digest")
@click.option("--reason", type=int, default=101, show_default=True, help="101 to 105.")
@click.option("--until", type=MOMENT, help="When the suspension ends by itself; else open.")
@changing
def suspend(
    outside: Surroundings, digest: str, reason: int, until: int | None, **given: Any
) -> None:
    """Suspend the licence DIGEST."""
    _change(outside, digest, _wanted(Status.SUSPENDED, reason, until, given), given)


@click.command()
@click.argument("digest")
@click.option("--reason", type=int, default=201, show_default=True, help="201 to 205.")
@changing
def reinstate(outside: Surroundings, digest: str, reason: int, **given: Any) -> None:
    """End the suspension of the licence DIGEST."""
    _change(outside, digest, _wanted(Status.VALID, reason, None, given), given)


@click.command()
@click.argument("digest")
@click.option("--reason", type=int, required=True, help="310 to 350; 310 and 311 annul.")
@changing
def revoke(outside: Surroundings, digest: str, reason: int, **given: Any) -> None:
    """Revoke the licence DIGEST for good."""
    _change(outside, digest, _wanted(Status.REVOKED, reason, None, given), given)


@click.command()
@click.argument("digest")
@click.argument("out", type=FILE)
@click.option("--reason", type=int, required=True, help="The reason of the change.")
@click.option("--until", type=MOMENT, help="When a suspension ends by itself.")
@click.option("--deadline", type=MOMENT, help="Last second to carry it out; else in three days.")
@ordering
@serving
def request_cosign(  # one parameter an option
    outside: Surroundings,
    digest: str,
    out: Path,
    reason: int,
    until: int | None,
    deadline: int | None,
    **given: Any,
) -> None:
    """Write to OUT what a second person signs before a change of the licence DIGEST."""
    known = REASONS.get(reason)
    if known is None:
        raise click.UsageError(f"{reason} is no reason; see `suizheng licence reasons`.")
    wanted = _wanted(known.status, reason, until, given)
    wanted["nonce"] = str(int.from_bytes(outside.randomness(_NONCE_BYTES)))
    wanted["deadline"] = deadline or outside.now() + DEADLINE_SECONDS
    with opened(outside, given) as service:
        answer = service.ask(f"/v1/licences/{quote(digest)}/status/typed-data", wanted)
    write_file(out, orjson.dumps(answer, option=orjson.OPT_INDENT_2))
    say(f"Written to {out}. The second person signs it: suizheng licence cosign {out} SIGNED")


@click.command(name="cosign")
@click.argument("request", type=FILE)
@click.argument("out", type=FILE)
@click.option("--yes", is_flag=True, help="Sign without being asked.")
@account_option(None)
@password_option
@click.pass_obj
def cosign_request(  # one parameter an option
    outside: Surroundings,
    request: Path,
    out: Path,
    account: str,
    passwords: Passwords,
    *,
    yes: bool,
) -> None:
    """Show the change in REQUEST, sign it as the second person and write the signature to OUT.

    Works off line. The registrar then gives OUT as --co-signature.
    """
    ledger, order, nonce, deadline = read_request(read_file(request))
    describe(ledger, order, deadline, outside.language)
    if not yes:
        click.confirm("Sign this?", abort=True, err=True)
    key = outside.keyring.account(account, passwords.of(account)).private_key
    signed = cosign(ledger, order, nonce, deadline, key)
    content = {
        "approver": signed.approver,
        "nonce": str(signed.nonce),
        "deadline": signed.deadline,
        "signature": "0x" + signed.signature.hex(),
        "effectiveAt": order.effective_at,
        "until": order.until,
        "reason": order.reason,
    }
    write_file(out, orjson.dumps(content, option=orjson.OPT_INDENT_2))
    say(f"Signed by {signed.approver}; written to {out}.")


@click.command()
@json_option
@click.pass_obj
def reasons(outside: Surroundings, *, as_json: bool) -> None:
    """List the reasons for a change of status."""
    if as_json:
        print_json(
            [
                {"code": r.code, "status": r.status.name.lower(), "names": dict(r.names)}
                for r in REASONS.values()
            ]
        )
        return
    print_table(
        ("CODE", "LEADS TO", "NAME"),
        ((r.code, r.status.name.lower(), r.names[outside.language]) for r in REASONS.values()),
    )


STATUS_COMMANDS: Final = (suspend, reinstate, revoke, request_cosign, cosign_request, reasons)


def read_request(text: bytes) -> tuple[LedgerRef, StatusOrder, int, int]:
    """Return ledger, order, nonce and deadline of an EIP-712 request.

    What is signed is built anew from these values, so a request cannot show one thing and mean
    another; one that does not come out the same is refused.

    Raises:
        RequestMalformed: for any other shape.
    """
    try:
        asked = parse_object(text)
        domain, message = asked["domain"], asked["message"]
        ledger = LedgerRef(int(domain["chainId"]), Address(domain["verifyingContract"]))
        order = StatusOrder(
            agency=AgencyId(bytes.fromhex(message["agency"].removeprefix("0x"))),
            list=int(message["list"]),
            changes=tuple(
                WordChange(int(change["word"]), int(change["mask"]))
                for change in message["changes"]
            ),
            status=Status(int(message["status"])),
            reason=int(message["reason"]),
            effective_at=int(message["effectiveAt"]),
            until=int(message["until"]),
        )
        nonce, deadline = int(message["nonce"]), int(message["deadline"])
    except (JsonMalformed, KeyError, TypeError, ValueError, AttributeError) as exc:
        raise RequestMalformed("it has another shape") from exc
    if asked != orjson.loads(orjson.dumps(co_signature_typed_data(ledger, order, nonce, deadline))):
        raise RequestMalformed("it asks for something else than a change of status")
    return ledger, order, nonce, deadline


def _wanted(
    status: Status, reason: int, until: int | None, given: dict[str, Any]
) -> dict[str, Any]:
    wanted: dict[str, Any] = {"status": _STATUS_NAMES.get(status, ""), "reason": reason}
    if until is not None:
        wanted["until"] = rfc3339(until)
    if given["effective_at"] is not None:
        wanted["effectiveAt"] = rfc3339(given["effective_at"])
    return wanted


def _change(
    outside: Surroundings, digest: str, wanted: dict[str, Any], given: dict[str, Any]
) -> None:
    wanted |= worded(given)
    if given["co_signature"] is not None:
        wanted |= _co_signed(given["co_signature"])
    with opened(outside, given) as service:
        answer = service.post(f"/v1/licences/{quote(digest)}/status", wanted)
        if given["wait"]:
            answer = wait_for_block(outside, service, f"/v1/changes/{answer.get('change')}")
    if given["as_json"]:
        print_json(answer)
    elif given["wait"]:
        say(f"Done in block {answer.get('block')}.")
    else:
        say("Accepted. It counts as soon as it is in a block.")


def worded(given: dict[str, Any]) -> dict[str, Any]:
    """Return the order's part that words the decision."""
    wording = {_MEMBERS[name]: given[name] for name in _MEMBERS if given[name] is not None}
    if wording and "text" not in wording:
        raise click.UsageError("A decision needs --text.")
    return {"decision": wording} if wording else {}


def _co_signed(file: Path) -> dict[str, Any]:
    """Return the order's part that the second person's signature fixes."""
    signed = parse_object(read_file(file))
    times = {name: signed.pop(name, 0) for name in ("effectiveAt", "until")}
    signed.pop("reason", None)
    fixed = {name: rfc3339(time) for name, time in times.items() if time}
    return fixed | {"coSignature": signed}


def describe(ledger: LedgerRef, order: StatusOrder, deadline: int, language: str) -> None:
    """Say what an order does, to whoever is to sign it."""
    reason = REASONS.get(order.reason)
    name = reason.names[language] if reason else "?"
    entries = sum(change.mask.bit_count() // 2 for change in order.changes)
    say(f"Change {entries} licence(s) to {order.status.name.lower()}: {order.reason} {name}")
    say(f"Agency 0x{order.agency.hex()}, status list {order.list}")
    since = "from the beginning" if not order.effective_at else f"from {when(order.effective_at)}"
    say(f"{since}" + (f" until {when(order.until)}" if order.until else ""))
    say(f"Ledger {ledger.address} on chain {ledger.chain_id}; to be done by {when(deadline)}")

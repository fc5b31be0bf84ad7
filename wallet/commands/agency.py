"""`suizheng agency`: who may act. Sent straight to the chain; needs no service."""

from typing import Any

import click

from ledger.chain import calls
from ledger.licences.catalogue import load_catalogue
from ledger.values import (
    OPEN_END,
    AgencyId,
    AgencyStatus,
    JurisdictionId,
    RecordType,
    Role,
    Window,
    licence_record_type,
)
from wallet.agreements import HEALTH_TYPE_NAMES
from wallet.commands.agency_keys import KEY_COMMANDS
from wallet.commands.agency_reading import READING_COMMANDS
from wallet.commands.key import address_of
from wallet.commands.options import AGENCY, MOMENT, AgencyName
from wallet.commands.sending import acting, send
from wallet.surroundings import Surroundings


@click.group()
def agency() -> None:
    """Jurisdictions, agencies, their accounts and document keys, as the chain knows them."""


@agency.command()
@click.argument("code")
@click.option("--supervisor", required=True, help="Its first supervisor: address or key name.")
@acting("council")
def admit_jurisdiction(outside: Surroundings, code: str, supervisor: str, **given: Any) -> None:
    """Admit the jurisdiction CODE, such as CN-GD. Council only."""
    account = address_of(outside, supervisor)
    send(outside, lambda d: calls.admit_jurisdiction(d, code, account), given)


@agency.command()
@click.argument("agency", type=AGENCY)
@click.option("--name", required=True, help="Its public name.")
@click.option("--admin", required=True, help="Its first administrator: address or key name.")
@acting("supervisor")
def admit(outside: Surroundings, agency: AgencyName, name: str, admin: str, **given: Any) -> None:
    """Admit AGENCY (JURISDICTION/CODE). Supervisor only."""
    account = address_of(outside, admin)
    send(
        outside,
        lambda d: calls.admit_agency(d, agency.jurisdiction_id, agency.code, name, account),
        given,
    )


@agency.command()
@click.argument("agency", type=AGENCY)
@click.option("--name", required=True, help="Its public name from now on.")
@acting("supervisor")
def rename(outside: Surroundings, agency: AgencyName, name: str, **given: Any) -> None:
    """Change the public name of AGENCY; its code stays. Supervisor only."""
    send(outside, lambda d: calls.rename_agency(d, agency.id, name), given)


def _role(_ctx: click.Context, _parameter: click.Parameter, value: str) -> Role:
    return Role[value.upper()]


_ROLE = click.argument(
    "role",
    type=click.Choice([role.name.lower() for role in Role], case_sensitive=False),
    callback=_role,
)


@agency.command()
@click.argument("agency", type=AGENCY)
@_ROLE
@click.argument("holder")
@acting("admin")
def grant(outside: Surroundings, agency: AgencyName, role: Role, holder: str, **given: Any) -> None:
    """Give HOLDER, an address or key name, a ROLE. Admin; supervisor and council for theirs."""
    account = address_of(outside, holder)
    send(outside, lambda d: calls.grant_role(d, _subject(agency, role), role, account), given)


@agency.command()
@click.argument("agency", type=AGENCY)
@_ROLE
@click.argument("holder")
@acting("admin")
def revoke(
    outside: Surroundings, agency: AgencyName, role: Role, holder: str, **given: Any
) -> None:
    """Take a ROLE from HOLDER, an address or key name. By whoever may grant it."""
    account = address_of(outside, holder)
    send(outside, lambda d: calls.revoke_role(d, _subject(agency, role), role, account), given)


@agency.command()
@click.argument("agency", type=AGENCY)
@click.argument("type_id")
@click.option("--from", "start", type=MOMENT, help="First second; else now.")
@click.option("--until", type=MOMENT, help="First second after; else open.")
@acting("supervisor")
def accredit(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    type_id: str,
    start: int | None,
    until: int | None,
    **given: Any,
) -> None:
    """Accredit AGENCY for TYPE_ID, such as cn.food-business or health:pass. Supervisor only."""
    if type_id not in HEALTH_TYPE_NAMES:
        load_catalogue().get(type_id)
    window = Window(start or 0, until or OPEN_END)
    kind = _record_type(type_id)
    send(outside, lambda d: calls.accredit(d, agency.id, kind, window), given)


@agency.command()
@click.argument("agency", type=AGENCY)
@click.argument("type_id")
@acting("supervisor")
def withdraw(outside: Surroundings, agency: AgencyName, type_id: str, **given: Any) -> None:
    """End AGENCY's accreditation for TYPE_ID now. Supervisor only."""
    kind = _record_type(type_id)
    send(outside, lambda d: calls.withdraw_accreditation(d, agency.id, kind), given)


@agency.command()
@click.argument("agency", type=AGENCY)
@acting("supervisor")
def suspend(outside: Surroundings, agency: AgencyName, **given: Any) -> None:
    """Suspend AGENCY: it issues and changes nothing meanwhile. Supervisor only."""
    _set_status(outside, agency, AgencyStatus.SUSPENDED, given)


@agency.command()
@click.argument("agency", type=AGENCY)
@acting("supervisor")
def activate(outside: Surroundings, agency: AgencyName, **given: Any) -> None:
    """End the suspension of AGENCY. Supervisor only."""
    _set_status(outside, agency, AgencyStatus.ACTIVE, given)


@agency.command()
@click.argument("agency", type=AGENCY)
@click.confirmation_option(prompt="An agency is retired for good. Go on?")
@acting("supervisor")
def retire(outside: Surroundings, agency: AgencyName, **given: Any) -> None:
    """Retire AGENCY for good. Supervisor only."""
    _set_status(outside, agency, AgencyStatus.RETIRED, given)


for _command in (*KEY_COMMANDS, *READING_COMMANDS):
    agency.add_command(_command)


def _subject(agency: AgencyName, role: Role) -> AgencyId | JurisdictionId:
    return agency.jurisdiction_id if role is Role.SUPERVISOR else agency.id


def _record_type(type_id: str) -> RecordType:
    return HEALTH_TYPE_NAMES.get(type_id) or licence_record_type(type_id)


def _set_status(
    outside: Surroundings, agency: AgencyName, status: AgencyStatus, given: dict[str, Any]
) -> None:
    send(outside, lambda d: calls.set_agency_status(d, agency.id, status), given)

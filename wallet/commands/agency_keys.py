"""`suizheng agency …-key`: the life of an agency's document keys on chain."""

from pathlib import Path
from typing import Any, Final

import click

from ledger.canonical import EncodingNotCanonical, b64url_decode, parse_object
from ledger.chain import calls
from ledger.chain.calls import KeyWindow
from ledger.keys import PublicKey
from ledger.values import KeyId, KeyUsage
from wallet.commands.options import AGENCY, MOMENT, AgencyName
from wallet.commands.sending import acting, send
from wallet.home import read_file
from wallet.keyring import KeyOfAnotherPurpose
from wallet.surroundings import Surroundings

SIGNING_YEARS: Final = 2
VERIFYING_YEARS: Final = 12
_YEAR_SECONDS: Final = 365 * 86_400
_KEY_ID_BYTES: Final = 32
_USAGES: Final = {
    "documents": KeyUsage.DOCUMENTS,
    "status-lists": KeyUsage.STATUS_LISTS,
    "bundles": KeyUsage.BUNDLES,
    "requests": KeyUsage.REQUESTS,
    "readers": KeyUsage.READERS,
}


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("key")
@click.option(
    "--usage",
    multiple=True,
    type=click.Choice(list(_USAGES)),
    default=("documents", "status-lists"),
    show_default=True,
)
@click.option("--from", "sign_from", type=MOMENT, help="First second it signs; else now.")
@click.option("--until", "sign_until", type=MOMENT, help="Last; else in two years.")
@click.option("--verify-until", type=MOMENT, help="End of its use; else in twelve years.")
@acting("admin")
def announce_key(  # one parameter an option
    outside: Surroundings,
    agency: AgencyName,
    key: str,
    usage: tuple[str, ...],
    sign_from: int | None,
    sign_until: int | None,
    verify_until: int | None,
    **given: Any,
) -> None:
    """Announce KEY, a key's name or a file with its public JWK. Admin only."""
    public = public_key_of(outside, key)
    start = outside.now() if sign_from is None else sign_from
    window = KeyWindow(
        sign_from or 0,
        sign_until or start + SIGNING_YEARS * _YEAR_SECONDS,
        verify_until or start + VERIFYING_YEARS * _YEAR_SECONDS,
    )
    bits = KeyUsage(sum(_USAGES[name] for name in set(usage)))
    send(outside, lambda d: calls.announce_key(d, agency.id, public, bits, window), given)


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("kid")
@click.option("--at", type=MOMENT, required=True, help="First second at which it signs no more.")
@acting("admin")
def retire_key(outside: Surroundings, agency: AgencyName, kid: str, at: int, **given: Any) -> None:
    """End the signing of KID, a key id or key name, earlier than announced. Admin only."""
    key = _key_id(outside, kid)
    send(outside, lambda d: calls.retire_key(d, agency.id, key, at), given)


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("kid")
@acting("admin")
def freeze_key(outside: Surroundings, agency: AgencyName, kid: str, **given: Any) -> None:
    """Freeze KID while it is examined. Admin or supervisor."""
    key = _key_id(outside, kid)
    send(outside, lambda d: calls.freeze_key(d, agency.id, key), given)


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("kid")
@acting("admin")
def unfreeze_key(outside: Surroundings, agency: AgencyName, kid: str, **given: Any) -> None:
    """End the freeze of KID. Admin or supervisor."""
    key = _key_id(outside, kid)
    send(outside, lambda d: calls.unfreeze_key(d, agency.id, key), given)


@click.command()
@click.argument("agency", type=AGENCY)
@click.argument("kid")
@click.option("--from", "since", type=MOMENT, required=True, help="Distrusted from then on.")
@acting("admin")
def report_compromised(
    outside: Surroundings, agency: AgencyName, kid: str, since: int, **given: Any
) -> None:
    """Distrust KID for good, for whatever was anchored since then. Admin or supervisor."""
    key = _key_id(outside, kid)
    send(outside, lambda d: calls.report_key_compromised(d, agency.id, key, since), given)


KEY_COMMANDS: Final = (announce_key, retire_key, freeze_key, unfreeze_key, report_compromised)


def public_key_of(outside: Surroundings, key: str) -> PublicKey:
    """Return the public key in a JWK file, or of a document or holder key by name.

    Raises:
        PointInvalid, JsonMalformed: for the file.
        KeyNameUnknown, KeyOfAnotherPurpose: for the name.
    """
    path = Path(key)
    if path.is_file():
        return PublicKey.from_jwk(parse_object(read_file(path)))
    entry = outside.keyring.entry(key)
    if entry.public_key is None:
        raise KeyOfAnotherPurpose(key, entry.purpose, "document or holder")
    return entry.public_key


def _key_id(outside: Surroundings, kid: str) -> KeyId:
    """Return the id that a `kid` spells, or that of a key by name."""
    try:
        decoded = b64url_decode(kid)
    except EncodingNotCanonical:
        decoded = b""
    if len(decoded) == _KEY_ID_BYTES:
        return KeyId(decoded)
    return public_key_of(outside, kid).key_id

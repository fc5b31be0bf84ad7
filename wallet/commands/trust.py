"""`suizheng trust`: whom this wallet believes."""

from pathlib import Path

import click

from ledger.canonical import EncodingNotCanonical, b64url_decode
from ledger.chain.deployments import load_deployment
from ledger.errors import KeyUnknown
from ledger.values import KeyId, KeyUsage
from wallet.commands.agency_keys import public_key_of
from wallet.commands.options import AGENCY, FILE, AgencyName, json_option, ledger_options
from wallet.console import print_json, print_table, say
from wallet.ledgers import chosen_ledger, open_ledger
from wallet.surroundings import Surroundings
from wallet.trust import TrustedLedger


@click.group()
def trust() -> None:
    """Trusted ledgers, and the keys whose offline bundles are believed."""


@trust.command()
@click.argument("key", metavar="KID|FILE")
@click.option("--agency", type=AGENCY, help="Whose key KID is; it is then read from the ledger.")
@ledger_options
@click.pass_obj
def add(
    outside: Surroundings,
    key: str,
    agency: AgencyName | None,
    nodes: tuple[str, ...],
    deployment: Path | None,
) -> None:
    """Believe the bundles of one key: a FILE with its public JWK, or a KID with --agency."""
    known = outside.trust.load()
    if agency is None:
        found = public_key_of(outside, key)
    else:
        with open_ledger(chosen_ledger(known, deployment, nodes)) as client:
            key_id = _key_id(key)
            announced = client.key(agency.id, key_id)
        if announced is None or KeyUsage.BUNDLES not in announced.usage:
            raise KeyUnknown(agency.id, key_id)
        found = announced.public_key
    outside.trust.save(known.with_publisher(found))
    say(f"Bundles of {found.kid} are believed from now on.")


@trust.command()
@click.argument("kid")
@click.pass_obj
def remove(outside: Surroundings, kid: str) -> None:
    """Believe the bundles of KID no more."""
    known = outside.trust.load()
    if all(publisher.key.kid != kid for publisher in known.publishers):
        raise click.UsageError(f"{kid} is not trusted here; `suizheng trust list` names the keys.")
    outside.trust.save(known.without(kid))
    say(f"Bundles of {kid} are believed no more.")


@trust.command()
@click.argument("deployment", type=FILE)
@click.option("--node", "nodes", multiple=True, metavar="URL", help="Node to read it through.")
@click.pass_obj
def ledger(outside: Surroundings, deployment: Path, nodes: tuple[str, ...]) -> None:
    """Trust the ledger of a DEPLOYMENT file; the latest one becomes the default."""
    added = TrustedLedger(load_deployment(deployment), nodes)
    outside.trust.save(outside.trust.load().with_ledger(added))
    ref = added.deployment.ledger
    say(f"The ledger {ref.address} on chain {ref.chain_id} is trusted from now on.")


@trust.command(name="list")
@json_option
@click.pass_obj
def list_trusted(outside: Surroundings, *, as_json: bool) -> None:
    """List trusted ledgers and bundle keys."""
    known = outside.trust.load()
    if as_json:
        print_json(
            {
                "ledgers": [
                    {
                        "chainId": entry.deployment.chain_id,
                        "address": entry.deployment.record_ledger,
                        "nodes": entry.nodes,
                    }
                    for entry in known.ledgers
                ],
                "publishers": [
                    {"kid": entry.key.kid, "sequence": entry.sequence} for entry in known.publishers
                ],
            }
        )
        return
    print_table(
        ("CHAIN", "LEDGER", "NODES"),
        (
            (e.deployment.chain_id, e.deployment.record_ledger, " ".join(e.nodes))
            for e in known.ledgers
        ),
    )
    say()
    print_table(
        ("BUNDLE KEY", "LAST SEQUENCE"), ((e.key.kid, e.sequence) for e in known.publishers)
    )


def _key_id(kid: str) -> KeyId:
    try:
        decoded = b64url_decode(kid)
    except EncodingNotCanonical as exc:
        raise click.UsageError(f"{kid!r} is no key id of 43 characters.") from exc
    return KeyId(decoded)

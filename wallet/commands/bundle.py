"""`suizheng bundle`: the signed file with which a licence is verified off line."""

from contextlib import closing
from pathlib import Path

import click

from wallet.commands.options import FILE, json_option, service_option
from wallet.console import print_json, say, waiting, when
from wallet.evidence import open_bundle
from wallet.home import read_file, write_file
from wallet.service import Service
from wallet.surroundings import Surroundings


@click.group()
def bundle() -> None:
    """Signed bundles for verification off line."""


@bundle.command()
@click.argument("file", type=FILE, default="suizheng.bundle")
@service_option
@json_option
@click.pass_obj
def fetch(outside: Surroundings, file: Path, service_url: str, *, as_json: bool) -> None:
    """Fetch the newest bundle into FILE; only one by a trusted key replaces what is there."""
    with waiting("Fetching the bundle"), closing(Service(service_url)) as service:
        token = service.fetch("/v1/bundle", "application/jwt")
    _open(outside, token, as_json=as_json)
    write_file(file, token)
    if not as_json:
        say(f"Written to {file}. Use it: suizheng verify LICENCE --offline {file}")


@bundle.command()
@click.argument("file", type=FILE)
@json_option
@click.pass_obj
def show(outside: Surroundings, file: Path, *, as_json: bool) -> None:
    """Check FILE and say who signed it and up to which block it speaks."""
    _open(outside, read_file(file), as_json=as_json)


def _open(outside: Surroundings, token: bytes, *, as_json: bool) -> None:
    opened = open_bundle(token.decode("utf-8", "replace").strip(), outside.trust, outside.now())
    content = opened.content
    if as_json:
        print_json(
            {
                "kid": opened.kid,
                "sequence": content.sequence,
                "block": content.head.block,
                "issuedAt": content.issued_at,
                "expiresAt": content.expires_at,
                "agencies": len(content.agencies),
            }
        )
        return
    say(f"Bundle {content.sequence} by {opened.kid}", style="bold")
    say(f"Ledger block {content.head.block} of {when(content.head.time)}")
    say(f"Good from {when(content.issued_at)} to {when(content.expires_at)}")

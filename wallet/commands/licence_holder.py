"""`suizheng licence add`, `held`, `present`: the holder's folder, off line."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from ledger.errors import Refused
from ledger.licences.reading import read_licence
from ledger.licences.sd_jwt import SdJwt, bind, parse, present
from ledger.verification.proof_file import ProofFile
from wallet import links
from wallet.commands.options import FILE, json_option, password_option
from wallet.console import print_json, print_table, say
from wallet.documents import Held, proof_beside, read_held
from wallet.home import write_file
from wallet.keyring import KeyEntry, Purpose
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings


@dataclass(eq=False)
class HolderKeyNotHere(Refused):
    """The document is bound to a holder key that is not in this wallet. Use the wallet that has it.

    A document without a holder key is presented without --audience and --nonce.
    """

    kid: str


@click.command()
@click.argument("document", metavar="FILE|URL")
@click.option("--proof", type=FILE, help="Proof file; else the one beside FILE or inside it.")
@json_option
@click.pass_obj
def add(outside: Surroundings, document: str, proof: Path | None, *, as_json: bool) -> None:
    """Keep a document in this wallet, with its proof where there is one."""
    if links.is_link(document):
        held = links.fetch(links.parse_link(document))
    else:
        held = read_held(Path(document), proof)
    kept = outside.documents.add(held)
    if as_json:
        print_json({"digest": kept.digest, "hasProof": held.proof is not None})
        return
    say(f"Kept {kept.claims.get('licence_name', '')} 0x{kept.digest.hex()}")
    if held.proof is None:
        say("It has no proof of anchoring yet: add it again with --proof once there is one.")


@click.command(name="held")
@json_option
@click.pass_obj
def list_held(outside: Surroundings, *, as_json: bool) -> None:
    """List the documents in this wallet."""
    rows = [_row(held) for held in outside.documents.all()]
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            ("DIGEST", "LICENCE", "HOLDER", "UNTIL", "PROOF"),
            (
                (r["digest"][:18], r["name"], r["holder"], r["validUntil"], r["hasProof"])
                for r in rows
            ),
        )
    else:
        say("No documents yet. Keep one: suizheng licence add FILE")


@click.command(name="present")
@click.argument("digest")
@click.argument("claims", nargs=-1)
@click.option("--audience", help="Who asks; goes with --nonce.")
@click.option("--nonce", help="The nonce of the request.")
@click.option("--out", type=FILE, help="File to write; the proof goes beside it, or inside .json.")
@click.option("--key", help="Holder key; else the one that the document names.")
@password_option
@click.pass_obj
def present_document(
    outside: Surroundings,
    /,
    digest: str,
    claims: tuple[str, ...],
    out: Path | None,
    key: str | None,
    passwords: Passwords,
    **asked: str | None,
) -> None:
    """Show the document that begins with DIGEST, with the named CLAIMS alone.

    What is always visible stays. --audience and --nonce add the holder's proof for one request.
    """
    audience, nonce = asked["audience"], asked["nonce"]
    if (audience is None) != (nonce is None):
        raise click.UsageError("--audience and --nonce go together.")
    held = outside.documents.find(digest)
    shown = present(parse(held.document), claims)
    if audience is not None and nonce is not None:
        name = key or _holder_key(outside, shown).name
        signer = outside.keyring.signer(name, passwords.of(name))
        shown = bind(shown, signer, audience=audience, nonce=nonce, issued_at=outside.now())
    if out is None:
        click.echo(shown.compact)
        return
    for path in write_presentation(out, shown, held.proof):
        say(str(path))


HOLDER_COMMANDS: Final = (add, list_held, present_document)


def write_presentation(out: Path, shown: SdJwt, proof: ProofFile | None) -> list[Path]:
    """Write a presentation: one proof file holding it for `.json`, else two files side by side."""
    if out.suffix == ".json" and proof is not None:
        write_file(out, replace(proof, document=shown.compact).to_json())
        return [out]
    write_file(out, shown.compact.encode("ascii"))
    if proof is None:
        return [out]
    beside = proof_beside(out)
    write_file(beside, replace(proof, document=None).to_json())
    return [out, beside]


def _holder_key(outside: Surroundings, document: SdJwt) -> KeyEntry:
    wanted = read_licence(document).holder_key
    for entry in outside.keyring.list():
        if entry.purpose is Purpose.HOLDER and wanted is not None and entry.public_key == wanted:
            return entry
    raise HolderKeyNotHere("none" if wanted is None else wanted.kid)


def _row(held: Held) -> dict[str, Any]:
    document = parse(held.document)
    claims = document.claims
    return {
        "digest": "0x" + document.digest.hex(),
        "name": claims.get("licence_name", ""),
        "licenceId": claims.get("licence_id"),
        "holder": claims.get("holder_name", ""),
        "validUntil": claims.get("valid_until", ""),
        "hasProof": held.proof is not None,
    }

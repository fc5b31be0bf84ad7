"""`suizheng agreement bundle`: the manifest of rules and texts that both parties sign."""

import hashlib
from pathlib import Path

import click

from ledger.health.rule_admission import admit_bundle
from ledger.values import Seconds
from wallet.agreements import read_health_policy_file
from wallet.commands.options import FILE, FOLDER, json_option
from wallet.console import print_json, say
from wallet.home import read_file, write_file
from wallet.surroundings import Surroundings


@click.command(name="bundle")
@click.argument("policy", type=FILE)
@click.argument("folder", type=FOLDER)
@click.option("--after", type=FOLDER, help="Files of the version that this one follows.")
@click.option("--out", type=FILE, required=True, help="File for the manifest.")
@json_option
@click.pass_obj
def write_bundle(
    outside: Surroundings,
    /,
    policy: Path,
    folder: Path,
    after: Path | None,
    out: Path,
    *,
    as_json: bool,
) -> None:
    """Write the manifest over all files in FOLDER, for the version that POLICY is.

    POLICY is about health documents: agreements about licences have no rules, and no bundle.

    rules/NAME.json are rules of TO's country, value-sets.json what they look into,
    texts/LANGUAGE.json texts, csca/NAME certificates of who issues signers. Rules begin 2 to 14
    days from now, unless --after has them already. They and the value sets are those that POLICY
    names. No chain is asked.
    """
    former = {} if after is None else _files_in(after)
    manifest = admit_bundle(
        read_health_policy_file(policy), _files_in(folder), former, Seconds(outside.now())
    )
    write_file(out, manifest)
    digest = "0x" + hashlib.sha256(manifest).hexdigest()
    if as_json:
        print_json({"digest": digest, "file": str(out)})
    else:
        say(f"{out}: bundle {digest}; publish it with its files once it is proposed.")


def _files_in(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder by its path within."""
    return {
        path.relative_to(folder).as_posix(): read_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

"""Deploy the contracts and write where they stand.

Run as `python -m scripts.deploy --node URL --keystore FILE --council ADDRESS --out FILE`. The
keystore's password is read from SUIZHENG_PASSWORD, or asked for. Exit code 0 when everything stands
and was checked, 1 when something was refused, 2 when no node answered.
"""

import argparse
import getpass
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import jsonschema

from ledger.chain.accounts import Account
from ledger.chain.deploy import deploy
from ledger.chain.rpc import Node
from ledger.chain.wire import address
from ledger.errors import ChainUnavailable, LedgerError, Refused, Unavailable
from ledger.keystore import unlock
from ledger.values import Address

SCHEMA = Path(__file__).resolve().parent.parent / "deployments" / "schema.json"
TIMEOUT_SECONDS = 30.0


def main(argv: list[str] | None = None) -> int:
    """Deploy as the arguments say and return the exit code."""
    options = _parser().parse_args(argv)
    try:
        print(_run(options))
    except Unavailable as exc:
        print(exc, file=sys.stderr)
        return 2
    except LedgerError as exc:
        print(exc, file=sys.stderr)
        return 1
    return 0


def _run(options: argparse.Namespace) -> str:
    if options.out.exists():
        raise FileStands(str(options.out))
    account = Account(unlock(_read(options.keystore), _password()))
    council = _account(options.council) if options.council else account.address
    node = Node([options.node], timeout_seconds=TIMEOUT_SECONDS)
    try:
        text = deploy(node, account.private_key, council).to_json()
    finally:
        node.close()
    jsonschema.validate(json.loads(text), json.loads(SCHEMA.read_text()))
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(text)
    return f"{options.out}: deployed by {account.address}, council {council}"


@dataclass(eq=False)
class FileStands(Refused):
    """The file stands already, and a deployment is never overwritten."""

    path: str


class FileUnreadable(Refused):
    """The keystore cannot be read."""


class AddressMalformed(Refused):
    """The council is no address."""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise FileUnreadable from exc


def _account(text: str) -> Address:
    try:
        found = address(text)
    except ChainUnavailable as exc:
        raise AddressMalformed from exc
    if text not in (found, text.lower()):
        raise AddressMalformed  # mixed case that is not EIP-55 is a slip of the pen
    return found


def _password() -> str:
    return os.environ.get("SUIZHENG_PASSWORD") or getpass.getpass("Password of the keystore: ")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m scripts.deploy", description=__doc__)
    parser.add_argument("--node", required=True, metavar="URL", help="JSON-RPC of the chain")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="file to write")
    parser.add_argument(
        "--keystore", required=True, type=Path, metavar="FILE", help="account that pays"
    )
    parser.add_argument(
        "--council", metavar="ADDRESS", help="account that admits jurisdictions (the payer's)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())

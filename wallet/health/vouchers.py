"""Who may vouch for a gate: agencies' keys from a signed bundle without network, or from a node."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ledger.chain.client import LedgerClient
from ledger.health.readers import Voucher
from ledger.values import KeyUsage
from wallet.evidence import open_bundle
from wallet.home import read_file
from wallet.registry import announced_keys
from wallet.trust import TrustFile


def from_bundle(path: Path, trusted: TrustFile, now: int) -> list[Voucher]:
    """Return the vouching keys in a bundle; raises as `read_file` and `open_bundle` do."""
    token = read_file(path).decode("utf-8", "replace").strip()
    content = open_bundle(token, trusted, now).content
    return list(
        _vouching(Voucher(record.agency, key) for record in content.agencies for key in record.keys)
    )


def from_node(client: LedgerClient, kid: bytes) -> list[Voucher]:
    """Return the vouching keys whose id begins with `kid`, as the ledger has them now."""
    found = announced_keys(client, kid)
    return list(_vouching(Voucher(agency, key) for agency, key in found))


def _vouching(vouchers: Iterable[Voucher]) -> Iterator[Voucher]:
    return (each for each in vouchers if KeyUsage.READERS in each.key.usage)

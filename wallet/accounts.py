"""The accounts of a new ledger: operator, council, supervisor; one generated password."""

from collections.abc import Callable
from typing import Final

from wallet.home import private_folder, read_file, write_file
from wallet.keyring import KeyNameUnknown, Keyring, Purpose, Randomness
from wallet.layout import Layout

OPERATOR: Final = "operator"
COUNCIL: Final = "council"
ACCOUNTS: Final = (OPERATOR, COUNCIL, "supervisor")
_PASSWORD_BYTES: Final = 24


def make_accounts(
    layout: Layout, keyring: Keyring, randomness: Randomness, say: Callable[[str], None]
) -> None:
    """Make what is missing, whatever a kill left half done; what is there stays."""
    if not layout.password.exists():
        write_file(layout.password, f"{randomness(_PASSWORD_BYTES).hex()}\n".encode())
    password = read_password(layout)
    for name in ACCOUNTS:
        try:
            keyring.entry(name)
        except KeyNameUnknown:
            say(f"Making the {name} account")
            if keyring.path(name).exists():
                keyring.restore(name, Purpose.ACCOUNT, password)
            else:
                keyring.new(name, Purpose.ACCOUNT, password, randomness)
    own = layout.service_keys / "account.json"
    if not own.exists():
        write_file(own, read_file(keyring.path(OPERATOR)))
    private_folder(layout.service_keys / "documents")


def read_password(layout: Layout) -> str:
    """Return the generated password; raise `FileMissing` before the first start."""
    return read_file(layout.password).decode("ascii").strip()

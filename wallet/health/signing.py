"""Unlocking the key that shows a pass."""

from dataclasses import dataclass

from ledger.errors import Refused
from ledger.keys import PrivateKey
from wallet.health.one_time import one_time_key
from wallet.health.passes import HeldPass
from wallet.passwords import Passwords
from wallet.surroundings import Surroundings


@dataclass(eq=False)
class PassOnPaper(Refused):
    """The pass has no key: it is shown on paper alone. Show it with --paper."""

    digest: bytes


def signer_of(outside: Surroundings, held: HeldPass, passwords: Passwords) -> PrivateKey:
    """Return the key of a pass; raises `PassOnPaper`, and as `Keyring.signer` does."""
    if held.key is None:
        raise PassOnPaper(held.digest)
    holder = outside.keyring.signer(held.key, passwords.of(held.key))
    return holder if held.salt is None else one_time_key(holder, held.salt)

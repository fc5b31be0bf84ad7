"""The signer put together, and run until it is told to end."""

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from api.signer.desk import Clocks, Desk, HeldKeys
from api.signer.limits import DAY_SECONDS, LimitReached, Limits, parse_limits
from api.signer.purposes import Purpose, Rules
from api.signer.server import SignerServer
from api.signer.trail import Trail
from ledger.canonical import b64url_decode
from ledger.errors import AllowanceTooSmall, Refused
from ledger.licences.catalogue import load_catalogue
from ledger.values import KeyId


class SignerUnnamed(Refused):
    """The signer's socket has no place; --socket or SUIZHENG_SIGNER names it."""


@dataclass(eq=False)
class LibraryMissing(Refused):
    """The Python package for PKCS#11 is not installed: `pip install suizheng[hsm]`."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What an operator chooses for the signer; `limits` as in SUIZHENG_SIGNER_LIMITS."""

    base_url: str
    limits: str
    trail: Path
    uids: tuple[int, ...]


def token_keys(module: Path, label: str, pin: str) -> HeldKeys:
    """Return the keys of a PKCS#11 token; raise `LibraryMissing`."""
    try:
        from api.signer.hsm import TokenKeys, TokenPlace  # noqa: PLC0415  # optional dependency
    except ImportError as exc:
        raise LibraryMissing from exc
    return TokenKeys(TokenPlace(module, label, pin))


def open_signer(
    path: Path | None, held: HeldKeys, choices: Choices, clocks: Clocks
) -> SignerServer:
    """Return the signer, listening at `path`, every key opened.

    Raises:
        SignerUnnamed, LimitsMalformed, SocketInUse, SocketRefused, TrailUnavailable: as named.
        LedgerError: what opening a key raises; a wrong password should be heard of at the start.
    """
    if path is None:
        raise SignerUnnamed
    vcts = frozenset(licence_type.vct for licence_type in load_catalogue().all())
    limits, trail = Limits(parse_limits(choices.limits)), Trail(choices.trail)
    _resume(limits, trail, clocks)
    desk = Desk(held, Rules(choices.base_url, vcts), limits, trail, clocks)
    desk.keys()
    return SignerServer(path, desk, frozenset(choices.uids or (os.getuid(),)))


def _resume(limits: Limits, trail: Trail, clocks: Clocks) -> None:
    """Count the last day's signatures again, lest a crash give the allowances anew."""
    now, steady = clocks.unix(), clocks.steady()
    for entry in trail.signed_since(now - DAY_SECONDS):
        with suppress(AllowanceTooSmall, LimitReached):
            key_id = KeyId(b64url_decode(entry.kid))
            limits.take({Purpose(entry.purpose): 1}, key_id, steady - (now - entry.time))


def answer_until(stop: threading.Event, server: SignerServer) -> None:
    """Answer requests until `stop` is set."""
    with server:
        answering = threading.Thread(target=server.serve_forever, daemon=True)
        answering.start()
        stop.wait()
        server.shutdown()
        answering.join()

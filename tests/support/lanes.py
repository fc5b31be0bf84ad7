"""A gate at a terminal, the bundle that it decides by, and passes to show it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from click.testing import Result

from ledger.health import allow_list, passes, presentations, signed
from ledger.health.allow_list import segment_of
from ledger.health.gate_bundle.archive import pack
from ledger.health.passes import HealthPass
from ledger.keys import PrivateKey
from ledger.values import Digest, KeyUsage
from tests.support import gates
from tests.support.gate_bundles import BUREAU, HOUR, NOON, SIGNERS, Made, made
from tests.support.terminal import Terminal
from wallet.trust import Trust

AT: Final = NOON + 300
HOLDER: Final = gates.HOLDER
PLACE: Final = ("--checkpoint", "Sample Checkpoint", "--port", "port-1", "--lane", "7")


def content(**changes: Any) -> HealthPass:
    """Return a good pass of XB for a traveller from XA."""
    good = gates.content(
        issued_at=NOON - HOUR // 2,
        not_before=NOON - HOUR // 2,
        expires_at=NOON + HOUR,
        list=0,
        index=11,
    )
    return replace(good, **changes)


def sealed(number: int = 0, **changes: Any) -> bytes:
    """Return a pass that the bureau signed; `number` makes it another one."""
    given = {"cti": bytes([number]) * 16} | changes
    return passes.sign(content(**given), SIGNERS[KeyUsage.DOCUMENTS])


def live(
    *encoded: bytes, time: int = AT - 5, nonce: bytes = bytes(8), holder: PrivateKey = HOLDER
) -> str:
    """Return what a holder's screen shows."""
    return presentations.present(encoded, time, nonce, holder)


def bundle(*encoded: bytes, sequence: int = 12, **headed: Any) -> Made:
    """Return a bundle in which these passes are listed as anchored in the hour before noon."""
    digests = [Digest(signed.read(each).digest) for each in encoded]
    segment = segment_of(BUREAU.id, 1, NOON - HOUR, NOON, digests)
    listed = allow_list.sign(segment, SIGNERS[KeyUsage.STATUS_LISTS])
    return made({"allow": {(BUREAU.id, 1): listed}}, sequence=sequence, **headed)


class _Typed(BytesIO):
    """Standard input whose next piece is asked for when it is read."""

    def __init__(self, turns: Iterator[bytes]) -> None:
        super().__init__()
        self._turns = turns

    def read1(self, size: int | None = -1, /) -> bytes:  # noqa: ARG002  # a turn at most
        return next(self._turns, b"")


class GateTerminal:
    """A gate in a wallet of its own, which trusts the bureau's bundles."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = replace(terminal, now=AT)
        self.home = self.terminal.folder / "wallet" / "gate"
        trust = Trust().with_publisher(SIGNERS[KeyUsage.BUNDLES].public_key)
        self.terminal.outside.trust.save(trust)
        self.request = self.terminal.folder / "request.json"
        self.terminal.run("gate", "enrol", f"XB/{BUREAU.code}", *PLACE, "--out", self.request)

    def take(self, offered: Made, code: int = 0) -> Result:
        """Bring a bundle as a file."""
        path = self.terminal.folder / "gate.bundle"
        path.write_bytes(pack(offered.encoded, offered.files.values()))
        done = self.terminal.try_("gate", "update", "--from", path, "--json")
        assert done.exit_code == code, done.output
        return done

    def scan(self, *lines: str, words: tuple[object, ...] = (), code: int = 0) -> Result:
        """Scan lines as a hand scanner types them."""
        done = self.terminal.try_("gate", "scan", *words, input="".join(f"{t}\r\n" for t in lines))
        assert done.exit_code == code, done.output
        return done

    def at_work(self, turns: Iterator[str], *words: object, code: int = 0) -> Result:
        """Scan lines one by one; what `turns` does between them happens while the gate runs."""
        typed = (f"{text}\r\n".encode() for text in turns)
        return self.sent(typed, *words, "--json", code=code)

    def sent(self, pieces: Iterable[bytes], *words: object, code: int = 0) -> Result:
        """Scan what arrives piece by piece."""
        done = self.terminal.try_("gate", "scan", *words, input=_Typed(iter(pieces)))
        assert done.exit_code == code, done.output
        return done

    def files(self, pattern: str) -> list[Path]:
        """Return the gate's files below a pattern."""
        return sorted(self.home.glob(pattern))

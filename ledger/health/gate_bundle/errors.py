"""Why a gate bundle is not used. It then says nothing about anybody, so all are `Unavailable`."""

from dataclasses import dataclass

from ledger.errors import Unavailable


@dataclass(eq=False)
class GateBundleUnusable(Unavailable):
    """The gate bundle says nothing."""


@dataclass(eq=False)
class GateBundleMalformed(GateBundleUnusable):
    """A part of the gate bundle cannot be read."""

    part: str
    reason: str


@dataclass(eq=False)
class GateBundleUntrusted(GateBundleUnusable):
    """The gate bundle is not signed by a key that is trusted for bundles here."""

    reason: str


@dataclass(eq=False)
class GateBundleAhead(GateBundleUnusable):
    """The gate bundle is dated later than the clock of this device."""

    issued_at: int
    at: int


@dataclass(eq=False)
class GateBundleRolledBack(GateBundleUnusable):
    """A newer gate bundle is held already."""

    part: str
    offered: int
    held: int


@dataclass(eq=False)
class GateBundleIncomplete(GateBundleUnusable):
    """Files of the gate bundle are missing."""

    paths: tuple[str, ...]


@dataclass(eq=False)
class GateFileWrong(GateBundleUnusable):
    """A file of the gate bundle is not the one that its manifest names."""

    path: str


@dataclass(eq=False)
class GateClockBehind(GateBundleUnusable):
    """The clock of this device is behind the chain's."""

    at: int
    block_time: int

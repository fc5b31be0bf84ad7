"""Exit codes that mean something, and the errors behind them."""

from typing import IO, Any, ClassVar, Final

import click

from ledger.errors import LedgerError, Unavailable
from wallet.advice import spoken

EXIT_OK: Final = 0
EXIT_INVALID: Final = 1
EXIT_UNCONFIRMED: Final = 2
EXIT_SECONDARY: Final = 3
"""A gate's own: a person decides."""
EXIT_USAGE: Final = 64
"""EX_USAGE of sysexits.h; click's own 2 would read as *unconfirmed*."""


class RefusedFailure(click.ClickException):
    """A rule said no, as click prints it."""

    exit_code: ClassVar[int] = EXIT_INVALID


class UnavailableFailure(click.ClickException):
    """Nobody could say, as click prints it."""

    exit_code: ClassVar[int] = EXIT_UNCONFIRMED


class Misuse(click.ClickException):
    """A command was used wrongly; click's own words, our exit code."""

    exit_code: ClassVar[int] = EXIT_USAGE

    def __init__(self, usage: click.UsageError) -> None:
        super().__init__(usage.message)
        self._usage = usage

    def show(self, file: IO[Any] | None = None) -> None:
        """Print what click would, the help where no command was given."""
        self._usage.show(file)


class Commands(click.Group):
    """A group whose errors carry our exit codes, however it is invoked."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """@inheritdoc."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as exc:
            raise Misuse(exc) from exc

    def invoke(self, ctx: click.Context) -> Any:
        """@inheritdoc."""
        try:
            return super().invoke(ctx)
        except click.UsageError as exc:
            raise Misuse(exc) from exc
        except Unavailable as exc:
            raise UnavailableFailure(spoken(exc)) from exc
        except LedgerError as exc:
            raise RefusedFailure(spoken(exc)) from exc

"""The service's command line: reads settings, builds the parts, runs one command.

`serve` answers HTTP, `jobs` runs bulk issue, `work` does all else in the background, `sign` holds
the document keys for them, `migrate` prepares the database, `audit` compares it with the chain,
`resume` lets an account send again that a person has looked after.
"""

import gc

if __name__ == "__main__":
    gc.disable()  # modules are no garbage, and looks for it a fifth of a start

import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import click
import orjson

from api.config import load_settings
from api.logs import json_log, json_log_of_server
from api.parts import Parts
from api.services.audit import AuditReport
from api.signer.assembly import answer_until
from api.store.database import migrate
from ledger.chain.deployments import (
    check_deployment,
)
from ledger.chain.inclusion import require_finality
from ledger.chain.lane import Reason
from ledger.errors import ChainUnavailable, FinalityUnknown, LedgerError, Refused

SWITCH_SECONDS = 0.0005
"""How long one thread may hold the interpreter while others want it, in the process that serves.

Python's 5 ms made a group of sixteen inserts beside a busy event loop take 11 ms; here 1 ms.
"""
EXIT_REFUSED = 1
EXIT_UNAVAILABLE = 2
GRACE_SECONDS = 8
"""How long a server that is told to end waits for uploads under way (proposed)."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run the service: one of the commands below. Settings come from SUIZHENG_* variables."""


@main.command("migrate")
def migrate_command() -> None:
    """Bring the database's schema up to date, making the database file if need be."""
    url = load_settings().database_url
    migrate(url)
    click.echo("The database is ready.")


@main.command()
def work() -> None:
    """Anchor, send, follow the chain and sign status lists until told to stop (SIGTERM)."""
    json_log()
    parts = Parts(load_settings())
    stop = _stop_signal()
    worker = parts.worker(stop)
    lease = parts.lease()
    try:
        worker.run(leads=lease.take)
    finally:
        lease.release()
        parts.close()


@main.command()
def jobs() -> None:
    """Run jobs (bulk issue), signing on every core, until told to stop (SIGTERM)."""
    json_log()
    parts = Parts(load_settings())
    try:
        parts.runner(_stop_signal()).run()
    finally:
        parts.close()


@main.command()
@click.option("--socket", "path", type=click.Path(path_type=Path), help="Where to listen.")
def sign(*, path: Path | None) -> None:
    """Hold the document keys; sign for the others, each signature judged, counted, written down."""
    json_log()
    stop = _stop_signal()
    answer_until(stop, Parts(load_settings()).signer(path))


@main.command()
def resume() -> None:
    """Let the account send again, once you know who else used its key; a worker may be running."""
    parts = Parts(load_settings())
    try:
        reason = parts.resume()
    finally:
        parts.close()
    if reason == Reason.FOREIGN_NONCE:
        click.echo("The account sends again.")
    elif reason:
        click.echo(f"The account stands still for {reason}, which ends with its cause alone.")
    else:
        click.echo("The account does not stand still.")


@main.command()
def health_key() -> None:
    """Make the secret of health codes in the folder of keys, unless there is one."""
    parts = Parts(load_settings())
    made = parts.make_health_secret()
    click.echo("The secret of health codes was made." if made else "There is one already.")


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object at the end.")
def audit(*, as_json: bool) -> None:
    """Compare the database with the chain, rebuilt from its first block. Exit 0 clean, 1 not."""
    comparisons = []
    for comparison in Parts(load_settings()).audit().run():
        comparisons.append(comparison)
        if not as_json:
            facts = ", ".join(f"{name} {value}" for name, value in comparison.facts.items())
            click.echo(f"{'same   ' if comparison.ok else 'DIFFERS'} {comparison.name}: {facts}")
    report = AuditReport(tuple(comparisons))
    if as_json:
        click.echo(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
    elif report.ok:
        click.echo("Nothing differs.")
    sys.exit(0 if report.ok else EXIT_REFUSED)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8080, show_default=True, help="Port to listen on.")
def serve(*, host: str, port: int) -> None:
    """Answer HTTP; the background work is `work`'s. A chain that is not ours stops the start."""
    import uvicorn  # noqa: PLC0415  # framework and server are 40 MB, which the other commands do without

    from api.http.app import create_app  # noqa: PLC0415  # so it is
    from api.http.connections import TimelyConnection  # noqa: PLC0415  # so it is
    from api.http.pages import Pages  # noqa: PLC0415  # so it is

    sys.setswitchinterval(SWITCH_SECONDS)
    parts = Parts(load_settings())
    try:
        _check_chain(parts)
        pages = Pages.load(parts.settings.pages)
        app = create_app(parts.services(), json_log(), pages, parts.allowances(), parts.verifiers())
        # The access log of uvicorn would hold paths, and those hold digests and cursors.
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=TimelyConnection,
            access_log=False,
            server_header=False,
            log_config=json_log_of_server(),
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        server = uvicorn.Server(config)
        app.state.is_ending = lambda: server.should_exit
        # All modules, tables and routes last as long as the process; to look through them for
        # garbage takes 0.1 s, in which nothing is answered.
        gc.freeze()
        with suppress(KeyboardInterrupt):  # which uvicorn raises again once it has ended
            server.run()
    finally:
        parts.close()


def _stop_signal() -> threading.Event:
    """Return what is set once this process is told to end."""
    stop = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda _signal, _frame: stop.set())
    return stop


def _check_chain(parts: Parts) -> None:
    """Raise unless the node serves our chain and contracts, or no node answers for now.

    A node that does not say what is final may come to: `/readyz` tells when.
    """
    try:
        check_deployment(parts.node, parts.deployment)
        require_finality(parts.node, parts.settings.confirmations)
    except ChainUnavailable as silent:
        click.echo(f"Starting without a node: {silent}", err=True)
    except FinalityUnknown as unknown:
        click.echo(f"FinalityUnknown: {unknown}", err=True)


def run() -> None:
    """Run the command line; a refusal is one line on stderr and exit 1, an outage exit 2."""
    try:
        main(standalone_mode=True)
    except LedgerError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(EXIT_REFUSED if isinstance(error, Refused) else EXIT_UNAVAILABLE)


if __name__ == "__main__":
    gc.freeze()  # modules last as long as the process
    gc.enable()
    run()

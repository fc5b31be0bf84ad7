"""A signer as a process of its own, and the environment that it is started with."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from api.signer.remote import RemoteKeys, SignerLine, SigningUnavailable
from ledger.keystore import KeyKind, lock
from tests.support.licences import AGENCY_KEY
from tests.support.office import BASE_URL, CHEAP_WORK, PASSWORD

POLLS, POLL_SECONDS = 600, 0.05


def environment(folder: Path, **changes: str) -> dict[str, str]:
    """Return a signer's environment with the agency's key below `folder`."""
    documents = folder / "keys" / "documents"
    documents.mkdir(parents=True, exist_ok=True)
    secret = AGENCY_KEY.secret.private_numbers().private_value.to_bytes(32)
    path = documents / f"{AGENCY_KEY.public_key.kid}.json"
    path.write_text(lock(secret, PASSWORD, KeyKind.DOCUMENT, CHEAP_WORK))
    (folder / "password").write_text(PASSWORD + "\n")
    given = {name: value for name, value in os.environ.items() if "SUIZHENG" not in name}
    return (
        given
        | {
            "SUIZHENG_BASE_URL": BASE_URL,
            "SUIZHENG_KEYS": str(folder / "keys"),
            "SUIZHENG_PASSWORD_FILE": str(folder / "password"),
            "SUIZHENG_SIGNER": f"unix:{socket_of(folder)}",
            "SUIZHENG_SIGNER_TRAIL": str(trail_of(folder)),
        }
        | changes
    )


def socket_of(folder: Path) -> Path:
    return folder / "signer.socket"


def trail_of(folder: Path) -> Path:
    return folder / "signatures.jsonl"


@contextmanager
def started(values: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Start a signer; its end is the test's or comes with the block's."""
    command = [sys.executable, "-m", "api.main", "sign"]
    with subprocess.Popen(command, env=values, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def signing(folder: Path, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a signer and wait until it listens."""
    with started(environment(folder, **changes)) as process:
        wait_until_listening(folder, process)
        yield process


def wait_until_listening(folder: Path, process: subprocess.Popen[bytes]) -> None:
    pause = threading.Event()
    for _ in range(POLLS):
        keys = RemoteKeys(SignerLine(socket_of(folder)), lambda: 0.0)
        try:
            keys.signers()
        except SigningUnavailable as silent:
            if silent.reason != "nobody listens there":
                return
            assert process.poll() is None, "the signer ended"
            pause.wait(POLL_SECONDS)
        else:
            return
        finally:
            keys.close()
    raise AssertionError("the signer does not listen")

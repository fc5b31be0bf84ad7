"""A wallet in a hurry: its keys open at once, and what it waits for here comes within a second.

Opening a key of the usual work takes most of a second and 256 MiB, which each command does. How
much work a key is its file says, so everybody else opens these as any other; they guard nothing.
"""

import os
import secrets
import sys
import time
from pathlib import Path
from typing import Final

from wallet.cli import main
from wallet.embedded import Clocks
from wallet.keyring import Keyring
from wallet.report import language_of
from wallet.surroundings import Surroundings

_WORK_FACTOR: Final = 2**12
_LONGEST_PAUSE: Final = 1.0
"""A block, and a mailbox's root, come every few seconds here instead of every minute."""
_LANGUAGES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")


def surroundings(home: Path) -> Surroundings:
    """Return what the commands of the wallet in `home` are given."""
    return Surroundings(
        home=home,
        clocks=Clocks(
            lambda: int(time.time()),
            time.monotonic,
            lambda seconds: time.sleep(min(seconds, _LONGEST_PAUSE)),
        ),
        randomness=secrets.token_bytes,
        language=language_of([os.environ.get(name, "") for name in _LANGUAGES]),
        new_keyring=lambda path: Keyring(path, _WORK_FACTOR),
    )


if __name__ == "__main__":
    main(obj=surroundings(Path(sys.argv[1])), args=sys.argv[2:], prog_name="suizheng")

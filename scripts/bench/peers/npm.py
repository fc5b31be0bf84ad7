"""Packages that only the benchmarks want: from a lock of their own into a folder of their own."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from scripts.steps import ROOT

FILES: Final = Path(__file__).resolve().parent / "packages"
INSTALLED: Final = ROOT / "var" / "bench" / "peers"
SECONDS: Final = 300
_DONE: Final = ".installed"


class NotInstalled(Exception):
    """The packages cannot be had here."""


def installed(name: str) -> Path:
    """Return the folder with the packages of `name`, installed without running their scripts.

    Raises `NotInstalled` where npm is missing, fails or takes too long.
    """
    source, folder = FILES / name, INSTALLED / name
    lock = (source / "package-lock.json").read_text(encoding="utf-8")
    done = folder / _DONE
    if done.exists() and done.read_text(encoding="utf-8") == lock:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    try:
        found = subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--silent", "--no-progress"],  # noqa: S607  # whichever npm there is
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise NotInstalled(f"npm: {type(exc).__name__}") from exc
    if found.returncode:
        raise NotInstalled(f"npm ci ended with {found.returncode}: {found.stderr.strip()[-200:]}")
    done.write_text(lock, encoding="utf-8")
    return folder

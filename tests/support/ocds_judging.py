"""What libcoveocds says of packages, off line, and what of that is a fault.

Its exit code is always 0 and an extension that it cannot load hides every fault, so each field of
what it says is looked at.
"""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.vectors import VECTORS, needs_vectors

PYTHON = Path("var/libcoveocds/bin/python")
ZIP = VECTORS / "ocds" / "standard-1__1__5.zip"
Json = dict[str, Any]
NEEDED = (
    needs_vectors("ocds"),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no {PYTHON}: make var/libcoveocds/.installed"),
)


def needs_gate(test: Callable[..., None]) -> Callable[..., None]:
    """Skip a test, with the reason, where the gate or its schemas are not here."""
    for mark in NEEDED:
        test = mark(test)
    return test


def judged(packages: list[Json], extensions: dict[str, dict[str, str]]) -> list[Json]:
    """Let libcoveocds judge packages in one process; starting it costs more than a file."""
    job = {"zip": str(ZIP), "extensions": extensions, "packages": packages}
    ran = subprocess.run(
        [PYTHON, "tests/support/ocds_gate.py"],
        input=json.dumps(job),
        capture_output=True,
        check=True,
        text=True,
    )
    found: list[Json] = json.loads(ran.stdout)
    return found


def faults(said: Json) -> Json:
    """Return every field of an answer that is not as a clean package's is."""
    extensions = said.get("extensions") or {}
    expected: Json = {
        "validation_errors": [],
        "json_deref_error": None,
        "all_additional_fields": [],
        "additional_fields": [],
        "additional_closed_codelist_values": {},
        "additional_open_codelist_values": {},
        "deprecated_fields": [],
        "conformance_errors": None,
        "additional_checks": {},
    }
    blank: Json = {"json_deref_error": None, "conformance_errors": None, "additional_checks": {}}
    found = {
        name: said.get(name, blank.get(name, "absent"))
        for name, clean in expected.items()
        if said.get(name, blank.get(name, "absent")) != clean
    }
    loaded = {
        "is_extended_schema": extensions.get("is_extended_schema") is True,
        "invalid_extension": extensions.get("invalid_extension") == {},
        "invalid_extensions": extensions.get("invalid_extensions") == [],
        "failed_codelists": [e.get("failed_codelists") for e in extensions.get("extensions", [])]
        == [{}] * max(1, len(extensions.get("extensions", []))),
    }
    return found | {name: extensions for name, is_so in loaded.items() if not is_so}

"""Our OCDS extension, self-contained: what one URL has to serve."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

import orjson

from ledger.errors import Refused

PATH: Final = "/ocds/extensions/ledger/"
"""Where the service has it."""
METADATA: Final = "extension.json"
MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".json": "application/json",
        ".csv": "text/csv; charset=utf-8",
        ".md": "text/markdown; charset=utf-8",
    }
)
_README: Final = "README.md"


class ExtensionFileUnknown(Refused):
    """The extension has no such file."""


def url_of(base_url: str) -> str:
    """Return the URL that packages declare; `base_url` without a final slash."""
    return f"{base_url}{PATH}{METADATA}"


def extension_files(base_url: str) -> Mapping[str, bytes]:
    """Return the files by their paths below `PATH`; the metadata says where the README is."""
    found = dict(_files())
    documentation = {"documentationUrl": {"en": f"{base_url}{PATH}{_README}"}}
    metadata = orjson.loads(found[METADATA]) | documentation
    return found | {METADATA: orjson.dumps(metadata, option=orjson.OPT_INDENT_2)}


def extension_file(name: str, base_url: str) -> tuple[bytes, str]:
    """Return a file's bytes and media type; raise `ExtensionFileUnknown`."""
    content = extension_files(base_url).get(name)
    if content is None:
        raise ExtensionFileUnknown
    return content, MEDIA_TYPES[name[name.rindex(".") :]]


@cache
def _files() -> Mapping[str, bytes]:
    folder = files(__package__)
    lists = [each for each in folder.joinpath("codelists").iterdir() if each.name.endswith(".csv")]
    found = {f"codelists/{each.name}": each.read_bytes() for each in lists}
    for name in (METADATA, "release-schema.json", _README):
        found[name] = folder.joinpath(name).read_bytes()
    return MappingProxyType(found)

"""The gate of OCDS packages: libcoveocds with all sockets denied, in an environment of its own.

Run by `var/libcoveocds/bin/python` with a JSON job on stdin: {zip, extensions: {url: {path: text}},
packages: [...]}; prints what libcoveocds says of each package, and of record packages what
ocdsmerge makes of the releases, as a JSON list.
"""

import json
import socket
import sys
import tempfile
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jsonref  # type: ignore[import-not-found, unused-ignore]  # installed apart (var/libcoveocds)
import ocdsmerge  # type: ignore[import-not-found]  # as above
from libcoveocds.api import ocds_json_output  # type: ignore[import-not-found]  # as above
from libcoveocds.config import LibCoveOCDSConfig  # type: ignore[import-not-found]  # as above
from ocdsextensionregistry.extension_version import ExtensionVersion  # type: ignore[import-not-found]  # as above
from ocdsextensionregistry.profile_builder import ProfileBuilder  # type: ignore[import-not-found]  # as above

TAG = "1__1__5"
SCHEMAS = f"https://standard.open-contracting.org/schema/{TAG}/"


class SocketDenied(OSError):
    """The gate wanted the network."""


class Answer:
    """What `jsonref` expects of a request."""

    def __init__(self, text: str) -> None:
        self._text = text

    def raise_for_status(self) -> None:
        """It is there."""

    def json(self, **options: Any) -> Any:
        return json.loads(self._text, **options)


class Zip:
    """The standard's schemas, in place of the network."""

    def __init__(self, path: str) -> None:
        self._zip = zipfile.ZipFile(path)

    def get(self, uri: str, **_: Any) -> Answer:
        if not uri.startswith(SCHEMAS):
            raise SocketDenied(uri)
        name = f"standard-{TAG}/schema/{uri.removeprefix(SCHEMAS)}"
        return Answer(self._zip.read(name).decode())


def deny(*_: Any, **__: Any) -> Any:
    raise SocketDenied


@contextmanager
def offline(zip_path: str, extensions: Mapping[str, Mapping[str, str]]) -> Iterator[None]:
    """Serve schemas from the zip and extensions from the job, and nothing else."""

    def from_job(url: str, _: Any) -> Any:
        made = ExtensionVersion(
            dict.fromkeys(["Id", "Date", "Version", "Base URL", "Download URL"])
            | {"Base URL": url.removesuffix("extension.json")},
            input_url=url,
        )
        made.download_url = None
        made._files = dict(extensions.get(url, {}))  # noqa: SLF001  # its only way in
        return made

    socket.socket.connect = deny  # type: ignore[method-assign]  # a process of its own
    socket.getaddrinfo = deny
    jsonref.requests = Zip(zip_path)
    ProfileBuilder._extension_from_url = staticmethod(from_job)  # noqa: SLF001  # its only way in
    yield


def judge(package: dict[str, Any], zip_path: str) -> dict[str, Any]:
    config = LibCoveOCDSConfig()
    config.config |= {
        "context": "api",
        "standard_zip": f"file://{zip_path}",
        "additional_checks": "all",
    }
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        said: dict[str, Any] = ocds_json_output(
            folder,  # it leaves the extended schema there
            json_data=package,
            lib_cove_ocds_config=config,
            record_pkg="records" in package,
        )
    if "records" in package:
        said["merged"] = [merged(record, package, zip_path) for record in package["records"]]
    return said


def merged(record: Mapping[str, Any], package: Mapping[str, Any], zip_path: str) -> Any:
    builder = ProfileBuilder(
        TAG, package.get("extensions", []), standard_base_url=f"file://{zip_path}"
    )
    schema = builder.patched_release_schema()
    return ocdsmerge.Merger(schema).create_compiled_release(record["releases"])


def main() -> None:
    job = json.load(sys.stdin)
    with offline(job["zip"], job["extensions"]):
        json.dump([judge(each, job["zip"]) for each in job["packages"]], sys.stdout, default=str)


if __name__ == "__main__":
    main()

"""What is published of tenders: the OCDS extension that every package declares."""

from ledger.tenders.ocds.extension import extension_file


class Publications:
    """Serves what publications refer to; `base_url` without a final slash."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def extension_file(self, name: str) -> tuple[bytes, str]:
        """Return a file of our extension and its media type; raise `ExtensionFileUnknown`."""
        return extension_file(name, self._base_url)

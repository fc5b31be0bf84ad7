"""Processes whose connections are seen, and who they were opened to."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOOK = Path(__file__).parent / "watched"


@dataclass(frozen=True)
class Watch:
    """What processes with this environment did, by the notes in a file."""

    file: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes Python load the hook, and where it writes."""
        path = os.pathsep.join((str(HOOK), str(Path.cwd())))
        return {"PYTHONPATH": path, "WATCHED_SOCKETS": str(self.file)}

    @property
    def peers(self) -> set[tuple[str, int]]:
        """To whom anything was opened or sent, or who was looked up."""
        return {(value[0], int(value[1])) for value in self._values("socket.")}

    @property
    def commands(self) -> set[str]:
        """The commands of the service that ran: serve, work and so on."""
        return {words[words.index("api.main") + 1] for words in self._begun if "api.main" in words}

    @property
    def programs(self) -> set[str]:
        """Programs that were started."""
        return set(self._values("subprocess.", "os."))

    @property
    def _begun(self) -> list[list[str]]:
        return self._values("began")

    def _values(self, *events: str) -> list[Any]:
        notes = map(json.loads, self.file.read_text().splitlines())
        return [note["value"] for note in notes if note["event"].startswith(events)]

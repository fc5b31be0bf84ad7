import json
import logging
from logging.config import dictConfig

import pytest

from api.logs import json_log_of_server

SECRET = "11010519491231002X"  # noqa: S105  # a made-up number that must not reach the log


class TestJsonLogOfServer:
    def test_writes_one_object_a_line_and_no_words_of_an_error(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        dictConfig(json_log_of_server())
        log = logging.getLogger("uvicorn.error")
        log.info("Started server process [%d]", 7)
        try:
            int(SECRET)
        except ValueError:
            log.exception("Exception in ASGI application\n")
        said = capsys.readouterr().err
        first, second = (json.loads(line) for line in said.splitlines())
        assert (first["level"], first["event"]) == ("info", "Started server process [7]")
        assert (second["level"], second["error"]) == ("error", "ValueError")
        assert SECRET not in said

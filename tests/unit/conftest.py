"""Unit tests open no socket but a local one that the event loop needs."""

import pytest
import pytest_socket


@pytest.fixture(autouse=True)
def no_network() -> None:
    """Raise in any test that opens an internet socket."""
    pytest_socket.disable_socket(allow_unix_socket=True)

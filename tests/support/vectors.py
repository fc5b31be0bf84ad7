"""Where other people's test vectors lie: SUIZHENG_VECTORS, by default beside the repository."""

import os
from pathlib import Path

import pytest

_REPOSITORY = Path(__file__).resolve().parents[2]
VECTORS = (_REPOSITORY / os.environ.get("SUIZHENG_VECTORS", "../shared/vectors")).resolve()
"""The folder, whether it exists or not; a relative setting counts from the repository."""


def needs_vectors(*parts: str) -> pytest.MarkDecorator:
    """Return a mark that skips a test, with the reason, where the vectors are absent."""
    path = VECTORS.joinpath(*parts)
    return pytest.mark.skipif(
        not path.exists(), reason=f"no vectors at {path}: set SUIZHENG_VECTORS to their folder"
    )

"""A check of our own for schemathesis, which loads this file into its own environment."""

from typing import Any

import schemathesis  # type: ignore[import-not-found]  # installed apart (var/schemathesis)


@schemathesis.check  # type: ignore[untyped-decorator]  # not installed where mypy looks
def form_acceptance(_context: Any, response: Any, case: Any) -> None:
    """What the document allows is refused by a rule that has a name, never for its form.

    The check that comes along, `positive_data_acceptance`, takes every 422 for a fault; ours also
    says that a licence's fields break the rules of its type, which no schema of a route can. Nor
    can the format `date-time` say that we take whole seconds and no year before 1970.
    """
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if response.status_code == 422 and response.json()["type"] == "/problems/RequestInvalid":
        assert {found["rule"] for found in response.json()["errors"]} == {"moment"}, response.text

"""What the OpenAPI document says about problems: the truth, by status and by name."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.problems import (
    MEDIA_TYPE,
    Internal,
    RequestInvalid,
    RequestStalled,
    RequestTooLarge,
    TooManyRequests,
    status_of,
)
from ledger.canonical import JsonMalformed
from ledger.errors import LedgerError

PROBLEM_SCHEMA: Mapping[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457. Further members are the values of the error, in camelCase.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "format": "uri"},
    },
    "additionalProperties": True,
}

JSON_BODY: Final = (JsonMalformed, RequestStalled, RequestTooLarge)
"""What any route that takes JSON may meet."""

Responses = dict[int | str, dict[str, Any]]


def problems(*errors: type[LedgerError]) -> Responses:
    """Return the declarations of these errors, and of those that any route may meet."""
    by_status: defaultdict[int, list[type[LedgerError]]] = defaultdict(list)
    for error in (*errors, RequestInvalid, TooManyRequests, Internal):
        if error not in by_status[status_of(error)]:
            by_status[status_of(error)].append(error)
    return {status: _response(status, found) for status, found in sorted(by_status.items())}


def document_of(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of `app` with the one schema that all problems share."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = dict(PROBLEM_SCHEMA)
    for operations in document["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter["schema"])
    return document


def _without_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema without `null`: a query or a header can leave out, not say it."""
    said: list[dict[str, Any]] = [
        each for each in schema.get("anyOf", ()) if each != {"type": "null"}
    ]
    if len(said) != 1:
        return dict(schema)
    return {name: value for name, value in schema.items() if name != "anyOf"} | said[0]


def _response(status: int, errors: list[type[LedgerError]]) -> dict[str, Any]:
    examples = {
        error.__name__: {
            "summary": error.title(),
            "value": {
                "type": f"/problems/{error.__name__}",
                "title": error.title(),
                "status": status,
            },
        }
        for error in errors
    }
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": " ".join(error.title() for error in errors),
        "content": {MEDIA_TYPE: {"schema": schema, "examples": examples}},
    }

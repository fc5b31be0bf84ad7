"""What a route declares against what it answers."""

import re
from typing import Any, ClassVar

from fastapi import FastAPI


class Problems:
    """Checks that each problem that is answered was declared for its route."""

    _documents: ClassVar[list[dict[str, Any]]] = []  # one for all worlds: it takes a while

    def __init__(self, app: FastAPI) -> None:
        if not self._documents:
            self._documents.append(app.openapi())
        self._paths: dict[str, Any] = self._documents[0]["paths"]

    def check(self, response: Any) -> None:
        if not response.headers.get("content-type", "").startswith("application/problem+json"):
            return
        operation = self._operation(response.request.method, response.request.url.path)
        if operation is None:
            return
        declared = operation["responses"].get(str(response.status_code))
        assert declared is not None, (response.status_code, response.text)
        names = set(declared["content"]["application/problem+json"]["examples"])
        name = response.json()["type"].removeprefix("/problems/")
        assert name in names or (response.status_code == 503 and "Unavailable" in names), name

    def _operation(self, method: str, path: str) -> Any:
        for template, operations in self._paths.items():
            if re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", template), path):
                return operations.get(method.lower())
        return None

"""The service about itself, as JSON."""

from typing import Literal

from api.http.forms import Answer
from api.http.schemas.shared import HeadAnswer


class ReadyAnswer(Answer):
    """The service can serve, as of a block."""

    status: Literal["ready"] = "ready"
    head: HeadAnswer


class AliveAnswer(Answer):
    """The process runs."""

    status: Literal["alive"] = "alive"


class ProblemKindAnswer(Answer):
    """A kind of problem; `members` are the names of the values that its documents may carry."""

    type: str
    title: str
    status: int
    meaning: str
    advice: str
    members: list[str]

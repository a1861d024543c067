"""What the models of the wizard's JSON are made of."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

# Of what a site has thousands, dataclasses are made: a model takes a kilobyte, one of them a tenth of that.
EXACT: Final = ConfigDict(extra="forbid")


class Request(BaseModel):
    """What a caller sends; members that we do not know are ignored, and null means left out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, given: Any) -> Any:
        return without_nulls(given)


def without_nulls(given: Any) -> Any:
    """Return an object without the members that are null; anything else as it is."""
    if isinstance(given, dict):
        return {name: value for name, value in given.items() if value is not None}
    return given


class Answer(BaseModel):
    """What a caller gets."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def left_out(description: str | None = None) -> Any:
    """Return the field of a member that is not sent at all when there is nothing to say."""
    return Field(default=None, exclude_if=_is_none, description=description)


def _is_none(value: object) -> bool:
    return value is None


class Problem(Answer):
    """The body of every error."""

    error: str
    code: str
    request_id: str | None = left_out()
    details: dict[str, Any] | None = left_out("For refusals of Jira: jira_message, hint, status.")

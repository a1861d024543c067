"""What a transform says when a payload is not what Jira promises."""

from shared.errors import PermanentError


class InvalidPayloadError(PermanentError):
    """A member has the wrong type; the message names the member and never its value."""

    code = "invalid_payload"

    @classmethod
    def of(cls, name: str, wanted: str, value: object) -> "InvalidPayloadError":
        """Say what was wanted and what was found."""
        return cls(f"{name!r} should be {wanted} but is {type(value).__name__}")

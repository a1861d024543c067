"""A refusal: Jira's message verbatim, our hint behind it, and the code that names the trouble."""

from collections.abc import Mapping
from typing import Any

from services.connector.diagnosis.hints import HINTS
from shared.logging import get_logger

jira_log = get_logger("jira")


class Refusal(Exception):
    """Why Jira cannot be used as asked.

    `sentence` is what the wizard shows: Jira's words, or ours where Jira had none, then the hint.
    """

    def __init__(
        self,
        code: str,
        named: Mapping[str, str],
        *,
        jira_message: str = "",
        status: int = 0,
        endpoint: str = "",
    ) -> None:
        advice = HINTS[code]
        self.code = code
        self.jira_message = jira_message
        self.status = status
        self.endpoint = endpoint
        self.hint = advice.hint.format_map(named)
        self.sentence = f"{_ended(jira_message or advice.wrong.format_map(named))} {self.hint}"
        super().__init__(self.sentence)

    def details(self) -> dict[str, Any]:
        """`{"jira_message", "hint", "status"}`; status 0 means that there was no answer."""
        return {"jira_message": self.jira_message, "hint": self.hint, "status": self.status}


def log_refusal(refusal: Refusal) -> None:
    """Log Jira's words, once per refusal, under the component `jira`."""
    jira_log.warning(
        "refused",
        jira_message=refusal.jira_message,
        status=refusal.status,
        endpoint=refusal.endpoint,
        code=refusal.code,
    )


def _ended(words: str) -> str:
    return words if words[-1:] in ".!?" else f"{words}."

"""The table of troubles: every entry can be said, and says what to do."""

import re

import pytest

from services.connector.diagnosis.hints import HINTS
from services.connector.diagnosis.refusals import Refusal

NAMED = {
    "site": "https://acme.example",
    "account": "anna@acme.example",
    "key": "ENG",
    "target": "https://sso.acme.example",
    "saved": "2026-11-01",
    "reason": "certificate has expired",
}
WHAT_TO_DO = re.compile(
    r"\b(connect|start|try|enter|choose|create|give|check|wait|names?|ask)\b", re.IGNORECASE
)


@pytest.mark.parametrize("code", HINTS)
def test_an_entry_reads_as_sentences_and_says_what_to_do(code: str) -> None:
    refusal = Refusal(code, NAMED)

    assert "{" not in refusal.sentence
    assert refusal.hint.endswith(".")
    assert WHAT_TO_DO.search(refusal.hint)
    assert refusal.sentence == f"{HINTS[code].wrong.format_map(NAMED)}. {refusal.hint}"


def test_jiras_words_come_first_and_verbatim() -> None:
    refusal = Refusal("captcha", NAMED, jira_message="Solve the CAPTCHA!", status=403)

    assert refusal.sentence.startswith("Solve the CAPTCHA! There were too many wrong logins.")
    assert refusal.details() == {"jira_message": "Solve the CAPTCHA!", "hint": refusal.hint, "status": 403}


def test_a_message_without_a_full_stop_gets_one_before_the_hint() -> None:
    words = "Unauthorized; scope does not match"
    refusal = Refusal("scope_missing_read_jira_user", NAMED, jira_message=words)

    assert refusal.sentence.startswith(f"{words}. The token itself is good")

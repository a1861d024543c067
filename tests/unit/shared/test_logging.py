"""Log lines: JSON, one a line, without secrets, with Jira's words under the component `jira`."""

import json
import subprocess
import sys
from pathlib import Path

from shared.jira.credentials import Credential
from shared.kinds import TokenKind
from shared.logging import redact

ROOT = Path(__file__).parents[3]
PROGRAM = """
import logging
from shared.logging import configure_logging, get_logger
configure_logging(level="INFO", fmt="json", service="test-service")
get_logger("jira").error("refused", message="Jira's own words", sent={"Authorization": "Basic c2VjcmV0"})
get_logger("other").info("page", nextPageToken="secret-page", inner=[{"api_token": "secret-2"}], status=401)
logging.getLogger("httpx").info("GET https://media.example.com/file?token=secret-url")
logging.getLogger("some.library").warning("through the standard library")
try:
    raise ValueError("the reason")
except ValueError:
    get_logger("other").exception("broken", password="secret-password")
"""


def test_secrets_are_redacted_at_any_depth_and_the_rest_stays() -> None:
    event = {
        "event": "x",
        "api_token": "s1",
        "Authorization": "s2",
        "headers": {"Cookie": "s3", "accept": "json"},
        "list": [{"password": "s4"}, ("a", {"client_secret": "s5"})],
        "token": None,
        "status": 200,
    }
    assert redact(None, "info", event) == {
        "event": "x",
        "api_token": "[redacted]",
        "Authorization": "[redacted]",
        "headers": {"Cookie": "[redacted]", "accept": "json"},
        "list": [{"password": "[redacted]"}, ["a", {"client_secret": "[redacted]"}]],
        "token": None,
        "status": 200,
    }


def test_every_line_is_json_and_none_holds_a_secret() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout == ""
    assert "secret-" not in ran.stderr
    assert "c2VjcmV0" not in ran.stderr
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["refused", "page", "through the standard library", "broken"]
    assert lines[0]["component"] == "jira"
    assert lines[0]["message"] == "Jira's own words"
    assert lines[1]["status"] == 401
    assert lines[2]["logger"] == "some.library"
    assert "ValueError: the reason" in lines[3]["exception"]
    assert {line["service"] for line in lines} == {"test-service"}


def test_a_credential_never_shows_its_token() -> None:
    credential = Credential(TokenKind.UNSCOPED, "a@example.com", "very-secret")
    assert "very-secret" not in repr(credential)
    assert credential.headers() == {"Authorization": "Basic YUBleGFtcGxlLmNvbTp2ZXJ5LXNlY3JldA=="}
    assert Credential(TokenKind.PAT, "", "very-secret").headers() == {"Authorization": "Bearer very-secret"}
